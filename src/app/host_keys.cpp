#include <cstdio>
#include <iostream>

#include "app/api_client.hpp"
#include "app/commands.hpp"
#include "base/error.hpp"
#include "hostkeys/host/joined.hpp"

namespace virga::app {
namespace {

const std::string kRoot = "/virga/v1/host-keys";

ApiClient client_of(const Options& options) {
    return ApiClient(read_credentials(options.state_dir + "/openrc"));
}

/// Where a name can't be one of a host, its characters could lead elsewhere.
std::string path_of(const std::string& name) {
    constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    if (name.empty() || name.find_first_not_of(kPlain) != name.npos || name.find_first_not_of('.') == name.npos)
        throw Error(ErrorCode::InvalidInput, "NAME: must be letters, digits, '.', '-' and '_'");
    return kRoot + "/" + name;
}

std::string or_dash(const json::object& host, std::string_view field) {
    return get_optional_string(host, field).value_or("-");
}

}  // namespace

int invite_host(const Options& options, const std::string& name) {
    const auto path = path_of(name);
    const auto answer = client_of(options).post(path + "/invitation");
    std::fprintf(stderr, "The machine that runs `virga host join URL TOKEN` until %s is host %s:\n",
                 get_string(answer, "until").c_str(), get_string(answer, "host").c_str());
    std::printf("%s\n", get_string(answer, "token").c_str());
    return 0;
}

int revoke_host(const Options& options, const std::string& name) {
    const auto path = path_of(name);
    client_of(options).remove(path);
    std::fprintf(stderr, "Host %s is none of this cloud any more.\n", name.c_str());
    return 0;
}

int list_host_keys(const Options& options) {
    std::printf("%-24s %-8s %-20s %-20s %s\n", "host", "state", "joined", "valid until", "key");
    for (const auto& host : get_objects(client_of(options).get(kRoot), "host_keys"))
        std::printf("%-24s %-8s %-20s %-20s %s\n", get_string(host, "host").c_str(), get_string(host, "state").c_str(),
                    or_dash(host, "joined_at").c_str(), or_dash(host, "valid_until").c_str(),
                    or_dash(host, "public_key").c_str());
    return 0;
}

int join_cloud(const Options& options, const std::string& url, const std::string& token, const std::string& ca_file) {
    auto secret = token;
    if (token == "-") std::getline(std::cin, secret);
    prepare_state_dir(options);
    lock_folder(options.host_dir());  // a running host has its key in memory
    const auto name = hostkeys::host::Joined(options.host_dir()).join(url, Secret(secret), ca_file);
    std::fprintf(stderr, "This machine is host %s of the cloud at %s. Start `virga host`.\n", name.c_str(),
                 url.c_str());
    return 0;
}

}  // namespace virga::app
