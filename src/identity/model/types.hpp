#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/json.hpp"

namespace virga::identity {

inline constexpr const char* kDefaultDomain = "default";

struct Domain {
    std::string id;
    std::string name;
    std::string description;
    bool enabled = true;
    json::object extra{};  ///< attributes of the client's own invention; so below
};

struct Project {
    std::string id;
    std::string domain_id;
    std::string name;
    std::string description;
    std::string parent_id;  ///< another project, or the domain
    bool enabled = true;
    json::array tags;
    json::object extra{};
};

struct User {
    std::string id;
    std::string domain_id;
    std::string name;
    std::string password_hash;  ///< empty: no password can log in
    std::string default_project_id;
    std::string email;
    std::string description;
    bool enabled = true;
    json::object extra{};
    json::object options{};               ///< Keystone's user options; see model/user_options.hpp
    TimestampUs password_changed_us = 0;  ///< 0: not known
    TimestampUs password_expires_us = 0;  ///< 0: never
    TimestampUs active_us = 0;            ///< last login, or when he was made or enabled; 0: not known
    std::int64_t failed_logins = 0;       ///< in a row
    TimestampUs failed_us = 0;            ///< the last of them
};

/// `password_expires_at` of a user: a time, or null for 0, never.
json::value password_expiry_json(TimestampUs expires_us);

struct Role {
    std::string id;
    std::string name;
    std::string description;
    json::object extra{};
};

/// A role of a user on exactly one target.
enum class TargetKind { Project, Domain, System };
/// The target of a role on the whole cloud.
inline constexpr const char* kWholeSystem = "all";
std::string to_string(TargetKind kind);

struct Assignment {
    std::string user_id;
    TargetKind target = TargetKind::Project;
    std::string target_id;
    std::string role_id;
};

/// What a token is good for: a project, a domain, the whole cloud, or nothing of these (unscoped).
struct Scope {
    std::string project_id;
    std::string domain_id;
    bool system = false;
    bool unscoped() const { return project_id.empty() && domain_id.empty() && !system; }
    TargetKind kind() const;        ///< of a scope that isn't unscoped
    std::string target_id() const;  ///< the same one's id
};

/// A token as stored. The token itself is known to its holder only: the database has its digest.
struct Token {
    std::string digest;
    std::string user_id;
    Scope scope;
    std::vector<std::string> methods;
    std::vector<std::string> audit_ids;
    std::string parent_digest{};  ///< of the token that it was made from; it ends with that one
    TimestampUs issued_us = 0;
    TimestampUs expires_us = 0;
};

}  // namespace virga::identity
