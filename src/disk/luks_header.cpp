#include "disk/luks_header.hpp"

#include "base/crypto.hpp"
#include "base/ids.hpp"
#include "base/sealing.hpp"

namespace virga::disk::luks {
namespace {

constexpr std::size_t kKeyBytes = 64;  // two keys of AES-256
constexpr std::size_t kSaltBytes = 32;
constexpr std::size_t kDigestBytes = 20;
constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kStripes = 4000;
constexpr std::size_t kSlots = 8;
constexpr std::size_t kSectorBytes = 512;
constexpr std::size_t kFieldsBytes = 4096;
constexpr std::size_t kSlotBytes = 258'048;  // 4000 stripes of 64 bytes, in whole pages
constexpr std::uint32_t kSlotUsed = 0x00AC71F3;
constexpr std::uint32_t kSlotFree = 0x0000DEAD;
/// The least that the specification allows: more would only help a passphrase that can be guessed.
constexpr int kIterations = 1000;

std::string random_text(std::size_t bytes) {
    std::string text(bytes, '\0');
    random_bytes(text.data(), bytes);
    return text;
}

std::string number(std::uint64_t value, std::size_t width) {
    std::string text(width, '\0');
    for (std::size_t i = 0; i < width; ++i) text[i] = static_cast<char>(value >> (8 * (width - 1 - i)));
    return text;
}

std::string padded(std::string text, std::size_t width) {
    text.resize(width, '\0');
    return text;
}

void add(std::string& into, std::string_view other) {
    for (std::size_t i = 0; i < into.size(); ++i) into[i] = static_cast<char>(into[i] ^ other[i]);
}

// Each block is replaced by the hash of its number and itself.
std::string diffused(std::string_view block) {
    std::string out;
    for (std::size_t at = 0, n = 0; at < block.size(); at += kHashBytes, ++n) {
        Hasher hasher(HashAlgorithm::Sha256);
        hasher.update(number(n, 4));
        hasher.update(block.substr(at, kHashBytes));
        out += hasher.finish_raw();
    }
    return out;
}

// The key spread over many stripes, all of which are needed to get it back ("anti-forensic").
std::string split(const std::string& key) {
    std::string out;
    std::string sum(key.size(), '\0');
    for (std::size_t i = 0; i + 1 < kStripes; ++i) {
        const auto stripe = random_text(key.size());
        out += stripe;
        add(sum, stripe);
        sum = diffused(sum);
    }
    add(sum, key);
    return out + sum;
}

std::string slot(bool used, const std::string& salt, std::size_t index) {
    return number(used ? kSlotUsed : kSlotFree, 4) + number(used ? kIterations : 0, 4) + padded(salt, kSaltBytes) +
           number((kFieldsBytes + index * kSlotBytes) / kSectorBytes, 4) + number(kStripes, 4);
}

}  // namespace

std::vector<Part> make_header(const Secret& passphrase) {
    const Secret key(random_text(kKeyBytes));
    const auto digest_salt = random_text(kSaltBytes);
    const auto slot_salt = random_text(kSaltBytes);
    std::string fields = std::string("LUKS\xba\xbe", 6) + number(1, 2);
    fields += padded("aes", 32) + padded("xts-plain64", 32) + padded("sha256", 32);
    fields += number(kHeaderBytes / static_cast<std::int64_t>(kSectorBytes), 4) + number(kKeyBytes, 4);
    fields += derive_key(key, digest_salt, kIterations, kDigestBytes) + digest_salt + number(kIterations, 4);
    fields += padded(new_uuid(), 40);
    for (std::size_t i = 0; i < kSlots; ++i) fields += slot(i == 0, i == 0 ? slot_salt : "", i);
    const Secret slot_key(derive_key(passphrase, slot_salt, kIterations, kKeyBytes));
    return {{0, std::move(fields)},
            {static_cast<std::int64_t>(kFieldsBytes), encrypt_sectors(slot_key, split(key.reveal()))}};
}

}  // namespace virga::disk::luks
