#include "volume/model/key_vault.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "base/error.hpp"

namespace virga::volume {
namespace {

class KeyVaultTest : public ::testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/virga-vault-XXXXXX";
        ASSERT_NE(::mkdtemp(name), nullptr);
        folder_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::string file() const { return folder_ + "/master.key"; }
    ErrorCode refusal(bool may_make) const {
        try {
            const KeyVault vault(file(), may_make);
        } catch (const Error& failure) {
            return failure.code();
        }
        ADD_FAILURE() << "nothing was thrown";
        return ErrorCode::Internal;
    }

    std::string folder_;
};

TEST_F(KeyVaultTest, makes_a_master_key_that_only_the_owner_reads_and_keeps_it) {
    const KeyVault made(file(), true);
    struct stat info {};
    ASSERT_EQ(::stat(file().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600U);
    const auto key = KeyVault::new_key();
    const auto sealed = made.sealed("id", key);
    EXPECT_EQ(sealed.find(key.reveal()), std::string::npos);
    const KeyVault again(file(), true);
    EXPECT_EQ(again.opened("id", sealed).reveal(), key.reveal());
}

TEST_F(KeyVaultTest, opens_no_key_that_was_sealed_for_another_id_or_by_another_master_key) {
    const KeyVault vault(file(), true);
    const auto sealed = vault.sealed("id", KeyVault::new_key());
    EXPECT_THROW(vault.opened("other", sealed), Error);
    std::filesystem::remove(file());
    const KeyVault other(file(), true);
    EXPECT_THROW(other.opened("id", sealed), Error);
}

TEST_F(KeyVaultTest, never_makes_a_new_master_key_where_there_must_be_one) {
    EXPECT_EQ(refusal(false), ErrorCode::InvalidInput);
    EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(KeyVaultTest, refuses_a_file_that_others_may_read_or_that_holds_no_key) {
    { const KeyVault made(file(), true); }
    ::chmod(file().c_str(), 0640);
    EXPECT_EQ(refusal(true), ErrorCode::InvalidInput);
    ::chmod(file().c_str(), 0600);
    std::ofstream(file()) << "c2hvcnQ=\n";
    EXPECT_EQ(refusal(true), ErrorCode::InvalidInput);
}

TEST_F(KeyVaultTest, no_two_keys_are_alike_and_each_has_256_bits) {
    std::set<std::string> keys;
    for (int i = 0; i < 100; ++i) keys.insert(KeyVault::new_key().reveal());
    EXPECT_EQ(keys.size(), 100U);
    for (const auto& key : keys) EXPECT_GE(key.size(), 43U);  // 6 bits a character
}

}  // namespace
}  // namespace virga::volume
