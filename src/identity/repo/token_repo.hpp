#pragma once
#include <optional>
#include <string>
#include <vector>

#include "db/database.hpp"
#include "identity/model/types.hpp"

namespace virga::identity::repo {

/// Also removes some of the tokens that have expired: more than one, so that they don't pile up.
void insert_token(db::Transaction& tx, const Token& token);
/// Before `wanted` is inserted: ends those of its user's valid tokens that expire first, so that he holds fewer than
/// `most`. Those that were made from one that ends end with it. False, and nothing ends, when `wanted` is made from a
/// token that would have to end itself: all of such a family expire at one time.
bool make_room_for_token(db::Transaction& tx, const Token& wanted, std::int64_t most);
/// A token with what is known of its holder now.
struct Session {
    Token token;
    std::string user_name;
    std::string user_domain_id;
    std::string user_domain_name;
    TimestampUs password_expires_us = 0;  ///< 0: never
    std::string project_name;
    std::string project_domain_id;  ///< domain of the token's project
    std::string project_domain_name;
    std::string domain_name;            ///< of the token's domain
    std::vector<std::string> roles;     ///< names, on the token's project, domain or the system
    std::vector<std::string> role_ids;  ///< of the same
    std::int64_t revision = 0;          ///< of roles and catalog: see repo/revision.hpp
};
/// nullopt for an unknown or expired token, for one whose user, project or domain is gone or disabled, and for a
/// scoped one whose user has no role there any more. One statement: every request asks it. What rules for passwords say
/// of the user is Authority's.
std::optional<Session> find_session(db::Transaction& tx, const std::string& digest, TimestampUs now);
/// With every token that was made from it, and from those.
void delete_token(db::Transaction& tx, const std::string& digest);
void delete_tokens_of_user(db::Transaction& tx, const std::string& user_id);
void delete_tokens_of_project(db::Transaction& tx, const std::string& project_id);
/// Tokens for the domain, of its users and for its projects.
void delete_tokens_of_domain(db::Transaction& tx, const std::string& domain_id);

}  // namespace virga::identity::repo
