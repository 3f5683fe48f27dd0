#pragma once
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace virga {
namespace json = boost::json;

/// A value in JSON that Virga wrote is not of the type that it must have. Corrupt where it was stored; a command with
/// such parameters is refused (rpc::run).
class WrongType : public Error {
public:
    WrongType(std::string_view key, std::string_view wanted);
};

// Lenient readers for JSON that Virga itself wrote (rows, RPC, flow contexts): a missing key or null gives the
// default, a value of another type throws WrongType. User input is checked by http/schema.hpp instead.
std::string get_string(const json::object& object, std::string_view key, std::string_view fallback = {});
std::int64_t get_int(const json::object& object, std::string_view key, std::int64_t fallback = 0);
double get_double(const json::object& object, std::string_view key,
                  double fallback = 0);  ///< a whole number counts too
bool get_bool(const json::object& object, std::string_view key, bool fallback = false);
std::optional<std::string> get_optional_string(const json::object& object, std::string_view key);
std::optional<std::int64_t> get_optional_int(const json::object& object, std::string_view key);
/// Empty object / array when missing or null.
json::object get_object(const json::object& object, std::string_view key);
json::array get_array(const json::object& object, std::string_view key);
/// The elements of an array, each of which must be an object / a string.
std::vector<json::object> get_objects(const json::object& object, std::string_view key);
std::vector<json::object> objects_of(const json::array& list, std::string_view key);
std::vector<std::string> get_strings(const json::object& object, std::string_view key);

/// For a host's reader of what it stored, which the parameters of a command are not to blame for: Error{Corrupt}
/// instead of WrongType.
template <typename Read>
auto read_stored(const Read& read) {
    try {
        return read();
    } catch (const WrongType& failure) {
        throw Error(ErrorCode::Corrupt, failure.message());
    }
}

/// null for an empty text.
json::value string_or_null(const std::string& text);
json::value optional_or_null(const std::optional<std::string>& text);
json::value optional_or_null(const std::optional<std::int64_t>& number);

/// Parses a text that Virga wrote; throws Error{Corrupt}. Empty text gives an empty object.
json::object parse_object(std::string_view text);

}  // namespace virga
