#include "db/backend.hpp"
#include "db/sqlite/connection.hpp"

namespace virga::db::sqlite {

/// SQLite has one writer anyhow: a queue inside the process never sees SQLITE_BUSY. Readers never wait.
Backend backend(const std::string& path) {
    constexpr std::size_t kMostReaders = 100'000;
    constexpr std::size_t kKeptReaders = 8;
    return {[path] { return std::make_unique<Connection>(path); },
            {.open = 1, .kept = 1, .wait = {}},
            {.open = kMostReaders, .kept = kKeptReaders, .wait = {}},
            std::nullopt,
            {}};
}

}  // namespace virga::db::sqlite
