#include "base/crypto.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <xxhash.h>

#include "base/error.hpp"

namespace virga {
namespace {

// Argon2id at what OWASP's password storage cheat sheet wants at least: 19 MiB, two passes. The memory is mapped for
// the time of one hash (some 30 ms) and given back.
constexpr unsigned long long kPasswordOps = 2;
constexpr std::size_t kPasswordMemory = 19 * 1024 * 1024;
constexpr std::size_t kMaxPassword = 4096;

void init_sodium() {
    static const int ready = sodium_init();
    if (ready < 0) throw Error(ErrorCode::Internal, "libsodium could not be initialised");
}

/// Looked up once and kept: EVP_sha256() and its like are looked up again by each digest, which costs more than a short
/// text's digest.
const EVP_MD* fetched(const char* name) {
    return EVP_MD_fetch(nullptr, name, nullptr);
}

const EVP_MD* digest_of(HashAlgorithm algorithm) {
    static const EVP_MD* const md5 = fetched("MD5");
    static const EVP_MD* const sha1 = fetched("SHA1");
    static const EVP_MD* const sha256 = fetched("SHA256");
    static const EVP_MD* const sha512 = fetched("SHA512");
    switch (algorithm) {
        case HashAlgorithm::Md5:
            return md5;
        case HashAlgorithm::Sha1:
            return sha1;
        case HashAlgorithm::Sha256:
            return sha256;
        case HashAlgorithm::Sha512:
            return sha512;
        case HashAlgorithm::Xxh3:
            break;
    }
    return nullptr;
}

std::string to_hex(std::string_view raw) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string out;
    out.reserve(raw.size() * 2);
    for (unsigned char c : raw) {
        out += kHex[c >> 4];
        out += kHex[c & 15];
    }
    return out;
}

}  // namespace

struct Hasher::Impl {
    explicit Impl(HashAlgorithm algorithm) {
        if (algorithm == HashAlgorithm::Xxh3) {
            xxh3.reset(XXH3_createState());
            usable = xxh3 && XXH3_128bits_reset(xxh3.get()) == XXH_OK;
        } else {
            context.reset(EVP_MD_CTX_new());
            usable = EVP_DigestInit_ex(context.get(), digest_of(algorithm), nullptr) == 1;
        }
    }

    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{nullptr, &EVP_MD_CTX_free};
    std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> xxh3{nullptr, &XXH3_freeState};
    bool usable = false;
};

Hasher::Hasher(HashAlgorithm algorithm) : impl_(std::make_unique<Impl>(algorithm)) {
    if (!impl_->usable) throw Error(ErrorCode::Internal, "digest algorithm is not available");
}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::update(std::string_view data) {
    const bool done = impl_->xxh3 ? XXH3_128bits_update(impl_->xxh3.get(), data.data(), data.size()) == XXH_OK
                                  : EVP_DigestUpdate(impl_->context.get(), data.data(), data.size()) == 1;
    if (!done) throw Error(ErrorCode::Internal, "digest update failed");
}

std::string Hasher::finish_raw() {
    if (impl_->xxh3) {
        XXH128_canonical_t canonical;
        XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(impl_->xxh3.get()));
        return {reinterpret_cast<char*>(canonical.digest), sizeof canonical.digest};
    }
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (EVP_DigestFinal_ex(impl_->context.get(), out, &size) != 1)
        throw Error(ErrorCode::Internal, "digest could not be finished");
    return {reinterpret_cast<char*>(out), size};
}

std::string Hasher::finish() {
    return to_hex(finish_raw());
}

std::string hash_hex(HashAlgorithm algorithm, std::string_view data) {
    Hasher hasher(algorithm);
    hasher.update(data);
    return hasher.finish();
}

std::string hmac_sha256_hex(std::string_view key, std::string_view data) {
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(data.data()), data.size(), out, &size) == nullptr)
        throw Error(ErrorCode::Internal, "HMAC failed");
    return to_hex({reinterpret_cast<char*>(out), size});
}

void random_bytes(void* out, std::size_t size) {
    init_sodium();
    randombytes_buf(out, size);
}

std::string random_token(std::size_t bytes) {
    std::string raw(bytes, '\0');
    random_bytes(raw.data(), raw.size());
    constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    std::string out(sodium_base64_encoded_len(bytes, kVariant), '\0');
    sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(raw.data()), raw.size(), kVariant);
    out.pop_back();  // the terminating zero
    return out;
}

bool constant_time_equal(std::string_view a, std::string_view b) {
    return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string hash_password(std::string_view password) {
    init_sodium();
    if (password.size() > kMaxPassword) throw Error(ErrorCode::InvalidInput, "password: longer than 4096 bytes");
    char out[crypto_pwhash_STRBYTES];
    if (crypto_pwhash_str(out, password.data(), password.size(), kPasswordOps, kPasswordMemory) != 0)
        throw Error(ErrorCode::Internal, "not enough memory to hash a password");
    return out;
}

bool verify_password(std::string_view hash, std::string_view password) {
    init_sodium();
    if (password.size() > kMaxPassword) return false;
    return crypto_pwhash_str_verify(std::string(hash).c_str(), password.data(), password.size()) == 0;
}

bool is_weak_password_hash(std::string_view hash) {
    init_sodium();
    return crypto_pwhash_str_needs_rehash(std::string(hash).c_str(), kPasswordOps, kPasswordMemory) != 0;
}

std::string base64_encode(std::string_view data) {
    constexpr int kVariant = sodium_base64_VARIANT_ORIGINAL;
    std::string out(sodium_base64_encoded_len(data.size(), kVariant), '\0');
    sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(data.data()), data.size(),
                      kVariant);
    out.pop_back();
    return out;
}

bool base64_decode(std::string_view text, std::string& out) {
    out.assign(text.size() / 4 * 3 + 3, '\0');
    std::size_t size = 0;
    const char* end = nullptr;
    if (sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(), text.size(), " \t\r\n",
                          &size, &end, sodium_base64_VARIANT_ORIGINAL) != 0 ||
        end != text.data() + text.size())
        return false;
    out.resize(size);
    return true;
}

}  // namespace virga
