#include <algorithm>

#include "cloud_fixture.hpp"
#include "network/repo/audit.hpp"
#include "network/repo/port_repo.hpp"
#include "network/repo/reach.hpp"

namespace virga::network {
namespace {

constexpr const char* kUnknown = "11111111-2222-3333-4444-555555555555";

class ServicePorts : public Cloud {};
class NicRequests : public Cloud {};

TEST_F(ServicePorts, BindGivesLowestAddressAndNames) {
    const auto network = make_network("10.5.0.0/24");
    const auto server = new_id<ServerId>();
    const auto nics = boot(server, {{network, {}, {}, "front"}});
    ASSERT_EQ(nics.size(), 1U);
    EXPECT_EQ(nics[0].fixed_ips.at(0).address, "10.5.0.2");
    EXPECT_EQ(nics[0].tap, "tap" + nics[0].port_id.substr(0, 11));
    EXPECT_EQ(nics[0].bridge, "vbr" + network.value.substr(0, 11));
    EXPECT_EQ(nics[0].tag, "front");
    EXPECT_EQ(nics[0].network_name, "net 10.5.0.0/24");
}

TEST_F(ServicePorts, RepeatGivesTheSame) {
    const auto network = make_network("10.5.0.0/24");
    const auto server = new_id<ServerId>();
    const auto first = boot(server, {{network, {}, {}, {}}, {network, {}, {}, {}}});
    const auto again = boot(server, {{network, {}, {}, {}}, {network, {}, {}, {}}});
    ASSERT_EQ(again.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(first[i].to_json(), again[i].to_json());
}

TEST_F(ServicePorts, ReturnedAddressesAreUsedFirst) {
    const auto network = make_network("10.5.0.0/29");
    std::vector<ServerId> servers;
    for (int i = 0; i < 5; ++i) {
        servers.push_back(new_id<ServerId>());
        boot(servers.back(), {{network, {}, {}, {}}});
    }
    EXPECT_EQ(error_code_of([&] { boot(new_id<ServerId>(), {{network, {}, {}, {}}}); }), ErrorCode::InvalidInput);
    release(servers[3]);
    release(servers[1]);
    EXPECT_EQ(boot(servers[1], {{network, {}, {}, {}}}).at(0).fixed_ips.at(0).address, "10.5.0.3");
    EXPECT_EQ(boot(servers[3], {{network, {}, {}, {}}}).at(0).fixed_ips.at(0).address, "10.5.0.5");
    EXPECT_EQ(error_code_of([&] { boot(new_id<ServerId>(), {{network, {}, {}, {}}}); }), ErrorCode::InvalidInput);
}

TEST_F(ServicePorts, ChosenAddressIsPassedOver) {
    const auto network = make_network("10.5.0.0/24");
    EXPECT_EQ(boot(new_id<ServerId>(), {{network, {}, "10.5.0.3", {}}}).at(0).fixed_ips.at(0).address, "10.5.0.3");
    EXPECT_EQ(error_code_of([&] {
                  boot(new_id<ServerId>(), {{network, {}, "10.5.0.3", {}}});
              }),
              ErrorCode::InvalidInput);
    EXPECT_EQ(boot(new_id<ServerId>(), {{network, {}, {}, {}}}).at(0).fixed_ips.at(0).address, "10.5.0.2");
    EXPECT_EQ(boot(new_id<ServerId>(), {{network, {}, {}, {}}}).at(0).fixed_ips.at(0).address, "10.5.0.4");
}

TEST_F(ServicePorts, BroughtPortIsBoundOnceAndKept) {
    const auto network = make_network("10.5.0.0/24");
    const PortId port(new_uuid());
    database.write_with([&](db::Transaction& tx) {
        Port made;
        made.id = port.value;
        made.project_id = member.project.value;
        made.network_id = network.value;
        repo::insert_port(tx, made);
    });
    const auto server = new_id<ServerId>();
    EXPECT_EQ(boot(server, {{network, port, {}, {}}}).at(0).port_id, port.value);
    EXPECT_EQ(error_code_of([&] { boot(new_id<ServerId>(), {{network, port, {}, {}}}); }), ErrorCode::Conflict);
    release(server);
    release(server);
    auto tx = database.read();
    const auto left = repo::find_port(tx, port.value);
    ASSERT_TRUE(left);
    EXPECT_EQ(left->device_id, "");
}

TEST_F(ServicePorts, ClaimHoldsWithoutAHostAndAfterOne) {
    const auto network = make_network("10.5.0.0/29");
    const auto server = new_id<ServerId>();
    const std::vector<NicRequest> requests(5, {network, {}, {}, {}});
    const auto claim = [&](const ServerId& id) {
        database.write_with([&](db::Transaction& tx) { service.claim(tx, member, id, requests, {}); });
    };
    claim(server);
    claim(server);
    EXPECT_EQ(error_code_of([&] { claim(new_id<ServerId>()); }), ErrorCode::InvalidInput);
    const auto ids = [](const std::vector<Nic>& nics) {
        std::vector<std::string> out;
        for (const auto& nic : nics) out.push_back(nic.port_id);
        return out;
    };
    const auto first = ids(boot(server, requests));
    ASSERT_EQ(first.size(), 5U);
    database.write_with([&](db::Transaction& tx) { service.unbind(tx, server); });
    EXPECT_EQ(error_code_of([&] { claim(new_id<ServerId>()); }), ErrorCode::InvalidInput);
    EXPECT_EQ(ids(boot(server, requests)), first);
    release(server);
    claim(new_id<ServerId>());
}

TEST_F(ServicePorts, UsageFollowsThePorts) {
    const auto used = [&] {
        auto tx = database.read();
        return service.port_usage(tx, member.project).used;
    };
    const auto differences = [&] {
        auto tx = database.read();
        return repo::audit_usage(tx);
    };
    const auto before = used();
    const auto network = make_network("10.5.0.0/24");
    const auto server = new_id<ServerId>();
    boot(server, {{network, {}, {}, {}}, {network, {}, {}, {}}});
    EXPECT_EQ(used(), before + 2);
    EXPECT_TRUE(differences().empty());
    release(server);
    release(server);
    EXPECT_EQ(used(), before);
    EXPECT_TRUE(differences().empty());
    database.write_with([](db::Transaction& tx) { tx.exec("UPDATE port_usage SET ports = ports + 1"); });
    EXPECT_FALSE(differences().empty());
}

TEST_F(ServicePorts, AProjectSeesThoseOfOthersInItsNetworks) {
    const auto network = make_network("10.5.0.0/24", true);
    std::vector<std::string> own, others;
    database.write_with([&](db::Transaction& tx) {
        for (int i = 0; i < 6; ++i) {
            Port port;
            port.id = new_uuid();
            port.project_id = (i % 2 == 0 ? member : stranger).project.value;
            port.network_id = network.value;
            repo::insert_port(tx, port);
            (i % 2 == 0 ? own : others).push_back(port.id);
        }
    });
    const auto seen = [&](const std::string& project, std::size_t limit, const std::string& behind = {}) {
        repo::ListQuery query;
        repo::only_ports_of(query, project);
        if (!behind.empty()) query.add("t.id > ?", {behind});
        query.order = "t.id ASC";
        query.limit = limit;
        std::vector<std::string> ids;
        auto tx = database.read();
        for (const auto& port : repo::list_ports(tx, query)) ids.push_back(port.id);
        return ids;
    };
    std::vector<std::string> all = own;
    all.insert(all.end(), others.begin(), others.end());
    std::sort(all.begin(), all.end());
    std::sort(others.begin(), others.end());
    EXPECT_EQ(seen(member.project.value, 100), all);
    EXPECT_EQ(seen(member.project.value, 2), (std::vector<std::string>{all[0], all[1]}));
    EXPECT_EQ(seen(member.project.value, 2, all[2]), (std::vector<std::string>{all[3], all[4]}));
    EXPECT_EQ(seen(stranger.project.value, 100), others);
    EXPECT_TRUE(seen("", 100).empty());
}

TEST_F(ServicePorts, AddressRoomCountsServers) {
    const auto network = make_network("10.5.0.0/28");
    const auto room = [&](std::int64_t nics, std::int64_t most) {
        auto tx = database.read();
        return service.address_room(tx, std::vector<NicRequest>(static_cast<std::size_t>(nics), {network, {}, {}, {}}),
                                    most);
    };
    EXPECT_EQ(room(1, 100), 13);
    EXPECT_EQ(room(2, 100), 6);
    EXPECT_EQ(room(2, 3), 3);
    EXPECT_EQ(room(0, 7), 7);
    const auto early = new_id<ServerId>();
    boot(early, {{network, {}, {}, {}}});
    boot(new_id<ServerId>(), {{network, {}, "10.5.0.9", {}}});
    EXPECT_EQ(room(1, 100), 11);
    release(early);
    EXPECT_EQ(room(1, 100), 12);
}

TEST_F(ServicePorts, PortOfAUsersMakingIsNoNicOfAServer) {
    const auto network = make_network("10.5.0.0/24");
    const auto server = new_id<ServerId>();
    database.write_with([&](db::Transaction& tx) {
        Port made;
        made.id = new_uuid();
        made.project_id = stranger.project.value;
        made.network_id = network.value;
        made.device_id = server.value;
        made.device_owner = "compute:nova";
        repo::insert_port(tx, made);
    });
    auto tx = database.read();
    EXPECT_TRUE(service.nics_of_server(tx, server).empty());
}

TEST_F(ServicePorts, NicsOfManyServers) {
    const auto network = make_network("10.4.0.0/16");
    std::vector<ServerId> servers;
    for (int i = 0; i < 30; ++i) {
        servers.push_back(new_id<ServerId>());
        boot(servers.back(), {{network, {}, {}, {}}});
    }
    const auto bare = new_id<ServerId>();
    servers.push_back(bare);
    auto tx = database.read();
    const auto nics = service.nics_of_servers(tx, servers);
    EXPECT_EQ(nics.size(), 30U);
    EXPECT_FALSE(nics.contains(bare));
}

TEST_F(ServicePorts, CheckFindsWhatDoesNotFit) {
    const auto network = make_network("10.5.0.0/24");
    const auto server = new_id<ServerId>();
    const auto nics = boot(server, {{network, {}, {}, {}}});
    const auto differences = [&](const std::vector<ServerId>& live) {
        auto tx = database.read();
        return service.check(tx, live);
    };
    EXPECT_TRUE(differences({server}).empty());
    EXPECT_EQ(differences({}).size(), 1U);
    database.write_with([&](db::Transaction& tx) { service.set_port_status(tx, server, "ACTIVE"); });
    EXPECT_EQ(differences({server}).size(), 1U);
    hosts.taps["host-1"] = {nics[0].tap};
    EXPECT_TRUE(differences({server}).empty());
    hosts.taps["host-1"].push_back("tapstray");
    EXPECT_EQ(differences({server}).size(), 1U);
}

TEST_F(ServicePorts, BootstrapMakesOneNetworkOnce) {
    service.bootstrap();
    service.bootstrap();
    auto tx = database.read();
    const auto networks = repo::list_available_networks(tx, stranger.project.value);
    ASSERT_EQ(networks.size(), 1U);
    EXPECT_EQ(networks[0].name, "default");
    EXPECT_EQ(repo::list_subnets_of_network(tx, networks[0].id).at(0).gateway_ip, "172.29.0.1");
}

TEST_F(NicRequests, ChoosesTheOnlyNetwork) {
    EXPECT_TRUE(check_request(member, nullptr).empty());
    EXPECT_EQ(error_code_of([&] { check_request(member, "auto"); }), ErrorCode::InvalidInput);
    const auto network = make_network("10.5.0.0/24");
    EXPECT_EQ(check_request(member, nullptr).at(0).network, network);
    EXPECT_EQ(check_request(member, "auto").at(0).network, network);
    EXPECT_TRUE(check_request(member, "none").empty());
    EXPECT_TRUE(check_request(stranger, nullptr).empty());
    make_network("10.6.0.0/24");
    EXPECT_EQ(error_code_of([&] { check_request(member, nullptr); }), ErrorCode::Conflict);
}

TEST_F(NicRequests, HidesOthersNetworksAndPorts) {
    const auto network = make_network("10.5.0.0/24");
    const auto port = boot(new_id<ServerId>(), {{network, {}, {}, {}}}).at(0).port_id;
    EXPECT_EQ(check_request(member, entry("uuid", network.value)).at(0).network, network);
    EXPECT_EQ(error_code_of([&] { check_request(stranger, entry("uuid", network.value)); }), ErrorCode::InvalidInput);
    EXPECT_EQ(error_code_of([&] { check_request(stranger, entry("port", port)); }), ErrorCode::InvalidInput);
    EXPECT_EQ(error_code_of([&] { check_request(member, entry("port", port)); }), ErrorCode::Conflict);
    EXPECT_EQ(error_code_of([&] { check_request(member, entry("uuid", kUnknown)); }), ErrorCode::InvalidInput);
    EXPECT_EQ(error_code_of([&] { check_request(member, "some"); }), ErrorCode::InvalidInput);
}

TEST_F(NicRequests, ChecksFixedIpsAndCount) {
    const auto network = make_network("10.5.0.0/24");
    boot(new_id<ServerId>(), {{network, {}, {}, {}}});
    const auto with_ip = [&](const char* ip) {
        auto networks = entry("uuid", network.value);
        networks.as_array()[0].as_object()["fixed_ip"] = ip;
        return networks;
    };
    EXPECT_EQ(check_request(member, with_ip("10.5.0.9")).at(0).fixed_ip, "10.5.0.9");
    for (const char* ip : {"10.5.0.2", "10.6.0.1", "10.5.0.255", "x"}) {
        EXPECT_EQ(error_code_of([&] { check_request(member, with_ip(ip)); }), ErrorCode::InvalidInput) << ip;
    }
    EXPECT_EQ(error_code_of([&] { check_request(member, with_ip("10.5.0.9"), 2); }), ErrorCode::InvalidInput);
}

TEST_F(NicRequests, KeepsAddressesForTheOwnerOfTheNetwork) {
    const auto network = make_network("10.5.0.0/24", true);
    auto networks = entry("uuid", network.value);
    networks.as_array()[0].as_object()["fixed_ip"] = "10.5.0.9";
    EXPECT_EQ(check_request(member, networks).at(0).fixed_ip, "10.5.0.9");
    EXPECT_EQ(error_code_of([&] { check_request(stranger, networks); }), ErrorCode::Forbidden);
    EXPECT_EQ(check_request(stranger, entry("uuid", network.value)).size(), 1U);
    networks.as_array()[0].as_object()["fixed_ip"] = "10.5.0.1";
    EXPECT_EQ(error_code_of([&] { check_request(member, networks); }), ErrorCode::InvalidInput);
}

TEST_F(NicRequests, ClaimAsksForTheRightsAgain) {
    const auto network = make_network("10.5.0.0/24", true);
    const auto claim = [&](const identity::Auth& auth, const char* ip) {
        database.write_with([&](db::Transaction& tx) {
            service.claim(tx, auth, new_id<ServerId>(), {{network, {}, ip, {}}}, {});
        });
    };
    claim(stranger, "");
    EXPECT_EQ(error_code_of([&] { claim(stranger, "10.5.0.9"); }), ErrorCode::Forbidden);
    EXPECT_EQ(error_code_of([&] { claim(member, "10.5.0.1"); }), ErrorCode::InvalidInput);
    claim(member, "10.5.0.9");
    database.write_with([&](db::Transaction& tx) { tx.exec("UPDATE networks SET shared = 0", {}); });
    EXPECT_EQ(error_code_of([&] { claim(stranger, ""); }), ErrorCode::InvalidInput);
    claim(member, "");
}

TEST_F(NicRequests, ResolvesSecurityGroups) {
    auto tx = database.read();
    const auto by_default = service.resolve_security_groups(tx, member, {});
    EXPECT_EQ(by_default, service.resolve_security_groups(tx, member, {"default", "default"}));
    EXPECT_NE(by_default, service.resolve_security_groups(tx, stranger, {}));
    EXPECT_EQ(error_code_of([&] { service.resolve_security_groups(tx, member, {"web"}); }), ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace virga::network
