#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/secret.hpp"

/// The header of LUKS version 1, as a qcow2 with "encrypt.format = luks" carries it. See "LUKS1 On-Disk Format
/// Specification" and QEMU's crypto/block-luks.c.
namespace virga::disk::luks {

/// Room that a header takes: its fields and eight key slots. Of these only the first is used.
inline constexpr std::int64_t kHeaderBytes = 4096 + 8 * 258'048;

struct Part {
    std::int64_t offset;
    std::string bytes;
};

/// A header with a new random volume key, which the passphrase opens; what is between the parts is zeros. AES-256-XTS,
/// plain64. The passphrase must be a key with as much entropy as the cipher's: guessing it isn't slowed down.
std::vector<Part> make_header(const Secret& passphrase);

}  // namespace virga::disk::luks
