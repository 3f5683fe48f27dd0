#include "volume/host/backup/chunk_cipher.hpp"

#include "base/crypto.hpp"
#include "base/sealing.hpp"

namespace virga::volume::host::backup {
namespace {

// The passphrase has all the entropy that a key needs: it is only to be told apart by purpose.
Secret key_for(const Secret& key, std::string_view purpose) {
    if (key.empty()) return {};
    return Secret(derive_key(key, purpose, 1, kSealingKeyBytes));
}

std::string place_of(const std::string& owner, std::int64_t index) {
    return owner + "/" + std::to_string(index);
}

}  // namespace

ChunkCipher::ChunkCipher(const Secret& key)
    : data_key_(key_for(key, "virga backup data")), digest_key_(key_for(key, "virga backup digest")) {}

std::string ChunkCipher::digest(std::string_view plain) const {
    if (digest_key_.empty()) return hash_hex(HashAlgorithm::Sha256, plain);
    return hmac_sha256_hex(digest_key_.reveal(), plain);
}

std::string_view ChunkCipher::encrypt(std::string_view stored, const std::string& owner, std::int64_t index,
                                      std::string& room) const {
    if (data_key_.empty()) return stored;
    room = seal(data_key_, stored, place_of(owner, index));
    return room;
}

std::string_view ChunkCipher::decrypt(std::string_view stored, const std::string& owner, std::int64_t index,
                                      std::string& room) const {
    if (data_key_.empty()) return stored;
    room = unseal(data_key_, stored, place_of(owner, index));
    return room;
}

}  // namespace virga::volume::host::backup
