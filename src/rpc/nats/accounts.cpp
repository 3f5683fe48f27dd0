#include "rpc/nats/accounts.hpp"

#include "base/error.hpp"
#include "rpc/nats/meeting.hpp"

namespace virga::rpc::nats {
namespace {

/// As a server writes the name of whoever shows the credentials.
const std::string kName = "{{name()}}";

json::object user_claims(const std::string& account) {
    return {{"type", "user"}, {"issuer_account", account}};
}

/// What those may do whose statements `key` signs.
json::object scope(const Key& key, const char* role, json::array publish, json::array subscribe) {
    json::object rights{{"pub", json::object{{"allow", std::move(publish)}}},
                        {"sub", json::object{{"allow", std::move(subscribe)}}},
                        {"subs", -1},
                        {"data", -1},
                        {"payload", -1}};
    return {{"kind", "user_scope"}, {"key", key.name()}, {"role", role}, {"template", std::move(rights)}};
}

json::object no_limits() {
    return {{"subs", -1},    {"data", -1},        {"payload", -1}, {"imports", -1},
            {"exports", -1}, {"wildcards", true}, {"conn", -1},    {"leaf", -1}};
}

Key key_in(const json::object& file, std::string_view name, KeyKind kind) {
    return {kind, Secret(get_string(file, name))};
}

}  // namespace

HostSigner::HostSigner(const Secret& file_text) try
    : HostSigner(get_string(parse_object(file_text.reveal()), "account"),
                 key_in(parse_object(file_text.reveal()), "hosts", KeyKind::Account)) {
    if (!is_key_name(KeyKind::Account, account_)) throw Error(ErrorCode::InvalidInput, "it names no account");
} catch (const Error&) {
    throw Error(ErrorCode::InvalidInput, "rpc.signing_key: the file is none that `virga nats init` made");
}

std::string HostSigner::statement(const std::string& host, const std::string& user_key, std::int64_t until_s) const {
    return make_statement(key_, user_key, token_of(host), user_claims(account_), until_s);
}

Secret HostSigner::file_text() const {
    return Secret(json::serialize(json::object{{"account", account_}, {"hosts", key_.seed().reveal()}}) + "\n");
}

Accounts::Accounts() = default;

Accounts::Accounts(const Secret& file_text) {
    const auto file = parse_object(file_text.reveal());
    operator_ = key_in(file, "operator", KeyKind::Operator);
    account_ = key_in(file, "account", KeyKind::Account);
    hosts_ = key_in(file, "hosts", KeyKind::Account);
    controls_ = key_in(file, "controls", KeyKind::Account);
}

Secret Accounts::file_text() const {
    return Secret(json::serialize(json::object{{"operator", operator_.seed().reveal()},
                                               {"account", account_.seed().reveal()},
                                               {"hosts", hosts_.seed().reveal()},
                                               {"controls", controls_.seed().reveal()}}) +
                  "\n");
}

std::string Accounts::server_configuration(const std::string& prefix) const {
    return "operator: " + make_statement(operator_, operator_.name(), "virga", {{"type", "operator"}}) +
           "\nresolver: MEMORY\nresolver_preload: { " + account_.name() + ": " + account_statement(prefix) + " }\n";
}

std::string Accounts::account_statement(const std::string& prefix) const {
    const auto p = prefix + ".";
    const json::object claims{
        {"type", "account"},
        {"limits", no_limits()},
        {"default_permissions", json::object{{"pub", json::object()}, {"sub", json::object()}}},
        {"signing_keys",
         json::array{
             scope(hosts_, "host", {p + "r." + kName + ".*", p + "e." + kName, p + "w." + kName, p + "n." + kName},
                   {p + "h." + kName + ".*", p + "a.*", p + "n." + kName}),
             scope(controls_, "control", {p + "h.*.*", p + "a.*", p + "k"},
                   {p + "r.*.*", p + "e.*", p + "w.*", p + "k"})}}};
    return make_statement(operator_, account_.name(), "cloud", claims);
}

Credentials Accounts::control() const {
    const Key user(KeyKind::User);
    return {make_statement(controls_, user.name(), "control", user_claims(account_.name())), user.seed()};
}

}  // namespace virga::rpc::nats
