#include "db/backend.hpp"

#include "base/error.hpp"
#include "db/postgresql/connection.hpp"

namespace virga::db::postgresql {
namespace {

constexpr std::chrono::seconds kLongestWait{10};

std::string collation_of(Connection& connection) {
    connection.begin(Access::Read, Durability::Synced);
    const auto rows = connection.query(
        "SELECT pg_encoding_to_char(encoding) AS encoding, datcollate FROM pg_database WHERE datname = "
        "current_database()",
        {});
    connection.rollback();
    if (rows.front().text("encoding") != "UTF8") return rows.front().text("encoding");
    return rows.front().text("datcollate");
}

/// Texts are compared by their bytes, as SQLite does: the order of lists, and LOWER().
void require_order_of_bytes(Connection& connection) {
    const auto collation = collation_of(connection);
    if (collation == "C" || collation == "POSIX" || collation == "C.UTF-8" || collation == "C.utf8") return;
    throw Error(ErrorCode::InvalidInput,
                "database.url: the database has encoding or collation " + collation +
                    "; make it by: CREATE DATABASE virga ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE "
                    "template0");
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
    return {[address] { return std::make_unique<Connection>(address); },
            {.open = 1, .kept = 1, .wait = kLongestWait},
            {.open = connections, .kept = connections, .wait = kLongestWait}};
}

}  // namespace virga::db::postgresql
