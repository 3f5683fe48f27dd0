#include "compute/api/create_request.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "compute/api/console_text.hpp"
#include "compute/api/ssh_key.hpp"

namespace virga::compute::api {
namespace {

json::object body(const std::string& fields) {
    return json::parse("{\"server\": {\"name\": \"a\", \"flavorRef\": \"1\"" + (fields.empty() ? "" : ", " + fields) +
                       "}}")
        .as_object();
}

std::string refusal(const std::string& fields, int minor = 1) {
    try {
        read_create_request(body(fields), minor);
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::InvalidInput);
        return error.message();
    }
    return {};
}

TEST(CreateRequest, FieldsHaveTheirMicroversions) {
    const auto networks = std::string("\"networks\": \"none\", ");
    EXPECT_NE(refusal("\"description\": \"d\"", 18).find("description"), std::string::npos);
    EXPECT_EQ(refusal("\"description\": \"d\"", 19), "");
    EXPECT_NE(refusal("", 37).find("server.networks"), std::string::npos);
    EXPECT_NE(refusal("\"networks\": \"auto\"", 36).find("server.networks"), std::string::npos);
    EXPECT_EQ(refusal("\"networks\": \"auto\"", 37), "");
    EXPECT_NE(refusal(networks + "\"tags\": [\"a\"]", 51).find("tags"), std::string::npos);
    EXPECT_EQ(refusal(networks + "\"tags\": [\"a\"]", 52), "");
    EXPECT_EQ(refusal(networks + "\"personality\": []", 56), "");
    EXPECT_NE(refusal(networks + "\"personality\": [{\"path\": \"/a\"}]", 56).find("personality"), std::string::npos);
    EXPECT_NE(refusal(networks + "\"personality\": []", 57).find("personality"), std::string::npos);
    EXPECT_NE(refusal(networks + "\"hostname\": \"abc\"", 89).find("hostname"), std::string::npos);
    EXPECT_EQ(refusal(networks + "\"hostname\": \"abc\"", 90), "");
}

TEST(CreateRequest, EveryRefusalNamesItsField) {
    for (const auto& [fields, field] : std::vector<std::pair<std::string, std::string>>{
             {"\"imageRef\": \"x\"", "server.imageRef"},
             {"\"imageRef\": 5", "server.imageRef"},
             {"\"min_count\": 0", "server.min_count"},
             {"\"min_count\": 3, \"max_count\": 2", "server.min_count"},
             {"\"metadata\": {\"\": \"v\"}", "server.metadata"},
             {"\"metadata\": {\"k\": 1}", "server.metadata"},
             {"\"user_data\": \"***\"", "server.user_data"},
             {"\"config_drive\": \"perhaps\"", "server.config_drive"},
             {"\"accessIPv4\": \"::1\"", "server.accessIPv4"},
             {"\"OS-DCF:diskConfig\": \"auto\"", "server.OS-DCF:diskConfig"},
             {"\"networks\": [{}]", "server.networks.0"},
             {"\"networks\": [{\"uuid\": \"x\"}]", "server.networks.0.uuid"},
             {"\"security_groups\": [{\"id\": 1}]", "server.security_groups.0"},
             {"\"block_device_mapping_v2\": {}", "server.block_device_mapping_v2"},
             {"\"availability_zone\": \"a:b:c:d\"", "server.availability_zone"},
             {"\"nonsense\": 1", "nonsense"}}) {
        EXPECT_NE(refusal(fields).find(field), std::string::npos) << fields << ": " << refusal(fields);
    }
}

TEST(CreateRequest, NamesAndReferences) {
    const auto url =
        read_create_request(body("\"imageRef\": \"http://h/images/11111111-1111-4111-8111-111111111111\""), 1);
    EXPECT_EQ(url.image_ref, "11111111-1111-4111-8111-111111111111");
    EXPECT_EQ(url.flavor_ref, "1");
    const auto zone = read_create_request(body("\"availability_zone\": \"nova:host-1\""), 1);
    EXPECT_EQ(zone.zone, "nova");
    EXPECT_EQ(zone.host, "host-1");
    EXPECT_THROW(read_create_request(json::object{{"server", json::object{{"name", " a"}, {"flavorRef", "1"}}}}, 1),
                 Error);
    EXPECT_THROW(read_create_request(json::object{{"server", json::object{{"name", "a"}}}}, 1), Error);
    EXPECT_THROW(read_create_request(json::object{{"servers", json::object()}}, 1), Error);
}

TEST(ConsoleText, LastLinesAndEncoding) {
    EXPECT_EQ(last_lines("a\nb\nc\n", 2), "b\nc\n");
    EXPECT_EQ(last_lines("a\nb\nc", 1), "c");
    EXPECT_EQ(last_lines("a\nb\n", 10), "a\nb\n");
    EXPECT_EQ(last_lines("a\nb\n", -1), "a\nb\n");
    EXPECT_EQ(last_lines("a\nb\n", 0), "");
    EXPECT_EQ(printable(std::string_view("a\0b\xff\xc3\xa9", 6)), "ab?\xc3\xa9");
}

TEST(SshKey, GeneratedKeyHasTheFingerprintOfItsPublicHalf) {
    const auto key = generate_ssh_key();
    EXPECT_TRUE(key.public_key.starts_with("ssh-rsa AAAAB3NzaC1yc2E"));
    EXPECT_NE(key.private_key.reveal().find("BEGIN RSA PRIVATE KEY"), std::string::npos);
    EXPECT_EQ(ssh_fingerprint(key.public_key), key.fingerprint);
    EXPECT_EQ(key.fingerprint.size(), 47U);
}

TEST(SshKey, NonsenseIsRefused) {
    for (const auto* text : {"", "ssh-rsa", "ssh-rsa ***", "ssh-rsa AAAA",
                             "rsa AAAAB3NzaC1yc2E=", "ssh-ed25519 AAAAB3NzaC1yc2EAAAADAQAB"}) {
        EXPECT_THROW(ssh_fingerprint(text), Error) << text;
    }
}

}  // namespace
}  // namespace virga::compute::api
