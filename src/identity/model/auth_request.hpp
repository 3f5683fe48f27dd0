#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/secret.hpp"

namespace virga::identity {

/// Names a user, project or domain by id, or by name within a domain that is itself named by id or name.
struct Reference {
    std::string id;
    std::string name;
    std::string domain_id;
    std::string domain_name;
};

enum class ScopeKind { Default, Unscoped, Project, Domain, System };

/// The body of POST /auth/tokens.
struct AuthRequest {
    std::vector<std::string> methods;  ///< password, token; each once, in the order given
    Reference user;                    ///< of the method password
    Secret password;
    Secret token;  ///< of the method token
    ScopeKind scope = ScopeKind::Default;
    Reference target;  ///< of the scopes project and domain

    bool asks_for(std::string_view method) const;
};

/// Throws Error{InvalidInput} for a malformed body, Error{Unauthenticated} for a method that isn't offered.
AuthRequest parse_auth_request(const json::object& body);

}  // namespace virga::identity
