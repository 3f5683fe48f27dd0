#pragma once
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace virga::rpc::nats {

/// Gives `text`, a JSON object, to `send` in pieces of at most `most` bytes; one that fits goes as it is. All pieces of
/// one text must be sent before the next one of the same subject begins.
void send_in_parts(std::string_view text, std::size_t most, const std::function<void(std::string_view)>& send);

/// Puts together what came by one subject from one sender.
class Parts {
public:
    /// The text that is whole with this piece. A piece that is none, is too much, or doesn't follow the one before
    /// drops what there was: the text is asked for again.
    std::optional<std::string> add(std::string_view piece);
    bool empty() const { return text_.empty(); }

private:
    void drop();

    std::string id_;
    std::size_t next_ = 0;
    std::string text_;
};

}  // namespace virga::rpc::nats
