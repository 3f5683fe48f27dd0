#include "base/public_text.hpp"

#include <algorithm>

namespace virga {
namespace {

constexpr std::string_view kEndsPath = " \t\n'\"(),;:<>";

/// A path begins with a slash that starts a word and is followed by more than blanks.
bool begins_path(std::string_view text, std::size_t at) {
    const bool starts_word = at == 0 || std::string_view(" \t\n'\"(=,;:<").find(text[at - 1]) != std::string_view::npos;
    if (text[at] != '/' || !starts_word || at + 1 >= text.size() || text.substr(at).starts_with("/dev/")) return false;
    const bool is_url = text.substr(at, 2) == "//" && at > 0 && text[at - 1] == ':';
    return !is_url && kEndsPath.find(text[at + 1]) == std::string_view::npos;
}

/// "server:/path" is a path on another machine, whose name is no more for users than the path.
void drop_server(std::string& text) {
    const auto before = text.find_last_of(" \t\n'\"(=,;<");
    text.erase(before == std::string::npos ? 0 : before + 1);
}

}  // namespace

std::string without_paths(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        if (!begins_path(text, at)) {
            out += text[at++];
            continue;
        }
        if (at > 0 && text[at - 1] == ':') drop_server(out);
        out += "(file)";
        at = std::min(text.find_first_of(kEndsPath, at), text.size());
    }
    return out;
}

std::string public_reason(ErrorCode code, const std::string& message) {
    switch (code) {
        case ErrorCode::NotFound:
            return "Something on the host that this needs is missing. Ask the administrator.";
        case ErrorCode::NoSpace:
            return "There is not enough room left on the storage. Delete what isn't needed, or try again later.";
        case ErrorCode::Unavailable:
            return "The host or its storage can't be reached. Try again later.";
        case ErrorCode::Timeout:
            return "The host or its storage did not answer in time. Try again later.";
        case ErrorCode::Corrupt:
            return "The data that this needs is damaged, or isn't what it is recorded to be. Ask the administrator.";
        case ErrorCode::Internal:
            return "The host or its storage failed. Ask the administrator, who can see why.";
        case ErrorCode::Conflict:
        case ErrorCode::InvalidInput:
        case ErrorCode::Unauthenticated:
        case ErrorCode::Forbidden:
        case ErrorCode::QuotaExceeded:
        case ErrorCode::TooLarge:
        case ErrorCode::NotSupported:
        case ErrorCode::Busy:
        case ErrorCode::Cancelled:
            return without_paths(message);
    }
    return {};
}

}  // namespace virga
