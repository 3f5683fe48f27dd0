#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace virga::http {

/// Equal in any case, as names of headers and some words in them are.
bool same_word(std::string_view a, std::string_view b);

/// Headers of requests that the program reads; it can't read another one. The table in request_headers.cpp says for
/// each what it means that it comes twice.
enum class RequestHeader : std::uint8_t {
    Host,
    ContentLength,
    TransferEncoding,
    Expect,
    ContentType,
    Range,
    IfMatch,
    IfRange,
    AuthToken,
    SubjectToken,
    ClientRequestId,
    ApiVersion,
    NovaApiVersion,
};
inline constexpr std::size_t kRequestHeaders = 13;

enum class Repeats : std::uint8_t {
    Refused,   ///< has one value: 400, since a program in front may have looked at the other one
    Combined,  ///< is a list (RFC 9110, 5.3): one value after the other
};

/// The header of this name, in any case; nullopt for one that nobody reads.
std::optional<RequestHeader> find_request_header(std::string_view name);
std::string_view name_of(RequestHeader header);
Repeats repeats_of(RequestHeader header);

/// What of a request's headers the program reads.
class RequestHeaders {
public:
    /// Drops what nobody reads. A repeat goes behind the list that it belongs to; one that check_head() refuses takes
    /// the place of the first.
    void add(std::string_view name, std::string_view value);
    void add(RequestHeader header, std::string_view value);
    std::string_view get(RequestHeader header) const;  ///< empty when absent
    bool contains(RequestHeader header) const;

private:
    const std::string* find(RequestHeader header) const;
    std::vector<std::pair<RequestHeader, std::string>> items_;
};

}  // namespace virga::http
