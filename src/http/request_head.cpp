#include "http/request_head.hpp"

#include <algorithm>
#include <array>

#include "http/request_headers.hpp"

namespace virga::http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kBlankLine = "\r\n\r\n";

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_token(std::string_view text) {
    constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return is_alphanumeric(c) || kOthers.find(c) != std::string_view::npos;
    });
}

/// Horizontal tabs and bytes over 127 are allowed in values.
bool has_controls(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t') || byte == 0x7F;
    });
}

bool is_visible(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7F; });
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t";
    const auto first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool is_number(std::string_view text) {
    return !text.empty() && text.size() < 20 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

HeadFault bad(std::string message) {
    return {400, std::move(message)};
}

/// What the program reads of the fields, and those that decide where a request ends and for whom it is.
class HeadFields {
public:
    std::optional<HeadFault> note(std::string_view name, std::string_view value) {
        const auto header = find_request_header(name);
        if (!header) return std::nullopt;
        auto& seen = seen_[static_cast<std::size_t>(*header)];
        if (seen && repeats_of(*header) == Repeats::Refused)
            return bad("The request has more than one " + std::string(name_of(*header)) + " header.");
        seen = value;
        return std::nullopt;
    }

    std::optional<HeadFault> check_framing(bool http_1_0) const {
        const auto host = value_of(RequestHeader::Host);
        const auto length = value_of(RequestHeader::ContentLength);
        const auto encoding = value_of(RequestHeader::TransferEncoding);
        if (!host && !http_1_0) return bad("The request has no Host header.");
        if (host && !host->empty() && !is_host(*host)) return bad("The Host header is not valid.");
        if (length && !is_number(*length)) return bad("The Content-Length header is not a number.");
        if (!encoding) return std::nullopt;
        if (length) return bad("The request has both Content-Length and Transfer-Encoding.");
        if (http_1_0) return bad("HTTP/1.0 has no Transfer-Encoding.");
        if (!same_word(*encoding, "chunked"))
            return HeadFault{501, "Only the transfer encoding 'chunked' is supported."};
        return std::nullopt;
    }

private:
    std::optional<std::string_view> value_of(RequestHeader header) const {
        return seen_[static_cast<std::size_t>(header)];
    }
    std::array<std::optional<std::string_view>, kRequestHeaders> seen_;
};

std::optional<HeadFault> check_request_line(std::string_view line, bool& http_1_0) {
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || last == first) return bad("The request line is not valid.");
    const auto target = line.substr(first + 1, last - first - 1);
    const auto version = line.substr(last + 1);
    http_1_0 = version == "HTTP/1.0";
    if (!is_token(line.substr(0, first)) || target.empty() || !is_visible(target))
        return bad("The request line is not valid.");
    if (!http_1_0 && version != "HTTP/1.1") return bad("The version of HTTP must be 1.1 or 1.0.");
    return std::nullopt;
}

std::optional<HeadFault> check_field(std::string_view line, HeadFields& fields) {
    if (line.front() == ' ' || line.front() == '\t') return bad("A header goes on over more than one line.");
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
        return bad("The name of a header is not valid.");
    const auto value = trimmed(line.substr(colon + 1));
    if (has_controls(value)) return bad("The value of a header has control characters.");
    return fields.note(line.substr(0, colon), value);
}

}  // namespace

std::size_t head_length(std::string_view data, std::size_t from) {
    std::size_t begin = 0;
    while (data.substr(begin, kLineEnd.size()) == kLineEnd) begin += kLineEnd.size();
    const auto seen = from < kBlankLine.size() ? 0 : from - kBlankLine.size();
    const auto end = data.find(kBlankLine, std::max(begin, seen));
    return end == std::string_view::npos ? 0 : end + kBlankLine.size();
}

bool may_become_head(std::string_view data) {
    while (data.starts_with(kLineEnd)) data.remove_prefix(kLineEnd.size());
    if (data == "\r") return true;
    const auto method = data.substr(0, data.find(' '));
    if (!data.empty() && !is_token(method)) return false;
    for (auto at = data.find('\n'); at != std::string_view::npos; at = data.find('\n', at + 1)) {
        if (at == 0 || data[at - 1] != '\r') return false;
    }
    return true;
}

std::optional<HeadFault> check_head(std::string_view head) {
    while (head.starts_with(kLineEnd)) head.remove_prefix(kLineEnd.size());
    HeadFields fields;
    bool http_1_0 = false;
    for (bool first = true; !head.empty(); first = false) {
        const auto end = std::min(head.find(kLineEnd), head.size());
        const auto line = head.substr(0, end);
        head.remove_prefix(std::min(end + kLineEnd.size(), head.size()));
        if (line.empty()) break;
        auto fault = first ? check_request_line(line, http_1_0) : check_field(line, fields);
        if (fault) return fault;
    }
    return fields.check_framing(http_1_0);
}

bool is_host(std::string_view text) {
    if (text.empty() || text.size() > 255) return false;
    return std::all_of(text.begin(), text.end(), [](char c) {
        return is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == ':' || c == '[' || c == ']';
    });
}

}  // namespace virga::http
