#include "hostkeys/host/joined.hpp"

#include <arpa/inet.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "base/small_file.hpp"
#include "hostkeys/host_key.hpp"
#include "http/http.hpp"
#include "rpc/nats/credentials.hpp"
#include "rpc/settings.hpp"

namespace virga::hostkeys::host {
namespace {

constexpr const char* kHostName = "host.name";

bool is_this_machine(const std::string& host) {
    in_addr address{};
    constexpr unsigned kLoopback = 127;
    if (::inet_pton(AF_INET, host.c_str(), &address) == 1) return ntohl(address.s_addr) >> 24 == kLoopback;
    return host == "localhost" || host == "[::1]";
}

/// The token is told to whoever reads along.
void require_safe(const std::string& url) {
    constexpr std::string_view kClear = "http://";
    if (url.starts_with("https://")) return;
    if (url.starts_with(kClear)) {
        const auto place = url.substr(kClear.size());
        const auto end = place.find_first_of(":/", place.starts_with('[') ? place.find(']') : 0);
        if (is_this_machine(place.substr(0, end))) return;
    }
    throw Error(ErrorCode::InvalidInput,
                "URL: must be https://ADDRESS:PORT of a control process (http:// only on the same machine)");
}

std::string message_in(const http::ClientResponse& response) {
    try {
        for (const auto& [name, fault] : parse_object(response.body)) {
            if (fault.is_object()) return get_string(fault.get_object(), "message");
        }
    } catch (const Error&) {  // it is no fault of Virga's
    }
    return "HTTP status " + std::to_string(response.status);
}

json::object ask(const std::string& url, std::string_view path, const json::object& body, const std::string& ca_file) {
    http::Headers headers;
    headers.set("Content-Type", "application/json");
    const auto response = http::request("POST", url + std::string(path), headers, json::serialize(body), ca_file);
    if (response.status == 200) return parse_object(response.body);
    if (response.status == 403) throw Error(ErrorCode::Forbidden, message_in(response));
    const bool is_wrong = response.status == 400 || response.status == 404;
    throw Error(is_wrong ? ErrorCode::InvalidInput : ErrorCode::Unavailable,
                "the control process at " + url + ": " + message_in(response));
}

std::string read(const std::string& file) {
    auto text = read_small_file(file);
    if (!text) throw Error(ErrorCode::InvalidInput, "the file " + file + " is missing: join the cloud again");
    return std::move(*text);
}

void give(config::Config& config, const config::Setting<std::string>& setting, const std::string& value,
          const std::string& instead_of = {}) {
    if (config.get(setting) == instead_of && !value.empty()) config.set(setting.key, value);
}

}  // namespace

bool Joined::exists() const {
    return std::filesystem::exists(record_file());
}

void Joined::keep(const std::string& statement, const Secret& seed) const {
    write_small_file(credentials_file(), rpc::nats::file_text({statement, seed}).reveal());
}

std::string Joined::join(const std::string& url, const Secret& token, const std::string& ca) const {
    auto address = url;
    while (address.ends_with('/')) address.pop_back();
    require_safe(address);
    const rpc::nats::Key key(rpc::nats::KeyKind::User);
    const auto answer = ask(address, kJoinPath, {{"token", token.reveal()}, {"public_key", key.name()}}, ca);
    std::filesystem::create_directories(folder_);
    ::chmod(folder_.c_str(), 0700);
    keep(get_string(answer, "statement"), key.seed());
    write_small_file(ca_file(), get_string(answer, "ca"));
    write_small_file(control_ca_file(), ca.empty() ? std::string() : read(ca));
    const auto name = get_string(answer, "host");
    // Last: what is there is whole.
    write_small_file(record_file(), json::serialize(json::object{{"host", name},
                                                                 {"control", address},
                                                                 {"url", get_string(answer, "url")},
                                                                 {"prefix", get_string(answer, "prefix")}}));
    return name;
}

void Joined::complete(config::Config& config) const {
    const auto record = parse_object(read(record_file()));
    const auto name = get_string(record, "host");
    const auto& wanted = std::get<std::string>(config.value(kHostName));
    if (!wanted.empty() && wanted != name)
        throw Error(ErrorCode::InvalidInput, "host.name: is '" + wanted + "', and this machine has joined as '" + name +
                                                 "'; take the setting away, or join by the other name");
    config.set(kHostName, name);
    give(config, rpc::setting::url, get_string(record, "url"));
    give(config, rpc::setting::prefix, get_string(record, "prefix"), "virga");
    if (!read(ca_file()).empty()) give(config, rpc::setting::tls_ca, ca_file());
    config.set(rpc::setting::credentials.key, credentials_file());
}

Joined::Life Joined::life() const {
    const auto credentials = rpc::nats::credentials_of(read(credentials_file()));
    const auto statement = rpc::nats::read_statement(credentials.statement);
    return {statement.from_s + (statement.until_s - statement.from_s) / 2, statement.until_s};
}

void Joined::renew() const {
    const auto record = parse_object(read(record_file()));
    const auto old = rpc::nats::credentials_of(read(credentials_file()));
    const rpc::nats::Key key(rpc::nats::KeyKind::User, old.seed);
    const auto time = now_us();
    const auto ca = read(control_ca_file());
    try {
        const auto answer = ask(get_string(record, "control"), kRenewalPath,
                                {{"public_key", key.name()},
                                 {"time_us", time},
                                 {"signature", base64_encode(key.sign(renewal_text(key.name(), time)))}},
                                ca.empty() ? std::string() : control_ca_file());
        keep(get_string(answer, "statement"), old.seed);
    } catch (const Error& failure) {
        if (failure.code() != ErrorCode::Forbidden) throw;
        throw Error(ErrorCode::Forbidden, "rpc.credentials: this host gets none any more: " + failure.message());
    }
}

}  // namespace virga::hostkeys::host
