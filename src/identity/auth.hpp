#pragma once
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "identity/policy/rule.hpp"

namespace virga::identity {

namespace policy {
struct Policy;
}

/// Who makes a request, from a validated token.
struct Auth {
    UserId user;
    std::string user_name;
    ProjectId project;  ///< empty for an unscoped token
    std::string project_name;
    std::string domain;              ///< of a token for a domain
    std::vector<std::string> roles;  ///< as given to the user in the token's scope; policies look at `standings`
    policy::Standings standings;
    /// What let the request through; null where there was none (a flow that goes on by itself).
    const policy::Policy* admitted_by = nullptr;
    std::string request_id;

    /// Whether what a project owns is within reach of the request: his own project's is, and everybody's where the
    /// policy that let the request through says so (administrators, services). What isn't is answered as if it didn't
    /// exist.
    bool reaches(const ProjectId& owner) const;
    /// Whether he is the cloud's administrator, who sees and changes what is of all projects. An administrator of some
    /// project isn't. What one may do beyond that is asked of the policies (policy::Check).
    bool is_admin() const { return standings.has(policy::Standing::Admin); }
    /// Whether it is another service, in the project of the services.
    bool is_service() const { return standings.has(policy::Standing::Service); }
    policy::Subject subject() const { return {standings, user.value, project.value, domain}; }
};

}  // namespace virga::identity
