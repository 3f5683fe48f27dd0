#include "rpc/nats/keys.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "rpc/nats/accounts.hpp"
#include "rpc/nats/encoding.hpp"

namespace virga::rpc::nats {
namespace {

// The bytes 0, 1, ... 31 as the seed of a user, encoded by another program.
constexpr const char* kSeed = "SUAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H776Y";
constexpr const char* kName = "UAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3RLKK";

TEST(NatsKeys, AreWrittenAsNatsDoes) {
    const Key key(KeyKind::User, Secret(kSeed));
    EXPECT_EQ(key.name(), kName);
    EXPECT_EQ(key.seed().reveal(), kSeed);
    EXPECT_EQ(Key(KeyKind::Account).name().front(), 'A');
    EXPECT_EQ(Key(KeyKind::Operator).name().front(), 'O');
    EXPECT_NE(Key(KeyKind::User).name(), Key(KeyKind::User).name());
}

TEST(NatsKeys, ASignatureIsOfOneKeyAndOneText) {
    const Key key(KeyKind::User, Secret(kSeed));
    const auto signature = key.sign("text");
    EXPECT_TRUE(is_signed_by(KeyKind::User, kName, "text", signature));
    EXPECT_FALSE(is_signed_by(KeyKind::User, kName, "texT", signature));
    EXPECT_FALSE(is_signed_by(KeyKind::User, Key(KeyKind::User).name(), "text", signature));
    EXPECT_FALSE(is_signed_by(KeyKind::Account, kName, "text", signature));
    EXPECT_FALSE(is_signed_by(KeyKind::User, kName, "text", signature.substr(1)));
    EXPECT_FALSE(is_signed_by(KeyKind::User, "", "text", signature));
}

TEST(NatsKeys, DamagedOnesAreNone) {
    const std::string seed = kSeed;
    for (const auto& text : {std::string(), std::string("SUA"), seed.substr(1), seed + "A", std::string(kName),
                             "SUB" + seed.substr(3), seed.substr(0, 20) + "a" + seed.substr(21)})
        EXPECT_THROW(Key(KeyKind::User, Secret(text)), Error) << text;
    EXPECT_THROW(Key(KeyKind::Account, Secret(seed)), Error);
    EXPECT_TRUE(is_key_name(KeyKind::User, kName));
    EXPECT_FALSE(is_key_name(KeyKind::User, seed));
    EXPECT_FALSE(is_key_name(KeyKind::Operator, kName));
}

TEST(NatsCredentials, AreReadFromTheirFile) {
    const Key user(KeyKind::User);
    const auto statement = Accounts().host_signer().statement("a.b", user.name(), 2'000'000'000);
    const auto read = credentials_of(file_text({statement, user.seed()}).reveal());
    EXPECT_EQ(read.statement, statement);
    EXPECT_EQ(read.seed.reveal(), user.seed().reveal());
    const auto said = read_statement(read.statement);
    EXPECT_EQ(said.name, "a%2Eb");
    EXPECT_EQ(said.key, user.name());
    EXPECT_EQ(said.until_s, 2'000'000'000);
    EXPECT_GT(said.from_s, 1'600'000'000);
}

TEST(NatsCredentials, OthersAreRefused) {
    for (const auto* text : {"", "-----BEGIN NATS USER JWT-----", "x.y.z"}) EXPECT_THROW(credentials_of(text), Error);
    for (const auto* text : {"", ".", "..", "a.b.c", "a.e30.c.", "a.W10.c"}) {
        try {
            EXPECT_EQ(read_statement(text).until_s, 0);
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::InvalidInput) << text;
        }
    }
    for (const auto* text : {"", "{}", R"({"account": "x", "hosts": "y"})", R"({"account": 1})"}) {
        try {
            const HostSigner signer{Secret(text)};
            ADD_FAILURE() << text;
        } catch (const Error& error) {
            EXPECT_NE(error.message().find("rpc.signing_key"), std::string::npos) << text;
        }
    }
}

}  // namespace
}  // namespace virga::rpc::nats
