#pragma once
#include <map>
#include <set>
#include <string>

#include "db/database.hpp"

namespace virga::identity::repo {

enum class NamedKind { User, Role, Project, Domain };

struct Named {
    std::string name;
    std::string domain_id;  ///< a domain's own id; empty for a role
};
/// By id; what isn't there is left out.
using Names = std::map<std::string, Named>;

/// For lists, which would else ask for each line: some hundred names at once.
Names names_of(db::Transaction& tx, NamedKind kind, const std::set<std::string>& ids);

}  // namespace virga::identity::repo
