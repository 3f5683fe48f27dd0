#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace virga {

/// Bytes of a sealing key.
inline constexpr std::size_t kSealingKeyBytes = 32;
/// How much longer a text is when it is sealed.
inline constexpr std::size_t kSealBytes = 28;

/// Authenticated encryption (AES-256-GCM) with a random nonce, which the result begins with. `bound_to` isn't kept in
/// it, but must be the same when it is opened: so what was sealed for one thing can't be passed off as another's.
std::string seal(const Secret& key, std::string_view plain, std::string_view bound_to);

/// What was sealed. Throws Error{Corrupt}: another key, another `bound_to`, or it was changed.
std::string unseal(const Secret& key, std::string_view sealed, std::string_view bound_to);

/// `bytes` of key from a passphrase (PBKDF2 with SHA-256).
std::string derive_key(const Secret& passphrase, std::string_view salt, int iterations, std::size_t bytes);

/// AES-256-XTS over whole sectors of 512 bytes, the first being number 0, as dm-crypt's "xts-plain64" counts them.
/// `key` has 64 bytes.
std::string encrypt_sectors(const Secret& key, std::string_view plain);

}  // namespace virga
