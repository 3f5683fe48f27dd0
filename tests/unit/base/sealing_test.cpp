#include "base/sealing.hpp"

#include <gtest/gtest.h>

#include "base/crypto.hpp"
#include "base/error.hpp"

namespace virga {
namespace {

Secret key_of(char filling) {
    return Secret(std::string(kSealingKeyBytes, filling));
}

bool is_refused(const Secret& key, const std::string& sealed, const std::string& bound_to) {
    try {
        unseal(key, sealed, bound_to);
        return false;
    } catch (const Error& failure) {
        return failure.code() == ErrorCode::Corrupt;
    }
}

TEST(Sealing, gives_back_what_was_sealed) {
    for (const auto& plain : {std::string(), std::string("x"), std::string(1 << 20, 'y')}) {
        const auto sealed = seal(key_of('k'), plain, "id");
        EXPECT_EQ(sealed.size(), plain.size() + kSealBytes);
        EXPECT_EQ(unseal(key_of('k'), sealed, "id"), plain);
    }
}

TEST(Sealing, no_two_are_alike) {
    EXPECT_NE(seal(key_of('k'), "plain", "id"), seal(key_of('k'), "plain", "id"));
}

TEST(Sealing, refuses_other_keys_other_owners_and_every_changed_byte) {
    const auto sealed = seal(key_of('k'), "plain", "id");
    EXPECT_EQ(sealed.find("plain"), std::string::npos);
    EXPECT_TRUE(is_refused(key_of('l'), sealed, "id"));
    EXPECT_TRUE(is_refused(key_of('k'), sealed, "other"));
    EXPECT_TRUE(is_refused(key_of('k'), sealed.substr(0, kSealBytes - 1), "id"));
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        auto changed = sealed;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_TRUE(is_refused(key_of('k'), changed, "id")) << "byte " << i;
    }
}

// RFC 7914, section 11.
TEST(Sealing, derives_keys_as_the_standard_says) {
    EXPECT_EQ(derive_key(Secret("passwd"), "salt", 1, 4), std::string("\x55\xac\x04\x6e", 4));
    EXPECT_EQ(derive_key(Secret("Password"), "NaCl", 80000, 4), std::string("\x4d\xdc\xd8\xf6", 4));
}

}  // namespace
}  // namespace virga
