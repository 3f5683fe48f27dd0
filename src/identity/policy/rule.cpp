#include "identity/policy/rule.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace virga::identity::policy {
namespace {

constexpr std::string_view kService = "service";

constexpr Standings kOfProject = Standing::Reader | Standing::Member | Standing::Manager;
constexpr Standings kOfDomain = Standing::DomainReader | Standing::DomainManager | Standing::DomainAdmin;
constexpr Standings kAnywhere = Standing::Token | Standing::SystemReader | Standing::Service | Standing::Admin;

/// How far up the roles go that imply each other: 0 nothing, 1 reader, 2 member, 3 manager, 4 admin.
std::size_t rank_of(const std::vector<std::string>& roles) {
    static const std::array<std::string_view, 4> kRanks{"reader", "member", "manager", "admin"};
    for (auto rank = kRanks.size(); rank > 0; --rank) {
        if (std::find(roles.begin(), roles.end(), kRanks[rank - 1]) != roles.end()) return rank;
    }
    return 0;
}

Standings up_to(std::size_t rank, std::initializer_list<Standing> ladder) {
    Standings out;
    for (const auto step : ladder) {
        if (rank == 0) break;
        out = out | step;
        --rank;
    }
    return out;
}

Standings in_project(const Holder& holder, std::size_t rank) {
    auto out = up_to(rank, {Standing::Reader, Standing::Member, Standing::Manager});
    const bool of_services = std::find(holder.roles.begin(), holder.roles.end(), kService) != holder.roles.end();
    if (of_services && holder.service_project) out = out | Standing::Service;
    if (rank == 4 && (holder.admin_project || holder.admin_anywhere)) out = out | Standing::Admin;
    return out;
}

using Word = std::pair<Standing, const char*>;
constexpr std::array<Word, 10> kWords{{{Standing::Token, "any token"},
                                       {Standing::Reader, "reader"},
                                       {Standing::Member, "member"},
                                       {Standing::Manager, "manager"},
                                       {Standing::DomainReader, "domain reader"},
                                       {Standing::DomainManager, "domain manager"},
                                       {Standing::DomainAdmin, "domain admin"},
                                       {Standing::SystemReader, "system reader"},
                                       {Standing::Service, "service"},
                                       {Standing::Admin, "admin"}}};

}  // namespace

Standings standings_of(const Holder& holder) {
    const Standings token(Standing::Token);
    const auto rank = rank_of(holder.roles);
    switch (holder.scope) {
        case ScopeOf::Nothing:
            return token;
        case ScopeOf::Project:
            return token | in_project(holder, rank);
        case ScopeOf::Domain:
            return token | up_to(rank, {Standing::DomainReader, Standing::DomainReader, Standing::DomainManager,
                                        Standing::DomainAdmin});
        case ScopeOf::System:
            if (rank == 0) return token;
            return rank == 4 ? token | Standing::SystemReader | Standing::Admin : token | Standing::SystemReader;
    }
    return {};
}

const std::vector<std::string>& default_roles() {
    static const std::vector<std::string> names{"admin", "manager", "member", "reader", "service"};
    return names;
}

bool is_default_role(std::string_view name) {
    const auto& names = default_roles();
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string> implied_roles(std::string_view name) {
    const auto& names = default_roles();
    const auto last = std::find(names.begin(), names.end(), kService);
    const auto found = std::find(names.begin(), last, name);
    return found == last ? std::vector<std::string>{} : std::vector<std::string>(found + 1, last);
}

std::vector<std::string> words(const Rule& rule) {
    std::vector<std::string> out;
    for (const auto& [standing, word] : kWords) {
        if (rule.any_of().has(standing)) out.emplace_back(word);
    }
    if (rule.owner()) out.emplace_back("owner");
    return out;
}

std::string to_string(const Rule& rule) {
    std::string out;
    for (const auto& word : words(rule)) out += (out.empty() ? "" : ", ") + word;
    return out.empty() ? "nobody" : out;
}

bool allows(const Rule& rule, const Subject& subject, const Target& target) {
    const auto common = rule.any_of() & subject.standings;
    if (common.has(kAnywhere)) return true;
    if (common.has(kOfProject) && (!target.project || *target.project == subject.project)) return true;
    if (common.has(kOfDomain) && (!target.domain || *target.domain == subject.domain)) return true;
    return rule.owner() && (!target.user || *target.user == subject.user);
}

}  // namespace virga::identity::policy
