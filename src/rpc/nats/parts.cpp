#include "rpc/nats/parts.hpp"

#include <charconv>

#include "base/ids.hpp"
#include "rpc/message.hpp"

namespace virga::rpc::nats {
namespace {

/// Of a piece: "#ID INDEX COUNT\n". An object never begins so.
constexpr char kMark = '#';
constexpr std::size_t kHeadRoom = 128;

struct Head {
    std::string_view id;
    std::size_t index = 0;
    std::size_t count = 0;
    std::string_view body;
};

std::optional<std::size_t> number(std::string_view text) {
    std::size_t out = 0;
    const auto end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(text.data(), end, out);
    if (failure != std::errc() || stop != end) return std::nullopt;
    return out;
}

std::optional<Head> head_of(std::string_view piece) {
    const auto line = piece.substr(1, piece.find('\n') - 1);
    if (line.size() + 2 > piece.size()) return std::nullopt;
    const auto first = line.find(' ');
    const auto second = first == line.npos ? line.npos : line.find(' ', first + 1);
    if (second == line.npos) return std::nullopt;
    const auto index = number(line.substr(first + 1, second - first - 1));
    const auto count = number(line.substr(second + 1));
    if (!index || !count || *index >= *count) return std::nullopt;
    return Head{line.substr(0, first), *index, *count, piece.substr(line.size() + 2)};
}

}  // namespace

void send_in_parts(std::string_view text, std::size_t most, const std::function<void(std::string_view)>& send) {
    if (text.size() <= most) return send(text);
    const auto size = most - kHeadRoom;
    const auto count = (text.size() + size - 1) / size;
    const auto id = new_uuid();
    for (std::size_t i = 0; i < count; ++i) {
        auto piece = kMark + id + " " + std::to_string(i) + " " + std::to_string(count) + "\n";
        piece += text.substr(i * size, size);
        send(piece);
    }
}

std::optional<std::string> Parts::add(std::string_view piece) {
    if (piece.empty() || piece.front() != kMark) return std::string(piece);
    const auto head = head_of(piece);
    if (!head) {
        drop();
        return std::nullopt;
    }
    if (head->index == 0) {
        drop();
        id_ = head->id;
    }
    if (head->id != id_ || head->index != next_ || text_.size() + head->body.size() > kMaxMessage) {
        drop();
        return std::nullopt;
    }
    text_ += head->body;
    if (++next_ < head->count) return std::nullopt;
    auto whole = std::move(text_);
    drop();
    return whole;
}

void Parts::drop() {
    id_.clear();
    next_ = 0;
    text_ = std::string();
}

}  // namespace virga::rpc::nats
