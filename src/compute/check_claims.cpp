#include "compute/check_claims.hpp"

#include "compute/repo/allocation_repo.hpp"
#include "compute/repo/host_repo.hpp"
#include "compute/repo/server_repo.hpp"

namespace virga::compute {
namespace {

class ClaimChecker {
public:
    explicit ClaimChecker(db::Transaction& tx) : tx_(tx) {}

    std::vector<std::string> run() {
        for (const auto& host : repo::hosts_with_wrong_counters(tx_)) check_host(host);
        for (const auto& project : repo::projects_with_wrong_usage(tx_))
            say("project " + project + ": what its servers take of its quotas is counted wrong");
        for (const auto& id : repo::servers_with_wrong_claim(tx_)) check_server(ServerId(id));
        for (const auto& stray : repo::allocations_without_owner(tx_)) {
            say("server " + stray.server.value + ": its claim on host " + stray.host + " (" + to_string(stray.amounts) +
                ") is of a server or a host that doesn't exist");
        }
        return std::move(differences_);
    }

private:
    void say(std::string what) { differences_.push_back(std::move(what)); }

    void check_host(const Host& host) {
        Amounts sum;
        std::int64_t servers = 0;
        for (const auto& allocation : repo::allocations_of_host(tx_, host.name)) {
            sum.vcpus += allocation.amounts.vcpus;
            sum.memory_mib += allocation.amounts.memory_mib;
            sum.disk_gib += allocation.amounts.disk_gib;
            ++servers;
        }
        say("host " + host.name + ": counts " + std::to_string(host.servers) + " claims of " + to_string(host.used) +
            ", but there are " + std::to_string(servers) + " of " + to_string(sum));
    }

    void check_server(const ServerId& id) {
        const auto server = repo::get_server(tx_, id);
        const auto name = "server " + id.value + ": ";
        bool is_claimed = false;
        for (const auto& claim : repo::allocations_of_server(tx_, id)) {
            if (claim.role != ClaimRole::Current) continue;
            is_claimed = true;
            if (claim.host != server.host) {
                say(name + (server.host.empty() ? "is on no host" : "is on host " + server.host) +
                    ", but claims room on host " + claim.host);
            }
            const auto wanted = amounts_of(server);
            if (claim.amounts == wanted) continue;
            say(name + "claims " + to_string(claim.amounts) + " on host " + claim.host + ", but is to have " +
                to_string(wanted));
        }
        if (!is_claimed && !server.host.empty()) say(name + "is on host " + server.host + " without a claim there");
    }

    db::Transaction& tx_;
    std::vector<std::string> differences_;
};

}  // namespace

std::vector<std::string> check_claims(db::Transaction& tx) {
    return ClaimChecker(tx).run();
}

}  // namespace virga::compute
