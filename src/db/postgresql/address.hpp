#pragma once
#include <string>
#include <utility>
#include <vector>

namespace virga::db::postgresql {

/// Where the database is, as libpq wants to know it.
class Address {
public:
    /// Throws Error{InvalidInput} that names database.url and shows nothing of it.
    explicit Address(const std::string& url);

    /// Terminated by null pointers; valid as long as this is.
    std::vector<const char*> keywords() const;
    std::vector<const char*> values() const;
    /// `text` without the password.
    std::string without_password(std::string text) const;

private:
    std::vector<std::pair<std::string, std::string>> parameters_;
    std::string password_;
};

}  // namespace virga::db::postgresql
