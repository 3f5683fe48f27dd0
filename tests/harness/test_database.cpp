#include "harness/test_database.hpp"

#include <libpq-fe.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <stdexcept>

namespace virga::test {
namespace {

const char* server() {
    const char* url = std::getenv("VIRGA_TEST_DATABASE");
    return url == nullptr || *url == '\0' ? nullptr : url;
}

void run(const std::string& sql) {
    PGconn* connection = PQconnectdb(server());
    PGresult* result = PQexec(connection, sql.c_str());
    const auto status = PQresultStatus(result);
    const std::string problem = PQerrorMessage(connection);
    PQclear(result);
    PQfinish(connection);
    if (status != PGRES_COMMAND_OK) throw std::runtime_error(sql + ": " + problem);
}

/// postgresql://user:password@/postgres?host=... with another database.
std::string with_database(std::string url, const std::string& name) {
    const auto begin = url.find('/', url.find("://") + 3) + 1;
    return url.replace(begin, url.find_first_of("?", begin) - begin, name);
}

}  // namespace

bool TestDatabase::is_postgresql() {
    return server() != nullptr;
}

TestDatabase::TestDatabase(const std::filesystem::path& folder, const std::string& locale) {
    if (!is_postgresql()) {
        url_ = "sqlite://" + (folder / "virga.db").string();
        return;
    }
    static std::atomic<int> count{0};
    name_ = "unit_" + std::to_string(::getpid()) + "_" + std::to_string(++count);
    run("CREATE DATABASE " + name_ + " TEMPLATE template0 " + locale);
    url_ = with_database(server(), name_);
}

TestDatabase::~TestDatabase() {
    if (name_.empty()) return;
    try {
        run("DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");
    } catch (const std::exception&) {
        return;  // the server ends with the tests, and its databases with it
    }
}

}  // namespace virga::test
