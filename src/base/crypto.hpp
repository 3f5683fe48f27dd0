#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace virga {

/// Xxh3 (128 bits) is many times as fast as the others and finds damage as well, but anybody can forge it: for data
/// that nobody but Virga could change.
enum class HashAlgorithm { Md5, Sha1, Sha256, Sha512, Xxh3 };

/// Incremental digest.
class Hasher {
public:
    explicit Hasher(HashAlgorithm algorithm);
    ~Hasher();
    Hasher(Hasher&&) noexcept;
    Hasher& operator=(Hasher&&) noexcept;

    void update(std::string_view data);
    /// Lowercase hex digest. Call once.
    std::string finish();
    std::string finish_raw();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Lowercase hex digest of `data`.
std::string hash_hex(HashAlgorithm algorithm, std::string_view data);
std::string hmac_sha256_hex(std::string_view key, std::string_view data);
void random_bytes(void* out, std::size_t size);
/// `bytes` random bytes in URL-safe base64 without padding.
std::string random_token(std::size_t bytes);
/// Time does not depend on where the texts differ.
bool constant_time_equal(std::string_view a, std::string_view b);

/// Argon2id hash in its own text form. Passwords over 4096 bytes are refused with InvalidInput.
std::string hash_password(std::string_view password);
bool verify_password(std::string_view hash, std::string_view password);
/// Whether the hash was made with other parameters than hash_password() uses now.
bool is_weak_password_hash(std::string_view hash);

std::string base64_encode(std::string_view data);
/// False when `text` isn't valid base64 (white space is allowed).
bool base64_decode(std::string_view text, std::string& out);

}  // namespace virga
