#include "base/sealing.hpp"

#include <openssl/evp.h>

#include <array>
#include <memory>

#include "base/crypto.hpp"
#include "base/error.hpp"

namespace virga {
namespace {

constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
static_assert(kNonceBytes + kTagBytes == kSealBytes);
constexpr std::size_t kSectorBytes = 512;
constexpr std::size_t kXtsKeyBytes = 64;

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

CipherContext new_context() {
    CipherContext context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
    if (!context) throw Error(ErrorCode::Internal, "no memory for a cipher");
    return context;
}

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}

void need(bool done, const char* what) {
    if (!done) throw Error(ErrorCode::Internal, std::string(what) + " failed");
}

void check_key(const Secret& key, std::size_t bytes) {
    need(key.reveal().size() == bytes, "a cipher's key with the right length");
}

}  // namespace

std::string seal(const Secret& key, std::string_view plain, std::string_view bound_to) {
    check_key(key, kSealingKeyBytes);
    const auto context = new_context();
    std::string out(kNonceBytes + plain.size() + kTagBytes, '\0');
    random_bytes(out.data(), kNonceBytes);
    int length = 0;
    need(EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytes_of(std::string_view(key.reveal())),
                            bytes_of(out)) == 1,
         "sealing");
    need(EVP_EncryptUpdate(context.get(), nullptr, &length, bytes_of(bound_to), static_cast<int>(bound_to.size())) == 1,
         "sealing");
    need(EVP_EncryptUpdate(context.get(), bytes_of(out) + kNonceBytes, &length, bytes_of(plain),
                           static_cast<int>(plain.size())) == 1,
         "sealing");
    auto* const tag = bytes_of(out) + kNonceBytes + plain.size();
    need(EVP_EncryptFinal_ex(context.get(), tag, &length) == 1, "sealing");
    need(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, tag) == 1, "sealing");
    return out;
}

std::string unseal(const Secret& key, std::string_view sealed, std::string_view bound_to) {
    check_key(key, kSealingKeyBytes);
    if (sealed.size() < kNonceBytes + kTagBytes) throw Error(ErrorCode::Corrupt, "a sealed text is cut off");
    const auto context = new_context();
    std::string out(sealed.size() - kNonceBytes - kTagBytes, '\0');
    std::string tag(sealed.substr(sealed.size() - kTagBytes));
    int length = 0;
    need(EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytes_of(std::string_view(key.reveal())),
                            bytes_of(sealed)) == 1,
         "unsealing");
    need(EVP_DecryptUpdate(context.get(), nullptr, &length, bytes_of(bound_to), static_cast<int>(bound_to.size())) == 1,
         "unsealing");
    need(EVP_DecryptUpdate(context.get(), bytes_of(out), &length, bytes_of(sealed) + kNonceBytes,
                           static_cast<int>(out.size())) == 1,
         "unsealing");
    need(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1, "unsealing");
    std::array<unsigned char, kTagBytes> rest{};
    if (EVP_DecryptFinal_ex(context.get(), rest.data(), &length) != 1)
        throw Error(ErrorCode::Corrupt, "a sealed text was changed, or sealed with another key");
    return out;
}

std::string derive_key(const Secret& passphrase, std::string_view salt, int iterations, std::size_t bytes) {
    std::string out(bytes, '\0');
    need(PKCS5_PBKDF2_HMAC(passphrase.reveal().data(), static_cast<int>(passphrase.reveal().size()), bytes_of(salt),
                           static_cast<int>(salt.size()), iterations, EVP_sha256(), static_cast<int>(bytes),
                           bytes_of(out)) == 1,
         "deriving a key");
    return out;
}

std::string encrypt_sectors(const Secret& key, std::string_view plain) {
    check_key(key, kXtsKeyBytes);
    need(plain.size() % kSectorBytes == 0, "encrypting whole sectors");
    const auto context = new_context();
    std::string out(plain.size(), '\0');
    for (std::size_t at = 0; at < plain.size(); at += kSectorBytes) {
        std::array<unsigned char, 16> number{};
        for (std::size_t i = 0; i < 8; ++i) number[i] = static_cast<unsigned char>((at / kSectorBytes) >> (8 * i));
        int length = 0;
        need(EVP_EncryptInit_ex(context.get(), EVP_aes_256_xts(), nullptr, bytes_of(std::string_view(key.reveal())),
                                number.data()) == 1 &&
                 EVP_EncryptUpdate(context.get(), bytes_of(out) + at, &length, bytes_of(plain) + at, kSectorBytes) == 1,
             "encrypting sectors");
    }
    return out;
}

}  // namespace virga
