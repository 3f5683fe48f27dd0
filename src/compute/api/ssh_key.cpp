#include "compute/api/ssh_key.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include "base/crypto.hpp"
#include "base/error.hpp"

namespace virga::compute::api {
namespace {

template <class T, void (*Free)(T*)>
struct Freer {
    void operator()(T* object) const { Free(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY, EVP_PKEY_free>>;
using Number = std::unique_ptr<BIGNUM, Freer<BIGNUM, BN_free>>;
struct BioFreer {
    void operator()(BIO* bio) const { BIO_free_all(bio); }
};

[[noreturn]] void failed(const char* what) {
    throw Error(ErrorCode::Internal, std::string("making a keypair failed: ") + what);
}

std::string length_prefixed(const std::string& bytes) {
    const auto size = static_cast<std::uint32_t>(bytes.size());
    std::string out;
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((size >> shift) & 0xFFU);
    return out + bytes;
}

/// RFC 4251 mpint: big endian, a zero byte in front when the first bit is set.
std::string mpint(const EVP_PKEY* key, const char* name) {
    BIGNUM* raw = nullptr;
    if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) failed(name);
    const Number number(raw);
    std::vector<unsigned char> bytes(static_cast<std::size_t>(BN_num_bytes(number.get())));
    BN_bn2bin(number.get(), bytes.data());
    std::string out(bytes.begin(), bytes.end());
    if (!bytes.empty() && (bytes.front() & 0x80U) != 0) out.insert(out.begin(), '\0');
    return length_prefixed(out);
}

std::string private_pem(EVP_PKEY* key) {
    const std::unique_ptr<BIO, BioFreer> bio(BIO_new(BIO_s_mem()));
    if (!bio || PEM_write_bio_PrivateKey_traditional(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
        failed("writing the private key");
    }
    char* data = nullptr;
    const auto size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string fingerprint_of_blob(const std::string& blob) {
    const auto hex = hash_hex(HashAlgorithm::Md5, blob);
    std::string out;
    for (std::size_t i = 0; i < hex.size(); i += 2) out += (i == 0 ? "" : ":") + hex.substr(i, 2);
    return out;
}

[[noreturn]] void not_a_key(const char* why) {
    throw Error(ErrorCode::InvalidInput, std::string("keypair.public_key: keypair data is invalid: ") + why);
}

/// The text that the blob begins with: its own name of the key type.
std::string type_in_blob(const std::string& blob) {
    constexpr std::size_t kPrefix = 4;
    if (blob.size() < kPrefix) not_a_key("too short");
    std::size_t size = 0;
    for (std::size_t i = 0; i < kPrefix; ++i) size = size << 8U | static_cast<unsigned char>(blob[i]);
    if (size > blob.size() - kPrefix) not_a_key("the key is cut off");
    return blob.substr(kPrefix, size);
}

}  // namespace

SshKeypair generate_ssh_key() {
    constexpr std::size_t kBits = 2048;
    const Key key(EVP_RSA_gen(kBits));
    if (!key) failed("generating RSA");
    const auto blob =
        length_prefixed("ssh-rsa") + mpint(key.get(), OSSL_PKEY_PARAM_RSA_E) + mpint(key.get(), OSSL_PKEY_PARAM_RSA_N);
    return {"ssh-rsa " + base64_encode(blob) + " Generated-by-Virga", Secret(private_pem(key.get())),
            fingerprint_of_blob(blob)};
}

std::string ssh_fingerprint(const std::string& public_key) {
    static const std::set<std::string, std::less<>> kTypes{"ssh-rsa",
                                                           "ssh-ed25519",
                                                           "ssh-dss",
                                                           "ecdsa-sha2-nistp256",
                                                           "ecdsa-sha2-nistp384",
                                                           "ecdsa-sha2-nistp521",
                                                           "sk-ssh-ed25519@openssh.com",
                                                           "sk-ecdsa-sha2-nistp256@openssh.com"};
    const auto space = public_key.find(' ');
    if (space == std::string::npos) not_a_key("write TYPE BASE64 [comment]");
    const auto type = public_key.substr(0, space);
    if (!kTypes.contains(type)) not_a_key("unknown key type");
    const auto begin = public_key.find_first_not_of(' ', space);
    const auto end = public_key.find_first_of(" \n\r\t", begin);
    std::string blob;
    if (begin == std::string::npos || !base64_decode(public_key.substr(begin, end - begin), blob)) {
        not_a_key("the key is not base64");
    }
    if (type_in_blob(blob) != type) not_a_key("the key is not of the type in front of it");
    return fingerprint_of_blob(blob);
}

}  // namespace virga::compute::api
