#pragma once
#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace virga::rpc::nats {

enum class KeyKind { Operator, Account, User };

/// A key pair (Ed25519) in NATS's text forms. Its name is public: a signature is held against it. Whoever has the seed
/// can sign.
class Key {
public:
    /// A new one.
    explicit Key(KeyKind kind);
    /// Throws Error{InvalidInput}: it is no seed of a key of this kind, or damaged.
    Key(KeyKind kind, const Secret& seed);

    std::string name() const;
    Secret seed() const;
    /// 64 bytes.
    std::string sign(std::string_view text) const;

private:
    void derive();

    KeyKind kind_;
    std::string seed_;
    std::string public_;
    std::string secret_;
};

bool is_key_name(KeyKind kind, std::string_view text);
/// False, too, for what is no name or no signature.
bool is_signed_by(KeyKind kind, std::string_view name, std::string_view text, std::string_view signature);

}  // namespace virga::rpc::nats
