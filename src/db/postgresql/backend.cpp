#include "db/backend.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "db/postgresql/connection.hpp"
#include "db/postgresql/signals.hpp"

namespace virga::db::postgresql {
namespace {

constexpr std::chrono::seconds kLongestWait{10};
/// More of them only wait for the disk.
constexpr std::size_t kMostWriters = 8;

constexpr const char* kMake =
    "make it by: CREATE DATABASE virga ENCODING 'UTF8' LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE "
    "template0";

/// Asked of the database itself: how it compares depends on a provider and on versions, which each have a catalog
/// column of their own. The last pair is in another order in UTF-16.
constexpr const char* kOrder =
    "SELECT CASE WHEN 'B' < 'a' AND 'a b' < 'a-b' AND 'a-b' < 'aa' AND 'z' < '\xC3\xA9' AND "
    "'\xEF\xBD\x9E' < '\xF0\x90\x80\x80' AND LOWER('I') = 'i' THEN 'bytes' ELSE 'other' END AS sorted_by";

std::string text_of(Connection& connection, const char* sql, const char* column) {
    connection.begin(Access::Read, Durability::Synced);
    const auto rows = connection.query(sql, {});
    connection.rollback();
    return rows.front().text(column);
}

[[noreturn]] void refuse(const std::string& why) {
    throw Error(ErrorCode::InvalidInput, "database.url: " + why + "; " + kMake);
}

/// Texts are compared by their bytes, as SQLite does: the order of lists, and LOWER().
void require_order_of_bytes(Connection& connection) {
    const auto encoding = text_of(connection, "SELECT current_setting('server_encoding') AS encoding", "encoding");
    if (encoding != "UTF8") refuse("the database has encoding " + encoding);
    if (text_of(connection, kOrder, "sorted_by") == "bytes") return;
    refuse("the database has a collation that orders texts as a language does, not by their bytes");
}

}  // namespace

Backend backend(const std::string& url, std::size_t connections) {
    const auto address = std::make_shared<const Address>(url);
    try {
        Connection first(address);
        require_order_of_bytes(first);
    } catch (const Error& failure) {
        if (failure.code() == ErrorCode::InvalidInput) throw;
        throw Error(ErrorCode::InvalidInput, "database.url: " + failure.detail());
    }
    const auto writers = std::min(connections, kMostWriters);
    return {[address] { return std::make_unique<Connection>(address); },
            {.open = writers, .kept = writers, .wait = kLongestWait},
            {.open = connections, .kept = connections, .wait = kLongestWait},
            Pool::Limits{.open = 1, .kept = 1, .wait = kLongestWait},
            [address] { return std::make_unique<Signals>(address); }};
}

}  // namespace virga::db::postgresql
