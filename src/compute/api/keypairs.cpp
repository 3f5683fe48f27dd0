#include "compute/repo/keypair_repo.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "compute/api/api.hpp"
#include "compute/api/query_rules.hpp"
#include "compute/api/ssh_key.hpp"

namespace virga::compute::api {
namespace {

const identity::policy::Check kOtherUsers(policies(), "os_compute_api:os-keypairs:other_users");

constexpr int kTypeSince = 2;
constexpr int kUserSince = 10;
constexpr int kImportOnlySince = 92;

json::object view(const Call& call, const repo::Keypair& keypair) {
    json::object out{{"name", keypair.name}, {"public_key", keypair.public_key}, {"fingerprint", keypair.fingerprint}};
    if (call.minor >= kTypeSince) out["type"] = keypair.type;
    return out;
}

/// Whose keypairs are meant: admins may name another user from 2.10 on.
UserId user_of(const Call& call) {
    const auto named = call.minor >= kUserSince ? call.request.query_value("user_id") : std::nullopt;
    if (!named || *named == call.auth.user.value) return call.auth.user;
    kOtherUsers.require(call.auth);
    return UserId(*named);
}

std::string read_name(const Call& call, http::Fields& fields) {
    auto name = fields.required_string("name", 1, 255);
    const std::string others = call.minor >= kImportOnlySince ? " _-@." : " _-";
    const bool plain = std::all_of(name.begin(), name.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               others.find(c) != std::string::npos;
    });
    if (!plain) fields.fail("name", "keypair data is invalid: letters, digits and '" + others + "' only");
    if (name.front() == ' ' || name.back() == ' ') fields.fail("name", "must not begin or end with a space");
    return name;
}

repo::Keypair read_keypair(const Call& call, Secret& private_key) {
    const auto body = body_object(call.request, "keypair");
    http::Fields fields(body, "keypair");
    repo::Keypair keypair;
    keypair.name = read_name(call, fields);
    const auto type = call.minor >= kTypeSince ? fields.one_of("type", {"ssh", "x509"}).value_or("ssh") : "ssh";
    if (type != "ssh") fields.fail("type", "only ssh keypairs are supported");
    keypair.user = call.auth.user;
    if (call.minor >= kUserSince) {
        if (auto user = fields.string("user_id", 1, 255); user && *user != keypair.user.value) {
            kOtherUsers.require(call.auth);
            keypair.user = UserId(*user);
        }
    }
    keypair.public_key = fields.string("public_key", 1, 16384).value_or("");
    fields.finish();
    if (keypair.public_key.empty()) {
        if (call.minor >= kImportOnlySince) fields.fail("public_key", "is required from 2.92 on");
        auto made = generate_ssh_key();
        keypair.public_key = std::move(made.public_key);
        private_key = std::move(made.private_key);
    }
    keypair.fingerprint = ssh_fingerprint(keypair.public_key);
    keypair.created_us = now_us();
    return keypair;
}

void insert(db::Transaction& tx, const Call& call, const repo::Keypair& keypair) {
    const auto limit = QuotaLimits(tx, call.d, call.auth.project.value).of("key_pairs");
    if (repo::find_keypair(tx, keypair.user, keypair.name)) {
        throw Error(ErrorCode::Conflict, "Key pair '" + keypair.name + "' already exists.");
    }
    if (limit >= 0 && static_cast<std::int64_t>(repo::keypairs_of(tx, keypair.user).size()) >= limit) {
        throw Error(ErrorCode::QuotaExceeded, "Quota exceeded, too many key pairs.");
    }
    repo::insert_keypair(tx, keypair);
}

http::Response create(Call& call) {
    Secret private_key;
    const auto keypair = read_keypair(call, private_key);
    call.d.db.write_with([&](db::Transaction& tx) { insert(tx, call, keypair); });
    auto out = view(call, keypair);
    out["user_id"] = keypair.user.value;
    if (!private_key.empty()) out["private_key"] = private_key.reveal();
    return json_response(call.minor >= kTypeSince ? 201 : 200, "keypair", std::move(out));
}

http::Response list(Call& call) {
    check_query(call, "os-keypairs");
    const auto user = user_of(call);
    auto tx = call.d.db.read();
    const auto keypairs = repo::keypairs_of(tx, user);
    const bool paged = call.minor >= 35;
    const auto page = paged ? http::page_of(call.request) : http::Page{keypairs.size(), std::nullopt};
    if (page.marker && !repo::find_keypair(tx, user, *page.marker)) {
        throw Error(ErrorCode::InvalidInput, "marker: there is no keypair " + page.marker->substr(0, 64));
    }
    json::array views;
    for (const auto& keypair : keypairs) {
        if (page.marker && keypair.name <= *page.marker) continue;
        if (views.size() == page.limit) break;
        views.push_back(json::object{{"keypair", view(call, keypair)}});
    }
    json::object body;
    if (paged && !views.empty() && views.size() == page.limit) {
        const auto last = get_string(views.back().as_object().at("keypair").as_object(), "name");
        json::array links;
        links.push_back(json::object{{"rel", "next"}, {"href", http::next_link(call.request, last)}});
        body["keypairs_links"] = std::move(links);
    }
    body["keypairs"] = std::move(views);
    return http::Response::with_json(200, body);
}

[[noreturn]] void not_found(const std::string& name, const UserId& user) {
    throw Error(ErrorCode::NotFound, "Keypair " + name + " not found for user " + user.value);
}

http::Response show(Call& call) {
    check_query(call, "os-keypairs/{name}");
    const auto user = user_of(call);
    auto tx = call.d.db.read();
    const auto keypair = repo::find_keypair(tx, user, call.param("name"));
    if (!keypair) not_found(call.param("name"), user);
    auto out = view(call, *keypair);
    out["user_id"] = user.value;
    out["id"] = 0;
    out["created_at"] = iso8601_us(keypair->created_us);
    out["updated_at"] = nullptr;
    out["deleted"] = false;
    out["deleted_at"] = nullptr;
    return json_response(200, "keypair", std::move(out));
}

http::Response remove(Call& call) {
    check_query(call, "os-keypairs/{name}");
    const auto user = user_of(call);
    call.d.db.write_with([&](db::Transaction& tx) {
        if (!repo::delete_keypair(tx, user, call.param("name"))) not_found(call.param("name"), user);
    });
    return http::Response::empty(call.minor >= kTypeSince ? 204 : 202);
}

}  // namespace

void add_keypairs(Routes& routes) {
    routes.add("GET", "/os-keypairs", "os_compute_api:os-keypairs:index", list);
    routes.add("POST", "/os-keypairs", "os_compute_api:os-keypairs:create", create);
    routes.add("GET", "/os-keypairs/{name}", "os_compute_api:os-keypairs:show", show);
    routes.add("DELETE", "/os-keypairs/{name}", "os_compute_api:os-keypairs:delete", remove);
}

}  // namespace virga::compute::api
