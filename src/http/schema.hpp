#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "http/http.hpp"

namespace virga::http {

/// Reads user input field by field. Each reader throws Error{InvalidInput} with a message that names the field, its
/// value and what is allowed ("server.name: must have 1 to 255 characters"). After the reads, `finish` refuses unknown
/// fields.
class Fields {
public:
    /// `path` is put in front of names in messages ("server").
    Fields(const json::object& object, std::string path);

    bool has(std::string_view name) const;          ///< present (null counts)
    bool has_value(std::string_view name) const;    ///< present and not null
    const json::value* any(std::string_view name);  ///< any type; nullptr when absent; marks it read

    std::string required_string(std::string_view name, std::size_t min, std::size_t max);
    std::optional<std::string> string(std::string_view name, std::size_t min,
                                      std::size_t max);  ///< null reads as absent
    std::string required_uuid(std::string_view name);
    std::optional<std::string> uuid(std::string_view name);
    std::int64_t required_integer(std::string_view name, std::int64_t min, std::int64_t max);
    /// Integers also as digit strings, as the original accepts them.
    std::optional<std::int64_t> integer(std::string_view name, std::int64_t min, std::int64_t max);
    /// true/false, and the strings and numbers that the original accepts (1, "1", "yes", "on", "True", ...).
    std::optional<bool> boolean(std::string_view name);
    std::optional<std::string> one_of(std::string_view name, const std::set<std::string, std::less<>>& allowed);
    const json::object* object(std::string_view name);
    const json::array* array(std::string_view name, std::size_t max_items);
    /// Keys of 1 to 255 characters, values of at most 255 (the API's metadata maps).
    std::optional<json::object> metadata(std::string_view name);

    /// Throws for a field that nobody read.
    void finish() const;
    [[noreturn]] void fail(std::string_view name, std::string_view why) const;
    const std::string& path() const { return path_; }

private:
    const json::value* find(std::string_view name);
    const json::object& object_;
    std::string path_;
    std::set<std::string, std::less<>> seen_;
};

/// limit/marker paging of a list: `limit` from the query (not negative, else InvalidInput; capped by `max`), `marker`.
struct Page {
    std::size_t limit;
    std::optional<std::string> marker;
};
Page page_of(const Request& request, std::size_t max = 1000);
/// URL of the next page: the same request with `marker` replaced.
std::string next_link(const Request& request, const std::string& marker);

}  // namespace virga::http
