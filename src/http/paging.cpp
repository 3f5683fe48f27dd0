#include <algorithm>
#include <charconv>

#include "http/schema.hpp"
#include "http/target.hpp"

namespace virga::http {
namespace {

std::size_t parse_limit(const std::string& text, std::size_t max) {
    if (text.empty() || text.find_first_not_of("0123456789") != std::string::npos) {
        throw Error(ErrorCode::InvalidInput, "limit: '" + text.substr(0, 32) + "' is not an integer of at least 0");
    }
    std::size_t limit = 0;
    const auto failure = std::from_chars(text.data(), text.data() + text.size(), limit).ec;
    return failure == std::errc{} ? std::min(limit, max) : max;
}

}  // namespace

Page page_of(const Request& request, std::size_t max) {
    Page page{max, request.query_value("marker")};
    if (const auto limit = request.query_value("limit")) page.limit = parse_limit(*limit, max);
    if (page.marker && page.marker->empty()) page.marker.reset();
    return page;
}

std::string next_link(const Request& request, const std::string& marker) {
    std::string link = request.base_url;
    link += request.target.empty() ? std::string_view(request.path) : path_of(request.target);
    link += '?';
    for (const auto& [name, value] : request.query) {
        if (name == "marker") continue;
        link += percent_encode(name) + "=" + percent_encode(value) + "&";
    }
    return link + "marker=" + percent_encode(marker);
}

}  // namespace virga::http
