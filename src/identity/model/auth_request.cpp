#include "identity/model/auth_request.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "http/schema.hpp"

namespace virga::identity {
namespace {

constexpr std::size_t kMaxName = 255;
constexpr std::size_t kMaxPassword = 4096;
constexpr std::size_t kMaxMethods = 16;

const json::object& required_object(http::Fields& fields, std::string_view name) {
    const auto* object = fields.object(name);
    if (object == nullptr) fields.fail(name, "is required");
    return *object;
}

void read_domain(http::Fields& owner, Reference& reference) {
    const auto* object = owner.object("domain");
    if (object == nullptr) return;
    http::Fields domain(*object, owner.path() + ".domain");
    reference.domain_id = domain.string("id", 1, kMaxName).value_or("");
    reference.domain_name = domain.string("name", 1, kMaxName).value_or("");
    if (reference.domain_id.empty() && reference.domain_name.empty()) domain.fail({}, "needs an id or a name");
}

/// An id, or a name with its domain.
Reference read_reference(http::Fields& fields) {
    Reference reference;
    reference.id = fields.string("id", 1, kMaxName).value_or("");
    reference.name = fields.string("name", 1, kMaxName).value_or("");
    read_domain(fields, reference);
    if (!reference.id.empty()) return reference;
    if (reference.name.empty()) fields.fail({}, "needs an id, or a name and a domain");
    if (reference.domain_id.empty() && reference.domain_name.empty()) {
        fields.fail("domain", "is required next to a name");
    }
    return reference;
}

std::vector<std::string> read_methods(http::Fields& identity) {
    const auto* names = identity.array("methods", kMaxMethods);
    if (names == nullptr || names->empty()) identity.fail("methods", "must name at least one method");
    std::vector<std::string> methods;
    for (const auto& item : *names) {
        if (!item.is_string()) identity.fail("methods", "must be a list of strings");
        std::string method(item.get_string());
        if (method != "password" && method != "token") {
            throw Error(ErrorCode::Unauthenticated, "Attempted to authenticate with an unsupported method.");
        }
        if (std::find(methods.begin(), methods.end(), method) == methods.end()) methods.push_back(std::move(method));
    }
    return methods;
}

void read_password(http::Fields& identity, AuthRequest& request) {
    http::Fields method(required_object(identity, "password"), "auth.identity.password");
    http::Fields user(required_object(method, "user"), "auth.identity.password.user");
    request.user = read_reference(user);
    request.password = Secret(user.required_string("password", 0, kMaxPassword));
}

void read_token(http::Fields& identity, AuthRequest& request) {
    http::Fields method(required_object(identity, "token"), "auth.identity.token");
    request.token = Secret(method.required_string("id", 1, kMaxName));
}

void read_scope_object(const json::object& object, AuthRequest& request) {
    if (object.size() != 1) throw Error(ErrorCode::InvalidInput, "auth.scope: must have exactly one member");
    http::Fields scope(object, "auth.scope");
    const std::string_view kind = object.begin()->key();
    if (kind == "project") {
        request.scope = ScopeKind::Project;
        http::Fields project(required_object(scope, "project"), "auth.scope.project");
        request.target = read_reference(project);
    } else if (kind == "domain") {
        request.scope = ScopeKind::Domain;
        http::Fields domain(required_object(scope, "domain"), "auth.scope.domain");
        request.target.id = domain.string("id", 1, kMaxName).value_or("");
        request.target.name = domain.string("name", 1, kMaxName).value_or("");
        if (request.target.id.empty() && request.target.name.empty()) domain.fail({}, "needs an id or a name");
    } else if (kind == "system") {
        http::Fields system(required_object(scope, "system"), "auth.scope.system");
        if (!system.boolean("all").value_or(false)) system.fail("all", "is required and must be true");
        request.scope = ScopeKind::System;
    } else if (kind == "unscoped") {
        request.scope = ScopeKind::Unscoped;
    } else {
        throw Error(ErrorCode::InvalidInput, "auth.scope: must be project, domain, system or unscoped");
    }
}

void read_scope(http::Fields& auth, AuthRequest& request) {
    const auto* scope = auth.any("scope");
    if (scope == nullptr || scope->is_null()) return;
    if (scope->is_string() && scope->get_string() == "unscoped") {
        request.scope = ScopeKind::Unscoped;
    } else if (scope->is_object()) {
        read_scope_object(scope->get_object(), request);
    } else {
        auth.fail("scope", "must be an object or \"unscoped\"");
    }
}

}  // namespace

bool AuthRequest::asks_for(std::string_view method) const {
    return std::find(methods.begin(), methods.end(), method) != methods.end();
}

AuthRequest parse_auth_request(const json::object& body) {
    http::Fields outer(body, "");
    http::Fields auth(required_object(outer, "auth"), "auth");
    http::Fields identity(required_object(auth, "identity"), "auth.identity");
    AuthRequest request;
    request.methods = read_methods(identity);
    for (const auto& method : request.methods) {
        if (method == "password") read_password(identity, request);
        if (method == "token") read_token(identity, request);
    }
    read_scope(auth, request);
    return request;
}

}  // namespace virga::identity
