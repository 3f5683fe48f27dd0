#include "db/postgresql/address.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <memory>

#include "base/error.hpp"

namespace virga::db::postgresql {
namespace {

struct FreeOptions {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

/// A server that is away is noticed within half a minute, also by who waits for an answer.
const std::vector<std::pair<std::string, std::string>>& defaults() {
    static const std::vector<std::pair<std::string, std::string>> values{
        {"application_name", "virga"},         {"connect_timeout", "5"},  {"keepalives_idle", "5"},
        {"keepalives_interval", "3"},          {"keepalives_count", "3"}, {"tcp_user_timeout", "15000"},
        {"target_session_attrs", "read-write"}};
    return values;
}

[[noreturn]] void refuse(const std::string& why) {
    throw Error(ErrorCode::InvalidInput, "database.url: " + why +
                                             "; write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with other "
                                             "characters than letters, digits, - and _ as %XX");
}

/// A password with an @ in it would be taken for a part of the host's name, and shown in messages.
void require_one_at_sign(const std::string& url) {
    const auto begin = url.find("://") + 3;
    const auto authority = url.substr(begin, url.find_first_of("/?", begin) - begin);
    if (std::count(authority.begin(), authority.end(), '@') > 1) refuse("there is more than one @ before the host");
    const auto rest = url.substr(begin + authority.size());
    if (rest.substr(0, rest.find('?')).find('@') != std::string::npos) refuse("there is an @ behind a /");
}

}  // namespace

Address::Address(const std::string& url) {
    require_one_at_sign(url);
    char* problem = nullptr;
    const std::unique_ptr<PQconninfoOption, FreeOptions> options(PQconninfoParse(url.c_str(), &problem));
    // The text of the problem may show a part of the password.
    if (problem != nullptr) PQfreemem(problem);
    if (!options) refuse("this is not the URL of a PostgreSQL database");
    parameters_ = defaults();
    for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val == nullptr) continue;
        if (std::string_view(option->keyword) == "password") password_ = option->val;
        parameters_.emplace_back(option->keyword, option->val);
    }
    parameters_.emplace_back("client_encoding", "UTF8");
}

std::vector<const char*> Address::keywords() const {
    std::vector<const char*> out;
    for (const auto& parameter : parameters_) out.push_back(parameter.first.c_str());
    out.push_back(nullptr);
    return out;
}

std::vector<const char*> Address::values() const {
    std::vector<const char*> out;
    for (const auto& parameter : parameters_) out.push_back(parameter.second.c_str());
    out.push_back(nullptr);
    return out;
}

std::string Address::without_password(std::string text) const {
    if (password_.empty()) return text;
    for (auto at = text.find(password_); at != std::string::npos; at = text.find(password_, at + 3))
        text.replace(at, password_.size(), "***");
    return text;
}

}  // namespace virga::db::postgresql
