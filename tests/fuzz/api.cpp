#include "fuzz/control.hpp"
#include "fuzz/targets.hpp"
#include "http/target.hpp"

/// Targets that stand behind the HTTP server: they give the router what a session would give it.
namespace virga::fuzz {
namespace {

/// Up to a line break, which goes with it.
std::string_view take_line(std::string_view& text) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    return line;
}

/// What the session refuses before the router sees it.
bool reaches_the_router(const http::Request& request) {
    if (!request.path.starts_with('/') || !http::is_clean_utf8(request.path)) return false;
    for (const auto& [name, value] : request.query) {
        if (!http::is_clean_utf8(name) || !http::is_clean_utf8(value)) return false;
    }
    return true;
}

}  // namespace

void api(std::string_view input) {
    auto& on = control();
    const auto expanded = on.expand(input);
    std::string_view text = expanded;
    const auto first = take_line(text);
    const auto space = first.find(' ');
    if (space == first.npos) return;
    auto request = make_request(on, std::string(first.substr(0, space)), std::string(first.substr(space + 1)));
    for (auto line = take_line(text); !line.empty(); line = take_line(text)) {
        const auto colon = line.find(':');
        if (colon == line.npos) continue;
        auto value = line.substr(colon + 1);
        if (value.starts_with(' ')) value.remove_prefix(1);
        request.headers.add(line.substr(0, colon), std::string(value));
    }
    request.body = text;
    if (reaches_the_router(request)) run(on, request);
}

void query(std::string_view input) {
    auto& on = control();
    std::vector<std::string> lists;
    for (const auto& [method, pattern] : on.routes()) {
        if (method == "GET" && !pattern.ends_with('}')) lists.push_back(pattern);
    }
    if (input.empty()) return;
    const auto which = static_cast<unsigned char>(input[0]) % lists.size();
    auto request = make_request(on, "GET", on.expand(lists[which] + "?" + std::string(input.substr(1))));
    if (reaches_the_router(request)) run(on, request);
}

void token(std::string_view input) {
    auto& on = control();
    const auto text = on.expand(input);
    if (text.find_first_of(std::string_view("\r\n\0", 3)) != text.npos) return;  // no header has these
    for (const auto* header : {"X-Auth-Token", "X-Subject-Token", "X-Service-Token"}) {
        auto request = make_request(on, "GET", "/identity/v3/auth/tokens");
        request.headers.add("X-Subject-Token", on.token());
        request.headers.add(header, text);
        run(on, request);
    }
}

}  // namespace virga::fuzz
