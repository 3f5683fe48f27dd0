#include "rpc/nats/keys.hpp"

#include <sodium.h>

#include <optional>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "rpc/nats/encoding.hpp"

namespace virga::rpc::nats {
namespace {

constexpr unsigned kSeedMark = 18U << 3;
constexpr std::size_t kSeedHead = 2;

/// The first letter of a key's name: O, A, U.
unsigned mark_of(KeyKind kind) {
    switch (kind) {
        case KeyKind::Operator:
            return 14U << 3;
        case KeyKind::Account:
            return 0;
        case KeyKind::User:
            return 20U << 3;
    }
    return 0;
}

std::string seed_head(KeyKind kind) {
    const auto mark = mark_of(kind);
    return {static_cast<char>(kSeedMark | mark >> 5), static_cast<char>((mark & 31U) << 3)};
}

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::optional<std::string> public_bytes(KeyKind kind, std::string_view name) {
    auto bytes = of_checked_base32(name);
    if (!bytes || bytes->size() != 1 + crypto_sign_PUBLICKEYBYTES) return std::nullopt;
    if (static_cast<unsigned char>(bytes->front()) != mark_of(kind)) return std::nullopt;
    return bytes->substr(1);
}

}  // namespace

Key::Key(KeyKind kind) : kind_(kind), seed_(crypto_sign_SEEDBYTES, '\0') {
    random_bytes(seed_.data(), seed_.size());
    derive();
}

Key::Key(KeyKind kind, const Secret& seed) : kind_(kind) {
    const auto bytes = of_checked_base32(seed.reveal());
    if (!bytes || bytes->size() != kSeedHead + crypto_sign_SEEDBYTES || bytes->substr(0, kSeedHead) != seed_head(kind))
        throw Error(ErrorCode::InvalidInput, "it is no seed of such a key");
    seed_ = bytes->substr(kSeedHead);
    derive();
}

void Key::derive() {
    public_.resize(crypto_sign_PUBLICKEYBYTES);
    secret_.resize(crypto_sign_SECRETKEYBYTES);
    crypto_sign_seed_keypair(reinterpret_cast<unsigned char*>(public_.data()),
                             reinterpret_cast<unsigned char*>(secret_.data()), bytes_of(seed_));
}

std::string Key::name() const {
    return checked_base32(static_cast<char>(mark_of(kind_)) + public_);
}

Secret Key::seed() const {
    return Secret(checked_base32(seed_head(kind_) + seed_));
}

std::string Key::sign(std::string_view text) const {
    std::string out(crypto_sign_BYTES, '\0');
    crypto_sign_detached(reinterpret_cast<unsigned char*>(out.data()), nullptr, bytes_of(text), text.size(),
                         bytes_of(secret_));
    return out;
}

bool is_key_name(KeyKind kind, std::string_view text) {
    return public_bytes(kind, text).has_value();
}

bool is_signed_by(KeyKind kind, std::string_view name, std::string_view text, std::string_view signature) {
    const auto key = public_bytes(kind, name);
    return key && signature.size() == crypto_sign_BYTES &&
           crypto_sign_verify_detached(bytes_of(signature), bytes_of(text), text.size(), bytes_of(*key)) == 0;
}

}  // namespace virga::rpc::nats
