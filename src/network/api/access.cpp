#include "network/api/access.hpp"

#include "network/model/fault.hpp"
#include "network/policy.hpp"
#include "network/repo/network_repo.hpp"
#include "network/repo/port_repo.hpp"
#include "network/repo/reach.hpp"
#include "network/repo/security_group_repo.hpp"
#include "network/repo/subnet_repo.hpp"

namespace virga::network::api {
namespace {

bool sees_all(const identity::Auth& auth) {
    static const identity::policy::Check check(policies(), "context_is_admin");
    return check.allows(auth);
}

}  // namespace

void see_networks(const identity::Auth& auth, repo::ListQuery& query) {
    if (!sees_all(auth)) repo::only_networks_of(query, auth.project.value);
}

void see_subnets(const identity::Auth& auth, repo::ListQuery& query) {
    if (!sees_all(auth)) repo::only_subnets_of(query, auth.project.value);
}

void see_ports(const identity::Auth& auth, repo::ListQuery& query) {
    if (!sees_all(auth)) repo::only_ports_of(query, auth.project.value);
}

void see_own(const identity::Auth& auth, repo::ListQuery& query) {
    if (!sees_all(auth)) repo::only_own(query, auth.project.value);
}

Network visible_network(db::Transaction& tx, const identity::Auth& auth, const std::string& id) {
    auto query = repo::by_id(id);
    see_networks(auth, query);
    auto found = repo::list_networks(tx, query);
    if (found.empty()) throw network_not_found(id);
    return std::move(found.front());
}

Subnet visible_subnet(db::Transaction& tx, const identity::Auth& auth, const std::string& id) {
    auto query = repo::by_id(id);
    see_subnets(auth, query);
    auto found = repo::list_subnets(tx, query);
    if (found.empty()) throw subnet_not_found(id);
    return std::move(found.front());
}

Port visible_port(db::Transaction& tx, const identity::Auth& auth, const std::string& id) {
    auto query = repo::by_id(id);
    see_ports(auth, query);
    auto found = repo::list_ports(tx, query);
    if (found.empty()) throw port_not_found(id);
    return std::move(found.front());
}

SecurityGroup visible_security_group(db::Transaction& tx, const identity::Auth& auth, const std::string& id) {
    auto query = repo::by_id(id);
    see_own(auth, query);
    auto found = repo::list_security_groups(tx, query);
    if (found.empty()) throw security_group_not_found(id);
    return std::move(found.front());
}

bool owns(const identity::Auth& auth, const Standard& resource) {
    return sees_all(auth) || resource.project_id == auth.project.value;
}

void require_owner(const identity::Auth& auth, const Standard& resource, const std::string& rule) {
    if (!owns(auth, resource)) throw forbidden(rule);
}

}  // namespace virga::network::api
