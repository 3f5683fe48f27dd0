#pragma once
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "harness/test_database.hpp"
#include "identity/service.hpp"
#include "network/repo/network_repo.hpp"
#include "network/repo/subnet_repo.hpp"
#include "network/service.hpp"

namespace virga::network {

/// Hosts that say which taps they have.
class FakeHosts : public rpc::Caller {
public:
    json::object call(const std::string& host, std::string_view, json::object, const rpc::CallOptions&) override {
        json::array names;
        for (const auto& tap : taps[host]) names.emplace_back(tap);
        return json::object{{"taps", std::move(names)}};
    }
    std::vector<rpc::HostState> hosts() const override { return {{"host-1", {}}}; }
    bool is_up(const std::string&) const override { return true; }

    std::map<std::string, std::vector<std::string>> taps;
};

/// A network service on a database of its own.
class Cloud : public testing::Test {
protected:
    struct Folder {
        Folder() {
            std::string pattern = testing::TempDir() + "virga-network-XXXXXX";
            path = ::mkdtemp(pattern.data());
        }
        ~Folder() { std::filesystem::remove_all(path); }
        std::string path;
    };

    Cloud() {
        auto steps = identity::migrations();
        for (const auto& step : taskflow::migrations()) steps.push_back(step);
        for (const auto& step : migrations()) steps.push_back(step);
        db::migrate(database, steps);
        member.project = ProjectId("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
        member.roles = {"member"};
        stranger.project = ProjectId("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
        stranger.roles = {"member"};
    }

    /// A network of the member's project with one subnet.
    NetworkId make_network(const std::string& block, bool shared = false) {
        return database.write_with([&](db::Transaction& tx) {
            Network network;
            network.id = new_uuid();
            network.name = "net " + block;
            network.project_id = member.project.value;
            network.shared = shared;
            repo::insert_network(tx, network);
            Subnet subnet;
            subnet.id = new_uuid();
            subnet.project_id = network.project_id;
            subnet.network_id = network.id;
            subnet.cidr = *Cidr::parse(block);
            subnet.gateway_ip = subnet.cidr.first().plus(1).text();
            subnet.pools = default_pools(subnet.cidr, subnet.cidr.first().plus(1));
            repo::insert_subnet(tx, subnet);
            return NetworkId(network.id);
        });
    }

    std::vector<Nic> boot(const ServerId& server, const std::vector<NicRequest>& requests) {
        return database.write_with([&](db::Transaction& tx) {
            const auto groups = service.resolve_security_groups(tx, member, {});
            return service.bind(tx, server, member.project, "host-1", requests, groups);
        });
    }

    void release(const ServerId& server) {
        database.write_with([&](db::Transaction& tx) { service.release(tx, server); });
    }

    std::vector<NicRequest> check_request(const identity::Auth& auth, const json::value& networks,
                                          std::int64_t max_count = 1) {
        auto tx = database.read();
        return service.check_request(tx, auth, networks, max_count);
    }

    static json::value entry(std::string_view key, const std::string& value) {
        json::object object;
        object[key] = value;
        json::array array;
        array.push_back(std::move(object));
        return json::value(std::move(array));
    }

    Folder folder;
    config::Config config;
    test::TestDatabase place{folder.path};
    db::Database database{place.url()};
    identity::Service identity{database, config};
    FakeHosts hosts;
    taskflow::Registry registry;
    taskflow::Runner runner{database, registry, 1};
    Service service{database, config, identity, hosts, runner};
    identity::Auth member;
    identity::Auth stranger;
};

inline ErrorCode error_code_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.code();
    }
    return ErrorCode::Internal;
}

}  // namespace virga::network
