#include "http/microversion.hpp"

#include <charconv>

namespace virga::http {
namespace {

std::string_view trim(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// The version asked for in "compute 2.53, volume 3.10"; empty when the service isn't named. Of two versions of one
/// service Nova takes the last and Cinder the first.
std::string_view version_for(std::string_view header, std::string_view service) {
    std::string_view found;
    while (!header.empty()) {
        const auto comma = std::min(header.find(','), header.size());
        const auto item = trim(header.substr(0, comma));
        header.remove_prefix(std::min(comma + 1, header.size()));
        const auto space = std::min(item.find_first_of(" \t"), item.size());
        const auto version = trim(item.substr(space));
        if (item.substr(0, space) != service || version.empty()) continue;
        if (!found.empty() && version != found) {
            throw Error(ErrorCode::InvalidInput,
                        "OpenStack-API-Version names two versions of " + std::string(service) + ": ask for one.");
        }
        found = version;
    }
    return found;
}

std::string_view asked_version(const Request& request, const MicroversionRange& range) {
    const auto version = version_for(request.headers.get(RequestHeader::ApiVersion), range.service);
    if (!version.empty() || !range.legacy_header) return version;
    return trim(request.headers.get(*range.legacy_header));
}

bool parse_number(std::string_view text, int& out) {
    if (text.empty() || text.size() > 6 || (text.size() > 1 && text[0] == '0')) return false;
    if (text.find_first_not_of("0123456789") != std::string_view::npos) return false;
    return std::from_chars(text.data(), text.data() + text.size(), out).ec == std::errc{};
}

Microversion parse(std::string_view text) {
    Microversion version;
    const auto dot = text.find('.');
    if (dot == std::string_view::npos || !parse_number(text.substr(0, dot), version.major) ||
        !parse_number(text.substr(dot + 1), version.minor) || version.major == 0) {
        throw Error(ErrorCode::InvalidInput,
                    "API version '" + std::string(text.substr(0, 32)) + "' is malformed: write MAJOR.MINOR or latest");
    }
    return version;
}

}  // namespace

Microversion negotiate(const Request& request, const MicroversionRange& range) {
    const auto asked = asked_version(request, range);
    if (asked.empty()) return range.minimum;
    if (asked == "latest") return range.maximum;
    const auto version = parse(asked);
    if (version < range.minimum || version > range.maximum) {
        throw StatusError(406, "Version " + version.text() + " is not supported by this API. The minimum is " +
                                   range.minimum.text() + " and the maximum is " + range.maximum.text() + ".");
    }
    return version;
}

void announce(Response& response, const MicroversionRange& range, Microversion used) {
    response.headers.set("OpenStack-API-Version", range.service + " " + used.text());
    std::string vary = "OpenStack-API-Version";
    if (range.legacy_header) {
        const std::string legacy(name_of(*range.legacy_header));
        response.headers.set(legacy, used.text());
        vary += ", " + legacy;
    }
    response.headers.set("Vary", vary);
}

void announce_asked(const Request& request, Response& response, const MicroversionRange& range) {
    try {
        announce(response, range, negotiate(request, range));
    } catch (const Error&) {
        // The fault of the answer says that the version is malformed or out of range.
    }
}

}  // namespace virga::http
