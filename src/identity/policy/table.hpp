#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/http.hpp"
#include "identity/policy/rule.hpp"

namespace virga::identity {
struct Auth;
}

namespace virga::identity::policy {

/// One thing that is allowed or not, named as OpenStack's default policies name it.
struct Policy {
    std::string_view name;
    Rule rule;
    std::string_view description;  ///< a sentence
};

/// The policies of one service: the only place that says who may do what in it.
class Table {
public:
    /// Throws Error{Internal} for a name that stands there twice.
    Table(std::string_view service, std::vector<Policy> rows);
    std::string_view service() const { return service_; }
    const std::vector<Policy>& rows() const { return rows_; }
    /// Throws Error{Internal} for an unknown name.
    const Policy& at(std::string_view name) const;

private:
    std::string_view service_;
    std::vector<Policy> rows_;
};

/// Actions that the body of a request may name, and the policy of each.
using Actions = std::vector<std::pair<std::string_view, std::string_view>>;

/// Who may use a route: the policy of the route, or for one whose body names an action the policy of each action.
/// Actions that aren't listed don't exist (400).
struct Access {
    Access(const char* name) : policy(name) {}            // NOLINT(google-explicit-constructor)
    Access(std::string_view name) : policy(name) {}       // NOLINT(google-explicit-constructor)
    Access(Actions table) : actions(std::move(table)) {}  // NOLINT(google-explicit-constructor)
    std::string_view policy{};
    Actions actions{};
};

/// An Access with its rows looked up, so that a request costs no look-up of the policy.
class Guard {
public:
    Guard(const Table& table, const Access& access);
    /// Throws Error{Forbidden} "Policy doesn't allow NAME to be performed.", Error{InvalidInput} for an unknown action.
    /// Returns the policy that admitted the caller.
    const Policy& require(const Auth& auth, const http::Request& request) const;

private:
    const Policy* policy_ = nullptr;
    std::vector<std::pair<std::string_view, const Policy*>> actions_;
};

/// A check inside of a handler: for what only the body, the query or the object tells. Made once, as a constant.
class Check {
public:
    Check(const Table& table, std::string_view name) : policy_(&table.at(name)) {}
    bool allows(const Auth& auth, const Target& target = {}) const;
    /// Throws Error{Forbidden} "Policy doesn't allow NAME to be performed."
    void require(const Auth& auth, const Target& target = {}) const;
    std::string_view name() const { return policy_->name; }

private:
    const Policy* policy_;
};

/// "Policy doesn't allow NAME to be performed."
std::string refusal(std::string_view name);

}  // namespace virga::identity::policy
