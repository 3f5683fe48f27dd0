#include "identity/repo/names.hpp"

#include "db/conditions.hpp"

namespace virga::identity::repo {
namespace {

constexpr std::size_t kAtOnce = 500;

std::string select_of(NamedKind kind) {
    switch (kind) {
        case NamedKind::User:
            return "SELECT id, name, domain_id FROM users WHERE ";
        case NamedKind::Role:
            return "SELECT id, name, '' AS domain_id FROM roles WHERE ";
        case NamedKind::Project:
            return "SELECT id, name, domain_id FROM projects WHERE ";
        case NamedKind::Domain:
            return "SELECT id, name, id AS domain_id FROM domains WHERE ";
    }
    return {};
}

}  // namespace

Names names_of(db::Transaction& tx, NamedKind kind, const std::set<std::string>& ids) {
    Names names;
    for (auto at = ids.begin(); at != ids.end();) {
        db::Params some;
        for (; at != ids.end() && some.size() < kAtOnce; ++at) some.emplace_back(*at);
        const auto among = db::in_list("id", std::move(some));
        for (const auto& row : tx.query(select_of(kind) + among.sql, among.params)) {
            names[row.text("id")] = {row.text("name"), row.text("domain_id")};
        }
    }
    return names;
}

}  // namespace virga::identity::repo
