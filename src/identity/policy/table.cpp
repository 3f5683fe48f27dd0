#include "identity/policy/table.hpp"

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "identity/service.hpp"

namespace virga::identity::policy {
namespace {

[[noreturn]] void refuse(std::string_view name) {
    throw Error(ErrorCode::Forbidden, refusal(name));
}

}  // namespace

Table::Table(std::string_view service, std::vector<Policy> rows) : service_(service), rows_(std::move(rows)) {
    std::sort(rows_.begin(), rows_.end(), [](const Policy& a, const Policy& b) { return a.name < b.name; });
    const auto twice = std::adjacent_find(rows_.begin(), rows_.end(),
                                          [](const Policy& a, const Policy& b) { return a.name == b.name; });
    if (twice != rows_.end()) {
        throw Error(ErrorCode::Internal, "the policy " + std::string(twice->name) + " is declared twice");
    }
}

const Policy& Table::at(std::string_view name) const {
    const auto found = std::lower_bound(rows_.begin(), rows_.end(), name,
                                        [](const Policy& row, std::string_view wanted) { return row.name < wanted; });
    if (found == rows_.end() || found->name != name) {
        throw Error(ErrorCode::Internal, "there is no policy " + std::string(name));
    }
    return *found;
}

Guard::Guard(const Table& table, const Access& access) {
    if (!access.policy.empty()) policy_ = &table.at(access.policy);
    for (const auto& [action, name] : access.actions) actions_.emplace_back(action, &table.at(name));
    if (policy_ == nullptr && actions_.empty()) throw Error(ErrorCode::Internal, "a route without a policy");
}

const Policy& Guard::require(const Auth& auth, const http::Request& request) const {
    const auto subject = auth.subject();
    if (policy_ != nullptr) {
        if (!allows(policy_->rule, subject)) refuse(policy_->name);
        return *policy_;
    }
    // Who may do none of the actions learns nothing of them.
    const bool any = std::any_of(actions_.begin(), actions_.end(),
                                 [&](const auto& item) { return allows(item.second->rule, subject); });
    if (!any) refuse(actions_.front().second->name);
    const auto* admitted = actions_.front().second;
    for (const auto& item : request.json_body()) {
        const std::string name(item.key());
        const auto found =
            std::find_if(actions_.begin(), actions_.end(), [&](const auto& action) { return action.first == name; });
        if (found == actions_.end()) {
            throw Error(ErrorCode::InvalidInput, "There is no such action: " + name.substr(0, 64) + ".");
        }
        admitted = found->second;
        if (!allows(admitted->rule, subject)) refuse(admitted->name);
    }
    return *admitted;
}

bool Check::allows(const Auth& auth, const Target& target) const {
    return policy::allows(policy_->rule, auth.subject(), target);
}

void Check::require(const Auth& auth, const Target& target) const {
    if (!allows(auth, target)) refuse(policy_->name);
}

std::string refusal(std::string_view name) {
    return "Policy doesn't allow " + std::string(name) + " to be performed.";
}

}  // namespace virga::identity::policy
