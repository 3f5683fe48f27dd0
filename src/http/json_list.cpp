#include "http/json_list.hpp"

namespace virga::http {

JsonList::JsonList(std::string_view key, std::size_t items) : items_(items) {
    body_ = "{" + json::serialize(json::value(key)) + ":[";
}

void JsonList::append(const json::value& value) {
    constexpr std::size_t kPieceBytes = 4096;
    char piece[kPieceBytes];
    serializer_.reset(&value);
    while (!serializer_.done()) body_ += std::string_view(serializer_.read(piece));
}

void JsonList::begin_item() {
    if (!is_first_) body_ += ',';
}

void JsonList::end_item() {
    if (is_first_) body_.reserve(body_.size() * (items_ + 1));
    is_first_ = false;
}

void JsonList::add(const json::value& item) {
    begin_item();
    append(item);
    end_item();
}

Response JsonList::finish(const json::object& rest) {
    body_ += ']';
    for (const auto& member : rest) {
        body_ += "," + json::serialize(json::value(member.key())) + ":";
        append(member.value());
    }
    body_ += '}';
    auto response = Response::empty(200);
    response.headers.add("Content-Type", "application/json");
    response.body = std::move(body_);
    return response;
}

}  // namespace virga::http
