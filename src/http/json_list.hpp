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
    explicit JsonList(std::string_view key);
    void add(const json::value& item);
    /// Status 200; `rest` are the other members of the body. The list is empty afterwards and must not be used again.
    Response finish(const json::object& rest = {});

private:
    void append(const json::value& value);
    std::string body_;
    json::serializer serializer_;
    bool is_first_ = true;
};

}  // namespace virga::http
