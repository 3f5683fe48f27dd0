#include "identity/auth/authority.hpp"

#include <algorithm>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "identity/repo/domain_repo.hpp"
#include "identity/repo/project_repo.hpp"
#include "identity/repo/role_repo.hpp"
#include "identity/repo/user_repo.hpp"
#include "identity/settings.hpp"

namespace virga::identity {
namespace {

constexpr std::size_t kTokenBytes = 32;
constexpr std::size_t kAuditBytes = 16;
constexpr std::size_t kMaxTokenText = 255;
constexpr std::int64_t kMinTtl = 60;
constexpr std::int64_t kMaxTtl = 31'536'000;
constexpr TimestampUs kSecond = 1'000'000;

[[noreturn]] void refuse(std::string detail = {}) {
    throw Error(ErrorCode::Unauthenticated, "The request you have made requires authentication.", std::move(detail));
}

/// The enabled domain that a reference names, or nullopt.
std::optional<Domain> find_domain_of(db::Transaction& tx, const std::string& id, const std::string& name) {
    auto domain = id.empty() ? repo::find_domain_named(tx, name) : repo::find_domain(tx, id);
    if (domain && !domain->enabled) return std::nullopt;
    return domain;
}

std::optional<User> find_user(db::Transaction& tx, const Reference& reference) {
    if (!reference.id.empty()) return repo::find_user(tx, reference.id);
    const auto domain = find_domain_of(tx, reference.domain_id, reference.domain_name);
    return domain ? repo::find_user_named(tx, domain->id, reference.name) : std::nullopt;
}

bool is_usable(db::Transaction& tx, const User& user) {
    const auto domain = repo::find_domain(tx, user.domain_id);
    return user.enabled && domain && domain->enabled;
}

std::optional<Project> find_project(db::Transaction& tx, const Reference& reference) {
    if (!reference.id.empty()) return repo::find_project(tx, reference.id);
    const auto domain = find_domain_of(tx, reference.domain_id, reference.domain_name);
    return domain ? repo::find_project_named(tx, domain->id, reference.name) : std::nullopt;
}

bool may_enter(db::Transaction& tx, const User& user, const Project& project) {
    return project.enabled && find_domain_of(tx, project.domain_id, {}) &&
           !repo::roles_on(tx, user.id, TargetKind::Project, project.id).empty();
}

bool asks_for(const AuthRequest& request, std::string_view method) {
    return std::find(request.methods.begin(), request.methods.end(), method) != request.methods.end();
}

std::vector<std::string> all_methods(const AuthRequest& request, const std::optional<Token>& parent) {
    auto methods = request.methods;
    if (!parent) return methods;
    for (const auto& method : parent->methods) {
        if (std::find(methods.begin(), methods.end(), method) == methods.end()) methods.push_back(method);
    }
    return methods;
}

}  // namespace

std::string token_digest(std::string_view text) {
    return hash_hex(HashAlgorithm::Sha256, text);
}

Authority::Authority(db::Database& database, const config::Config& config)
    : database_(database),
      ttl_us_(std::clamp(config.get(setting::token_ttl_seconds), kMinTtl, kMaxTtl) * kSecond),
      dummy_hash_(hash_password(random_token(kTokenBytes))) {}

repo::Session Authority::session(db::Transaction& tx, std::string_view text) const {
    if (text.empty() || text.size() > kMaxTokenText) refuse("no token, or an oversized one");
    auto session = repo::find_session(tx, token_digest(text), now_us());
    if (!session) refuse("the token is unknown, expired or revoked");
    return *session;
}

bool Authority::verify(const User& user, const Secret& password) const {
    const bool usable = !user.password_hash.empty();
    const bool matches = verify_password(usable ? user.password_hash : dummy_hash_, password.reveal());
    return usable && matches;
}

User Authority::check_password(const AuthRequest& request) const {
    const auto user = database_.read_with([&](db::Transaction& tx) {
        auto found = find_user(tx, request.user);
        if (found && !is_usable(tx, *found)) found->password_hash.clear();
        return found;
    });
    if (!verify(user.value_or(User{}), request.password)) refuse("unknown or disabled user, or wrong password");
    return *user;
}

Authority::Identity Authority::check_credentials(const AuthRequest& request) const {
    std::optional<User> user;
    std::optional<Token> parent;
    if (asks_for(request, "password")) user = check_password(request);
    if (asks_for(request, "token")) {
        auto tx = database_.read();
        parent = session(tx, request.token.reveal()).token;
        if (user && user->id != parent->user_id) refuse("the methods name different users");
        if (!user) user = repo::find_user(tx, parent->user_id);
    }
    if (!user) refuse("the user was just deleted");
    return {std::move(*user), std::move(parent)};
}

Scope Authority::resolve_scope(db::Transaction& tx, const AuthRequest& request, const User& user) const {
    switch (request.scope) {
        case ScopeKind::Unscoped:
            return {};
        case ScopeKind::System:
            if (repo::roles_on(tx, user.id, TargetKind::System, kWholeSystem).empty()) refuse("no role on the system");
            return {{}, {}, true};
        case ScopeKind::Default: {
            const auto project = repo::find_project(tx, user.default_project_id);
            if (!project || !may_enter(tx, user, *project)) return {};
            return {project->id, {}, false};
        }
        case ScopeKind::Project: {
            const auto project = find_project(tx, request.target);
            if (!project || !may_enter(tx, user, *project)) refuse("no role on the project, or no such project");
            return {project->id, {}, false};
        }
        case ScopeKind::Domain: {
            const auto domain = find_domain_of(tx, request.target.id, request.target.name);
            if (!domain || repo::roles_on(tx, user.id, TargetKind::Domain, domain->id).empty()) {
                refuse("no role on the domain, or no such domain");
            }
            return {{}, domain->id, false};
        }
    }
    return {};
}

IssuedToken Authority::issue(const AuthRequest& request) {
    const auto [user, parent] = check_credentials(request);
    IssuedToken issued{Secret(random_token(kTokenBytes)), {}};
    auto& token = issued.token;
    token.digest = token_digest(issued.secret.reveal());
    token.user_id = user.id;
    token.methods = all_methods(request, parent);
    token.audit_ids = {random_token(kAuditBytes)};
    if (parent) token.audit_ids.push_back(parent->audit_ids.back());
    token.issued_us = now_us();
    // A token that is made from a token ends with it, so that nobody can stay logged in for ever.
    token.expires_us = parent ? parent->expires_us : token.issued_us + ttl_us_;
    auto tx = database_.write(db::Durability::Grouped);
    const auto current = repo::find_user(tx, user.id);
    if (!current || !is_usable(tx, *current) || current->password_hash != user.password_hash) {
        refuse("the user changed during the login");
    }
    if (parent && !repo::find_session(tx, parent->digest, token.issued_us)) refuse("the token was just revoked");
    token.scope = resolve_scope(tx, request, user);
    repo::insert_token(tx, token);
    tx.commit();
    return issued;
}

}  // namespace virga::identity
