#pragma once
#include <boost/json/serializer.hpp>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "http/http.hpp"

namespace virga::http {

/// The answer {"<key>": [item, ...], ...} of a list that may be long. Items become text one by one, so that only one of
/// them is in memory as a tree.
class JsonList {
public:
    /// `items`: how many will probably be added, so that room is made once; 0: unknown.
    explicit JsonList(std::string_view key, std::size_t items = 0);
    void add(const json::value& item);
    /// `write` appends the item, as JSON, to the text that it is given.
    template <class F>
    void add_text(F&& write) {
        begin_item();
        write(body_);
        end_item();
    }
    /// Status 200; `rest` are the other members of the body. The list is empty afterwards and must not be used again.
    Response finish(const json::object& rest = {});

private:
    void append(const json::value& value);
    void begin_item();
    void end_item();
    std::string body_;
    std::size_t items_;
    json::serializer serializer_;
    bool is_first_ = true;
};

}  // namespace virga::http
