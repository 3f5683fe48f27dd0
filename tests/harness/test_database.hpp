#pragma once
#include <filesystem>
#include <string>

namespace virga::test {

/// A new database of a test, and its end: a file in `folder`, or one of the server that VIRGA_TEST_DATABASE names
/// (tools/with-postgresql.sh).
class TestDatabase {
public:
    /// `locale`: how a database of the server orders texts, for CREATE DATABASE.
    explicit TestDatabase(const std::filesystem::path& folder, const std::string& locale = {});
    TestDatabase(const TestDatabase&) = delete;
    TestDatabase& operator=(const TestDatabase&) = delete;
    ~TestDatabase();

    const std::string& url() const { return url_; }
    static bool is_postgresql();

private:
    std::string name_;
    std::string url_;
};

}  // namespace virga::test
