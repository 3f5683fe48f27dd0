#include <sys/stat.h>

#include <cstdio>
#include <filesystem>

#include "app/commands.hpp"
#include "base/error.hpp"
#include "base/small_file.hpp"
#include "rpc/nats/accounts.hpp"
#include "rpc/settings.hpp"

namespace virga::app {
namespace {

rpc::nats::Accounts accounts_in(const std::string& file) {
    if (const auto text = read_small_file(file)) {
        try {
            return rpc::nats::Accounts(Secret(*text));
        } catch (const Error& failure) {
            throw Error(ErrorCode::InvalidInput, file + ": " + failure.message());
        }
    }
    rpc::nats::Accounts made;
    write_small_file(file, made.file_text().reveal());
    return made;
}

}  // namespace

int init_nats(const Options& options, const std::string& folder) {
    const auto config = options.load();
    const auto at = [&](const char* name) {
        return (std::filesystem::absolute(folder) / name).lexically_normal().string();
    };
    std::filesystem::create_directories(folder);
    const auto accounts = accounts_in(at("accounts.key"));
    const auto server = at("server.conf");
    write_small_file(server, accounts.server_configuration(config.get(rpc::setting::prefix)));
    ::chmod(server.c_str(), 0644);  // no secret, and for another user
    const auto control = at("control.creds");
    if (!std::filesystem::exists(control)) write_small_file(control, rpc::nats::file_text(accounts.control()).reveal());
    const auto signing = at("hosts.key");
    write_small_file(signing, accounts.host_signer().file_text().reveal());
    std::printf(
        "accounts.key   all keys of the cloud: keep it in a safe place\n"
        "server.conf    for each NATS server: include it in its configuration\n"
        "control.creds  for each control process: setting rpc.credentials\n"
        "hosts.key      for each control process: setting rpc.signing_key\n");
    return 0;
}

}  // namespace virga::app
