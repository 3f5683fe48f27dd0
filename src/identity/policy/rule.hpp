#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Who may do what, as data: a Rule says it, a Standings value is what a caller is, allows() compares the two.
namespace virga::identity::policy {

/// What a caller is within the scope of his token. A role brings those below it: who is a manager is a member as well.
enum class Standing : std::uint16_t {
    Token = 1 << 0,          ///< has a valid token, whatever for
    Reader = 1 << 1,         ///< of the token's project
    Member = 1 << 2,         ///< of the token's project
    Manager = 1 << 3,        ///< of the token's project; an administrator of just this project is no more than that
    DomainReader = 1 << 4,   ///< of the token's domain
    DomainManager = 1 << 5,  ///< of the token's domain
    DomainAdmin = 1 << 6,    ///< of the token's domain
    SystemReader = 1 << 7,   ///< of the whole cloud, in the identity service
    Service = 1 << 8,        ///< another service, in the project of the services
    Admin = 1 << 9,          ///< the cloud's administrator
};

/// A set of standings.
class Standings {
public:
    constexpr Standings() = default;
    constexpr Standings(Standing one)
        : bits_(static_cast<std::uint16_t>(one)) {}  // NOLINT(google-explicit-constructor)
    static constexpr Standings from_bits(std::int64_t bits) {
        Standings out;
        out.bits_ = static_cast<std::uint16_t>(bits);
        return out;
    }
    constexpr std::int64_t bits() const { return bits_; }
    constexpr bool has(Standings any_of) const { return (bits_ & any_of.bits_) != 0; }
    constexpr bool empty() const { return bits_ == 0; }
    friend constexpr Standings operator|(Standings a, Standings b) { return from_bits(a.bits() | b.bits()); }
    friend constexpr Standings operator&(Standings a, Standings b) { return from_bits(a.bits() & b.bits()); }
    friend constexpr bool operator==(Standings a, Standings b) { return a.bits_ == b.bits_; }

private:
    std::uint16_t bits_ = 0;
};
constexpr Standings operator|(Standing a, Standing b) {
    return Standings(a) | Standings(b);
}

/// What a token was issued for.
enum class ScopeOf { Nothing, Project, Domain, System };

/// What decides a caller's standings. The roles are those that he was given in the scope of his token.
struct Holder {
    ScopeOf scope = ScopeOf::Nothing;
    std::vector<std::string> roles;
    bool admin_project = false;    ///< the project is the one whose administrators are the cloud's
    bool service_project = false;  ///< the project is the one of the services
    bool admin_anywhere = false;   ///< an administrator of any project is the cloud's (identity.admin_of_any_project)
};
Standings standings_of(const Holder& holder);

/// The default roles, the mightiest first.
const std::vector<std::string>& default_roles();
bool is_default_role(std::string_view name);
/// The roles that come with one: admin brings manager, that member, that reader. Empty for all others.
std::vector<std::string> implied_roles(std::string_view name);

/// Who may do something: anyone who has one of its standings, or whom the target belongs to. Rules are put together
/// with `|`.
class Rule {
public:
    constexpr Rule() = default;
    constexpr Rule(Standings any_of, bool owner = false)  // NOLINT(google-explicit-constructor)
        : any_of_(any_of), owner_(owner) {}
    constexpr Standings any_of() const { return any_of_; }
    constexpr bool owner() const { return owner_; }
    friend constexpr Rule operator|(Rule a, Rule b) { return {a.any_of_ | b.any_of_, a.owner_ || b.owner_}; }
    friend constexpr bool operator==(Rule a, Rule b) { return a.any_of_ == b.any_of_ && a.owner_ == b.owner_; }

private:
    Standings any_of_;
    bool owner_ = false;
};

inline constexpr Rule nobody{};
inline constexpr Rule any_token{Standing::Token};
inline constexpr Rule admin{Standing::Admin};
inline constexpr Rule reader = Rule(Standing::Reader) | admin;    ///< of the project, or the administrator
inline constexpr Rule member = Rule(Standing::Member) | admin;    ///< of the project, or the administrator
inline constexpr Rule manager = Rule(Standing::Manager) | admin;  ///< of the project, or the administrator
inline constexpr Rule domain_reader{Standing::DomainReader};
inline constexpr Rule domain_admin{Standing::DomainAdmin};
inline constexpr Rule system_reader = Rule(Standing::SystemReader) | admin;
inline constexpr Rule service{Standing::Service};
inline constexpr Rule owner{Standings(), true};

/// "reader of the project, the cloud's administrator"
std::string to_string(const Rule& rule);
/// Names of the standings of a rule: "reader", "domain admin", "owner"...
std::vector<std::string> words(const Rule& rule);

/// What is acted on, as far as it is known. What is unknown stands in no one's way: a route is checked before its
/// object was looked up, and again with it.
struct Target {
    std::optional<std::string_view> project{};
    std::optional<std::string_view> domain{};
    std::optional<std::string_view> user{};
};

/// Who acts.
struct Subject {
    Standings standings;
    std::string_view user;
    std::string_view project;
    std::string_view domain;
};

bool allows(const Rule& rule, const Subject& subject, const Target& target = {});

}  // namespace virga::identity::policy
