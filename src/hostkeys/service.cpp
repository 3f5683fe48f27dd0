#include "hostkeys/service.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "base/crypto.hpp"
#include "base/log.hpp"
#include "base/small_file.hpp"
#include "config/forms.hpp"
#include "hostkeys/host_key.hpp"
#include "hostkeys/policy.hpp"
#include "hostkeys/repo/host_key_repo.hpp"
#include "http/schema.hpp"
#include "rpc/nats/meeting.hpp"
#include "rpc/settings.hpp"

namespace virga::hostkeys {
namespace {

constexpr std::size_t kTokenBytes = 32;
constexpr TimestampUs kTokenLife_us = 3'600'000'000;
/// How far the clocks of a host and of control may be apart.
constexpr TimestampUs kClocks_us = 600'000'000;
constexpr TimestampUs kHour_us = 3'600'000'000;
constexpr std::size_t kMostText = 1000;

std::string hash_of(const std::string& token) {
    return hash_hex(HashAlgorithm::Sha256, token);
}

[[noreturn]] void refuse(const std::string& why) {
    throw Error(ErrorCode::Forbidden, why);
}

void require_name(const std::string& host) {
    if (host.empty() || !config::is_host_or_empty(host))
        throw Error(ErrorCode::InvalidInput, "host: must be " + config::kHost.what);
}

Secret read_key(const std::string& file) {
    try {
        if (const auto text = read_small_file(file)) return Secret(*text);
    } catch (const Error&) {  // said below
    }
    throw Error(ErrorCode::InvalidInput, "rpc.signing_key: the file " + file + " can't be read by control.user");
}

const char* state_of(const HostKey& key) {
    if (key.revoked_us != 0) return "revoked";
    return key.public_key.empty() ? "invited" : "joined";
}

json::value time_or_null(TimestampUs time) {
    return string_or_null(time == 0 ? "" : iso8601(time));
}

}  // namespace

Service::Service(db::Database& database, const config::Config& config, identity::Service& identity)
    : database_(database), config_(config), identity_(identity) {
    const auto& file = config.get(rpc::setting::signing_key);
    if (file.empty()) return;
    if (config.get(rpc::setting::url).empty())
        throw Error(ErrorCode::InvalidInput, "rpc.signing_key: is for hosts on NATS, and rpc.url names no server");
    signer_.emplace(read_key(file));
}

void Service::register_routes(http::Router& router) {
    router.add(identity_.route("GET", "/virga/v1/host-keys", policies(), "virga:hosts:list",
                               [this](http::Request&, const identity::Auth&) { return list(); }));
    router.add(identity_.route(
        "POST", "/virga/v1/host-keys/{host}/invitation", policies(), "virga:hosts:invite",
        [this](http::Request& request, const identity::Auth&) { return invite(request.param("host")); }));
    router.add(identity_.route(
        "DELETE", "/virga/v1/host-keys/{host}", policies(), "virga:hosts:revoke",
        [this](http::Request& request, const identity::Auth&) { return revoke(request.param("host")); }));
    router.add(
        http::public_route("POST", std::string(kJoinPath), [this](http::Request& request) { return join(request); }));
    router.add(http::public_route("POST", std::string(kRenewalPath),
                                  [this](http::Request& request) { return renew(request); }));
}

std::set<std::string> Service::barred() {
    auto tx = database_.read();
    const auto hosts = repo::revoked_hosts(tx);
    return {hosts.begin(), hosts.end()};
}

http::Response Service::list() {
    auto tx = database_.read();
    json::array hosts;
    for (const auto& key : repo::host_keys(tx)) {
        hosts.push_back(json::object{{"host", key.host},
                                     {"state", state_of(key)},
                                     {"public_key", string_or_null(key.public_key)},
                                     {"joined_at", time_or_null(key.joined_us)},
                                     {"valid_until", time_or_null(key.valid_until_us)},
                                     {"revoked_at", time_or_null(key.revoked_us)},
                                     {"invited_until", time_or_null(key.invited_until_us)}});
    }
    return http::Response::with_json(200, json::object{{"host_keys", std::move(hosts)}});
}

http::Response Service::invite(const std::string& host) {
    require_name(host);
    signer();
    const auto token = random_token(kTokenBytes);
    const auto until = now_us() + kTokenLife_us;
    database_.write_with([&](db::Transaction& tx) {
        const auto known = repo::find_host(tx, host);
        if (known && known->revoked_us != 0 && known->valid_until_us > now_us())
            throw Error(ErrorCode::Conflict, "The revoked key of host " + host + " has credentials until " +
                                                 iso8601(known->valid_until_us) +
                                                 ". Invite the machine under another name, or after that.");
        repo::put_token(tx, host, hash_of(token), until);
    });
    log::info("a host was invited", {{"host", host}});
    return http::Response::with_json(200, json::object{{"host", host}, {"token", token}, {"until", iso8601(until)}});
}

http::Response Service::revoke(const std::string& host) {
    const bool known = database_.write_with([&](db::Transaction& tx) { return repo::revoke(tx, host, now_us()); });
    if (!known) throw Error(ErrorCode::NotFound, "No host " + host + " was invited.", {}, host);
    log::info("the key of a host was revoked", {{"host", host}});
    return http::Response::empty(204);
}

http::Response Service::join(const http::Request& request) {
    const auto body = request.json_body();
    http::Fields fields(body, "");
    const auto token = fields.required_string("token", 1, kMostText);
    const auto public_key = fields.required_string("public_key", 1, kMostText);
    if (!rpc::nats::is_key_name(rpc::nats::KeyKind::User, public_key))
        fields.fail("public_key", "must be the name of a user's key of NATS");
    fields.finish();
    signer();
    const auto until = next_end();
    const auto joined = database_.write_with([&](db::Transaction& tx) {
        auto key = repo::find_token(tx, hash_of(token), now_us());
        if (!key) refuse("The token was used, is over, or was followed by another one. Ask for a new one.");
        if (repo::find_key(tx, public_key)) fields.fail("public_key", "is a host's already");
        key->public_key = public_key;
        key->joined_us = now_us();
        key->valid_until_us = std::max(key->valid_until_us, until);
        repo::put_key(tx, *key);
        return *key;
    });
    log::info("a host has joined", {{"host", joined.host}, {"key", public_key}});
    return credentials(joined, until);
}

http::Response Service::renew(const http::Request& request) {
    const auto body = request.json_body();
    http::Fields fields(body, "");
    const auto public_key = fields.required_string("public_key", 1, kMostText);
    const auto time_us = fields.required_integer("time_us", 0, std::numeric_limits<std::int64_t>::max() / 2);
    std::string signature;
    const bool readable = base64_decode(fields.required_string("signature", 1, kMostText), signature);
    fields.finish();
    if (!readable ||
        !rpc::nats::is_signed_by(rpc::nats::KeyKind::User, public_key, renewal_text(public_key, time_us), signature))
        refuse("The signature isn't of the key.");
    if (std::abs(now_us() - time_us) > kClocks_us)
        refuse("The clocks of the host and of this control process are more than ten minutes apart.");
    signer();
    const auto until = next_end();
    const auto renewed = database_.write_with([&](db::Transaction& tx) {
        auto key = repo::find_key(tx, public_key);
        if (!key) refuse("The key is none of a host of this cloud, or another one has taken its place.");
        if (key->revoked_us != 0) refuse("The key of host " + key->host + " was revoked.");
        key->valid_until_us = std::max(key->valid_until_us, until);
        repo::set_valid_until(tx, key->host, key->valid_until_us);
        return *key;
    });
    return credentials(renewed, until);
}

/// With where to meet, and whom to believe there: all that a host has to know.
http::Response Service::credentials(const HostKey& key, TimestampUs until_us) const {
    const auto& ca = config_.get(rpc::setting::tls_ca);
    return http::Response::with_json(
        200, json::object{{"host", key.host},
                          {"statement", signer().statement(key.host, key.public_key, until_us / 1'000'000)},
                          {"url", rpc::nats::public_names(rpc::nats::servers_of(config_.get(rpc::setting::url)))},
                          {"prefix", config_.get(rpc::setting::prefix)},
                          {"ca", ca.empty() ? std::string() : read_small_file(ca).value_or("")}});
}

const rpc::nats::HostSigner& Service::signer() const {
    if (!signer_)
        throw Error(ErrorCode::NotSupported,
                    "Hosts of this cloud have no keys of their own: its setting rpc.signing_key names no file.");
    return *signer_;
}

TimestampUs Service::next_end() const {
    return now_us() + config_.get(rpc::setting::credentials_hours) * kHour_us;
}

}  // namespace virga::hostkeys
