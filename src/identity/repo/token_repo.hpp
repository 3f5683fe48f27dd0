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
    std::string project_name;
    std::string project_domain_id;   ///< domain of the token's project
    std::vector<std::string> roles;  ///< names, on the token's project, domain or the system
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
