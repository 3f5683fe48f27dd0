#include "identity/auth/authority.hpp"

#include <algorithm>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "http/settings.hpp"
#include "identity/auth/refusals.hpp"
#include "identity/repo/domain_repo.hpp"
#include "identity/repo/name_key.hpp"
#include "identity/repo/project_repo.hpp"
#include "identity/repo/role_repo.hpp"
#include "identity/repo/user_repo.hpp"
#include "identity/settings.hpp"

namespace virga::identity {
namespace {

constexpr std::size_t kTokenBytes = 32;
constexpr std::size_t kAuditBytes = 16;
constexpr std::size_t kMaxTokenText = 255;
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

/// What a user who isn't there is counted by. However his domain is named, he is one, as one who is there is.
std::string counted_name(db::Transaction& tx, const Reference& who) {
    if (!who.id.empty()) return who.id;
    auto domain = who.domain_id;
    if (domain.empty()) {
        const auto found = repo::find_domain_named(tx, who.domain_name);
        domain = found ? found->id : "/" + repo::name_key(who.domain_name);
    }
    return repo::name_key(who.name) + "@" + domain;
}

/// A busy user's row isn't written at each of his logins.
bool login_is_news(const User& user, TimestampUs now) {
    constexpr TimestampUs kWorthWriting = 3'600 * kSecond;
    return user.failed_logins > 0 || now - user.active_us >= kWorthWriting;
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
      ttl_us_(config.get(setting::token_ttl_seconds) * kSecond),
      tokens_per_user_(config.get(setting::tokens_per_user)),
      proxies_(config.get(http::setting::proxies)),
      rules_(config),
      work_(config),
      dummy_hash_(hash_password(random_token(kTokenBytes))) {}

repo::Session Authority::session(db::Transaction& tx, std::string_view text) const {
    if (text.empty() || text.size() > kMaxTokenText) refuse("no token, or an oversized one");
    auto session = find_session(tx, token_digest(text), now_us());
    if (!session) refuse("the token is unknown, expired or revoked");
    return *session;
}

std::optional<repo::Session> Authority::find_session(db::Transaction& tx, const std::string& digest,
                                                     TimestampUs now) const {
    auto session = repo::find_session(tx, digest, now);
    if (!session || !rules_.counts_activity()) return session;
    const auto user = repo::find_user(tx, session->token.user_id);
    if (!user || rules_.is_inactive(*user, now)) return std::nullopt;
    return session;
}

std::string Authority::known_address(const std::string& address) const {
    return proxies_.contains(address) ? std::string() : address;
}

bool Authority::may_log_in(db::Transaction& tx, const User& user, TimestampUs now) const {
    return is_usable(tx, user) && !rules_.is_locked(user, now) && !rules_.is_inactive(user, now);
}

void Authority::note_failure(const std::string& user_id, TimestampUs now) {
    if (!rules_.counts_failures()) return;
    database_.write_with(
        [&](db::Transaction& tx) { repo::note_failed_login(tx, user_id, rules_.failures_since(now), now); },
        db::Durability::Grouped);
}

/// A hash of an earlier version of the program is made anew when the password is at hand.
void Authority::strengthen(User& user, const Secret& password) {
    if (!is_weak_password_hash(user.password_hash)) return;
    auto hash = work_.hash(password);
    database_.write_with([&](db::Transaction& tx) { repo::replace_hash(tx, user.id, user.password_hash, hash); },
                         db::Durability::Grouped);
    user.password_hash = std::move(hash);
}

User Authority::prove(const Reference& who, const Secret& password, const std::string& address, Expired expired) {
    const auto now = now_us();
    const auto source = known_address(address);
    bool usable = false;
    std::string counted;
    const auto user = database_.read_with([&](db::Transaction& tx) {
        auto found = find_user(tx, who);
        usable = found && may_log_in(tx, *found, now) && !found->password_hash.empty();
        counted = found ? found->id : counted_name(tx, who);
        return found;
    });
    if (const auto wait = limiter_.wait(counted, source); wait.count() > 0) {
        throw ComeBackLater(429, "Too many failed logins. Try again in " + std::to_string(wait.count()) + " seconds.",
                            wait);
    }
    const bool matches = work_.verify(usable ? user->password_hash : dummy_hash_, password);
    if (!usable || !matches) {
        limiter_.failed(counted, source);
        note_failure(usable ? user->id : std::string(), now);
        refuse("unknown, disabled or locked user, or wrong password");
    }
    limiter_.succeeded(counted, user->domain_id, source);
    if (expired == Expired::Refused && rules_.is_expired(*user, now)) {
        throw Error(ErrorCode::Unauthenticated,
                    "The password is expired and needs to be changed for user: " + user->id + ".");
    }
    auto proven = *user;
    strengthen(proven, password);
    return proven;
}

/// Compares with the present password and those before it that still count.
void Authority::require_unused(const User& user, const Secret& password) {
    const auto count = rules_.unique_count();
    if (count == 0) return;
    auto hashes = database_.read_with([&](db::Transaction& tx) { return repo::old_passwords(tx, user.id, count - 1); });
    hashes.push_back(user.password_hash);
    for (const auto& hash : hashes) {
        if (!work_.verify(hash, password)) continue;
        throw Error(ErrorCode::InvalidInput,
                    "The new password must differ from the last " + std::to_string(count) + " passwords.");
    }
}

std::string Authority::hash_new(const Secret& password) {
    rules_.check_text(password);
    return work_.hash(password);
}

void Authority::change_password(const std::string& user_id, const Secret& before, const Secret& after,
                                const std::string& address) {
    Reference who;
    who.id = user_id;
    const auto proven = prove(who, before, address, Expired::Allowed);
    const auto now = now_us();
    rules_.check_may_change(proven, now);
    rules_.check_text(after);
    require_unused(proven, after);
    const auto hash = work_.hash(after);
    database_.write_with([&](db::Transaction& tx) {
        auto user = repo::find_user(tx, user_id);
        if (!user || user->password_hash != proven.password_hash || !may_log_in(tx, *user, now)) {
            throw Error(ErrorCode::Conflict, "The user was changed by somebody else in between.");
        }
        rules_.put(*user, hash, SetBy::User, now);
        repo::set_password(tx, *user, rules_.unique_count() - 1);
    });
}

Authority::Identity Authority::check_credentials(const AuthRequest& request, const std::string& address) {
    std::optional<User> user;
    std::optional<Token> parent;
    if (request.asks_for("password")) user = prove(request.user, request.password, address, Expired::Refused);
    if (request.asks_for("token")) {
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

IssuedToken Authority::issue(const AuthRequest& request, const std::string& address) {
    const auto [user, parent] = check_credentials(request, address);
    IssuedToken issued{Secret(random_token(kTokenBytes)), {}};
    auto& token = issued.token;
    token.digest = token_digest(issued.secret.reveal());
    token.user_id = user.id;
    token.methods = all_methods(request, parent);
    token.audit_ids = {random_token(kAuditBytes)};
    if (parent) {
        token.audit_ids.push_back(parent->audit_ids.back());
        token.parent_digest = parent->digest;
    }
    token.issued_us = now_us();
    // A token that is made from a token ends with it, so that nobody can stay logged in for ever.
    token.expires_us = parent ? parent->expires_us : token.issued_us + ttl_us_;
    // Whoever changes users, roles or tokens writes alone.
    database_.write_with(
        [&, &user = user, &parent = parent](db::Transaction& tx) { record(tx, request, user, parent, token); },
        db::Durability::Grouped, db::Writers::Together);
    return issued;
}

void Authority::record(db::Transaction& tx, const AuthRequest& request, const User& user,
                       const std::optional<Token>& parent, Token& token) const {
    const auto current = repo::find_user(tx, user.id);
    if (!current || !is_usable(tx, *current) || current->password_hash != user.password_hash) {
        refuse("the user changed during the login");
    }
    if (parent && !find_session(tx, parent->digest, token.issued_us)) refuse("the token was just revoked");
    if (!repo::make_room_for_token(tx, token, tokens_per_user_)) {
        throw http::StatusError(429, "The user has " + std::to_string(tokens_per_user_) +
                                         " valid tokens, which is the most that is allowed. Log in with the password: "
                                         "that ends the token that expires first.");
    }
    token.scope = resolve_scope(tx, request, user);
    repo::insert_token(tx, token);
    if (request.asks_for("password") && login_is_news(*current, token.issued_us)) {
        repo::note_login(tx, user.id, token.issued_us);
    }
}

}  // namespace virga::identity
