#pragma once
#include <string>

#include "base/secret.hpp"

namespace virga::compute::api {

struct SshKeypair {
    std::string public_key;  ///< "ssh-rsa AAAA... Generated-by-Virga"
    Secret private_key;      ///< PEM, as ssh reads it
    std::string fingerprint;
};

/// A new RSA key of 2048 bits.
SshKeypair generate_ssh_key();

/// "aa:bb:..." (MD5 of the key blob) of "TYPE BASE64 [comment]". Error{InvalidInput} when it is no public key.
std::string ssh_fingerprint(const std::string& public_key);

}  // namespace virga::compute::api
