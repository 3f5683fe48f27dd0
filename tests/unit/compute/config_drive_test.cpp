#include "compute/model/config_drive.hpp"

#include <gtest/gtest.h>

#include "base/crypto.hpp"

namespace virga::compute {
namespace {

Server server() {
    Server s;
    s.id = ServerId("11111111-2222-3333-4444-555555555555");
    s.name = "My server";
    s.hostname = "my-server";
    s.project = ProjectId("p1");
    s.launch_index = 3;
    s.metadata = json::object{{"colour", "blue"}};
    return s;
}

network::Nic nic() {
    network::Nic nic;
    nic.port_id = "port-1";
    nic.network_id = "net-1";
    nic.mac = "fa:16:3e:00:00:01";
    nic.mtu = 1450;
    nic.tap = "tapport-1";
    nic.fixed_ips = {{"10.1.2.3", "four", 4}, {"fd00::3", "six", 6}, {"192.0.2.1", "gone", 4}};
    return nic;
}

std::map<std::string, network::GuestSubnet> subnets() {
    return {{"four", {"10.1.0.0", 20, "10.1.0.1", {"10.1.0.2"}}}, {"six", {"fd00::", 64, "", {}}}};
}

TEST(ConfigDriveChoice, SaysWhoAsksForIt) {
    const json::object mandatory{{"img_config_drive", "mandatory"}};
    const json::object optional{{"img_config_drive", "optional"}};
    struct Case {
        bool requested;
        json::object properties;
        bool forced;
        bool made;
        std::string reason;
    };
    for (const auto& c :
         {Case{true, {}, false, true, "request"}, Case{false, mandatory, false, true, "img_config_drive"},
          Case{false, optional, true, true, "force_config_drive gives"}, Case{false, optional, false, false, "neither"},
          Case{true, {}, true, true, "request"}}) {
        const auto choice = choose_config_drive(c.requested, c.properties, c.forced);
        EXPECT_EQ(choice.made, c.made) << c.reason;
        EXPECT_NE(choice.reason.find(c.reason), std::string::npos) << choice.reason;
    }
}

TEST(GuestMetaData, TellsWhatTheServerIs) {
    const auto data = guest_meta_data(server(), "nova", "novalocal", "c2VlZA==");
    EXPECT_EQ(json::serialize(data),
              R"({"uuid":"11111111-2222-3333-4444-555555555555","name":"My server","hostname":"my-server.novalocal",)"
              R"("launch_index":3,"availability_zone":"nova","project_id":"p1","meta":{"colour":"blue"},)"
              R"("random_seed":"c2VlZA==","devices":[]})");
    EXPECT_EQ(get_string(guest_meta_data(server(), "nova", "", ""), "hostname"), "my-server");
}

TEST(GuestMetaData, TellsTheAdministratorsPassword) {
    auto with_password = server();
    EXPECT_FALSE(guest_meta_data(with_password, "", "", "").contains("admin_pass"));
    with_password.admin_password = "secret";
    EXPECT_EQ(get_string(guest_meta_data(with_password, "", "", ""), "admin_pass"), "secret");
}

TEST(GuestMetaData, TellsTheKey) {
    auto with_key = server();
    with_key.key_name = "mine";
    with_key.key_data = "ssh-ed25519 AAAA me@here";
    const auto data = guest_meta_data(with_key, "nova", "", "");
    EXPECT_EQ(json::serialize(data.at("public_keys")), R"({"mine":"ssh-ed25519 AAAA me@here"})");
    EXPECT_EQ(json::serialize(data.at("keys")), R"([{"name":"mine","type":"ssh","data":"ssh-ed25519 AAAA me@here"}])");
    with_key.key_data = "-----BEGIN CERTIFICATE-----";
    EXPECT_NE(json::serialize(guest_meta_data(with_key, "", "", "")).find(R"("type":"x509")"), std::string::npos);
}

TEST(GuestNetworkData, GivesStaticAddresses) {
    const auto data = guest_network_data({nic()}, subnets());
    EXPECT_EQ(json::serialize(data.at("links")), R"([{"id":"tapport-1","vif_id":"port-1","type":"bridge","mtu":1450,)"
                                                 R"("ethernet_mac_address":"fa:16:3e:00:00:01"}])");
    const auto& networks = data.at("networks").as_array();
    ASSERT_EQ(networks.size(), 2U) << "an address of an unknown subnet is left out";
    EXPECT_EQ(json::serialize(networks[0]),
              R"({"id":"network0","type":"ipv4","link":"tapport-1","ip_address":"10.1.2.3","netmask":"255.255.240.0",)"
              R"("routes":[{"network":"0.0.0.0","netmask":"0.0.0.0","gateway":"10.1.0.1"}],"network_id":"net-1",)"
              R"("services":[{"type":"dns","address":"10.1.0.2"}]})");
    EXPECT_EQ(get_string(networks[1].as_object(), "netmask"), "ffff:ffff:ffff:ffff:0:0:0:0");
    EXPECT_TRUE(networks[1].at("routes").as_array().empty());
    EXPECT_EQ(json::serialize(data.at("services")), R"([{"type":"dns","address":"10.1.0.2"}])")
        << "cloud-init before 23.2 reads them here only";
}

TEST(GuestNetworkData, NamesEachDnsServerOnceForTheGuest) {
    auto both = subnets();
    both["six"].dns_servers = {"fd00::53", "10.1.0.2"};
    const auto data = guest_network_data({nic()}, both);
    EXPECT_EQ(json::serialize(data.at("services")),
              R"([{"type":"dns","address":"10.1.0.2"},{"type":"dns","address":"fd00::53"}])");
}

TEST(ConfigDriveFiles, AreUnderBothVersions) {
    const auto files = config_drive_files(json::object{{"uuid", "1"}}, json::object(), "IyE=");
    ASSERT_EQ(files.size(), 4U);
    EXPECT_EQ(json::serialize(files[0].at("paths")),
              R"(["openstack/latest/meta_data.json","openstack/2018-08-27/meta_data.json"])");
    EXPECT_EQ(files[0].at("content").as_string(), base64_encode(R"({"uuid":"1"})"));
    EXPECT_EQ(files[2].at("content").as_string(), base64_encode("{}"));
    EXPECT_EQ(json::serialize(files[3]),
              R"({"paths":["openstack/latest/user_data","openstack/2018-08-27/user_data"],"content":"IyE="})");
    EXPECT_EQ(config_drive_files({}, {}, "").size(), 3U);
}

}  // namespace
}  // namespace virga::compute
