#pragma once
#include <optional>

#include "db/pool.hpp"

/// What differs between the databases, each in a folder of its own: how to connect, and how many may.
namespace virga::db {

struct Backend {
    Pool::Connect connect;
    Pool::Limits writers;
    Pool::Limits readers;
    /// For writers that don't wait for the others. Empty: the database has one process, and needs none.
    std::optional<Pool::Limits> beside;
    /// Empty for the same reason.
    std::function<std::unique_ptr<Signals>()> signals;
};

}  // namespace virga::db

namespace virga::db::sqlite {

Backend backend(const std::string& path);

}  // namespace virga::db::sqlite

namespace virga::db::postgresql {

/// Connects once, so that a wrong URL is told at once: Error{InvalidInput} naming database.url, never the password.
Backend backend(const std::string& url, std::size_t connections);

}  // namespace virga::db::postgresql
