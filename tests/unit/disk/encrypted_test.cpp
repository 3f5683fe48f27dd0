// Encrypted qcow2 as Virga writes them, opened by the real tools.
#include "base/sealing.hpp"
#include "disk/convert.hpp"
#include "disk/keyed.hpp"
#include "unit/disk/fixture.hpp"

namespace virga::disk {
namespace {

const Secret kKey("a-key-with-all-the-entropy-that-it-needs");

class Encrypted : public DiskTest {
protected:
    static void keyed_io(const std::string& path, const std::string& command) {
        const KeyFile key(kKey);
        auto words = key.arguments();
        words.insert(words.begin(), "qemu-io");
        words.insert(words.end(), {"-c", command, keyed_disk(path, "qcow2")});
        const auto out = tool(words);
        EXPECT_EQ(out.find("Pattern verification failed"), std::string::npos) << out;
        EXPECT_EQ(out.find("error"), std::string::npos) << out;
    }
    static void check(const std::string& path) {
        const KeyFile key(kKey);
        auto words = key.arguments();
        words.insert(words.begin(), {"qemu-img", "check", "-q"});
        words.push_back(keyed_layer(path));
        tool(words);
    }
    /// Whether the file holds the byte many times in a row.
    bool holds(const std::string& name, char byte) const {
        return read_file(at(name)).find(std::string(64, byte)) != std::string::npos;
    }
};

TEST_F(Encrypted, is_whole_for_qemu_at_every_size) {
    for (const std::int64_t size : {1LL << 20, (1LL << 29) + 65536, 1LL << 40, 64LL << 40}) {
        create_qcow2(at("disk"), size, std::nullopt, kKey);
        check(at("disk"));
        EXPECT_TRUE(qcow2_is_encrypted(at("disk")));
        EXPECT_TRUE(qcow2_is_empty(at("disk")));
        EXPECT_EQ(virtual_size(at("disk"), "qcow2"), size);
        keyed_io(at("disk"), "write -P 0x5a " + std::to_string(size - 65536) + " 64k");
        keyed_io(at("disk"), "read -P 0x5a " + std::to_string(size - 65536) + " 64k");
        keyed_io(at("disk"), "read -P 0 0 64k");
        check(at("disk"));
        EXPECT_FALSE(holds("disk", 0x5a));
    }
}

TEST_F(Encrypted, a_plain_one_is_told_apart) {
    create_qcow2(at("disk"), 1 << 20);
    EXPECT_FALSE(qcow2_is_encrypted(at("disk")));
}

TEST_F(Encrypted, says_what_it_is) {
    create_qcow2(at("disk"), 1 << 20, std::nullopt, kKey);
    const auto encryption =
        get_object(get_object(get_object(info(at("disk"), "qcow2"), "format-specific"), "data"), "encrypt");
    EXPECT_EQ(get_string(encryption, "format"), "luks");
    EXPECT_EQ(get_string(encryption, "cipher-alg"), "aes-256");
    EXPECT_EQ(get_string(encryption, "cipher-mode"), "xts");
    EXPECT_EQ(get_string(encryption, "ivgen-alg"), "plain64");
}

TEST_F(Encrypted, a_wrong_key_opens_nothing) {
    create_qcow2(at("disk"), 1 << 20, std::nullopt, kKey);
    EXPECT_EQ(code_of([&] { grow(at("disk"), "qcow2", 1 << 21, Secret("another")); }), ErrorCode::Corrupt);
    EXPECT_EQ(virtual_size(at("disk"), "qcow2"), 1 << 20);
}

TEST_F(Encrypted, grows) {
    create_qcow2(at("disk"), 1 << 20, std::nullopt, kKey);
    grow(at("disk"), "qcow2", 1 << 30, kKey);
    keyed_io(at("disk"), "write -P 1 1000M 64k");
    check(at("disk"));
}

TEST_F(Encrypted, stands_on_a_plain_base_and_hides_what_is_written) {
    create_raw(at("base"), 1 << 20);
    io(at("base"), "raw", "write -P 0x11 0 1M");
    create_qcow2(at("disk"), 1 << 20, Backing{"base", "raw"}, kKey);
    keyed_io(at("disk"), "read -P 0x11 0 1M");
    keyed_io(at("disk"), "write -P 0x22 64k 64k");
    keyed_io(at("disk"), "read -P 0x11 128k 64k");
    EXPECT_FALSE(holds("disk", 0x22));
    grow(at("disk"), "qcow2", 1 << 21, kKey);
    keyed_io(at("disk"), "read -P 0x22 64k 64k");
}

TEST_F(Encrypted, layers_are_merged) {
    create_raw(at("base"), 1 << 20);
    io(at("base"), "raw", "write -P 0x11 0 1M");
    create_qcow2(at("a"), 1 << 20, Backing{"base", "raw"}, kKey);
    keyed_io(at("a"), "write -P 0x22 0 64k");
    create_qcow2(at("b"), 1 << 20, Backing{"a", "qcow2"}, kKey);
    keyed_io(at("b"), "write -P 0x33 64k 64k");
    create_qcow2(at("c"), 1 << 20, Backing{"b", "qcow2"}, kKey);
    keyed_io(at("c"), "read -P 0x33 64k 64k");
    commit(at("b"), {}, kKey);
    rebase_unsafe(at("c"), {"a", "qcow2"}, kKey);
    remove_file(at("b"));
    keyed_io(at("c"), "read -P 0x22 0 64k");
    keyed_io(at("c"), "read -P 0x33 64k 64k");
    keyed_io(at("c"), "read -P 0x11 128k 64k");
    EXPECT_EQ(qcow2_backing(at("c"))->path, "a");
    EXPECT_FALSE(holds("a", 0x33));
}

TEST_F(Encrypted, is_copied_into_another_one) {
    create_qcow2(at("a,b"), 1 << 20, std::nullopt, kKey);
    keyed_io(at("a,b"), "write -P 0x44 0 64k");
    convert(at("a,b"), "qcow2", at("c,d"), "qcow2", {}, {}, kKey);
    keyed_io(at("c,d"), "read -P 0x44 0 64k");
    keyed_io(at("c,d"), "read -P 0 64k 64k");
    EXPECT_TRUE(qcow2_is_encrypted(at("c,d")));
    EXPECT_FALSE(holds("c,d", 0x44));
    EXPECT_FALSE(leftovers());
}

TEST_F(Encrypted, keys_are_in_no_argument) {
    const KeyFile file(kKey);
    for (const auto& word : file.arguments()) EXPECT_EQ(word.find(kKey.reveal()), std::string::npos);
}

}  // namespace
}  // namespace virga::disk
