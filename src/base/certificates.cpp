#include "base/certificates.hpp"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "base/small_file.hpp"

namespace virga {
namespace {

constexpr long kYear_s = 365L * 24 * 3600;
constexpr long kCaYears = 20;
constexpr long kHostYears = 5;
/// Clocks of hosts may be a little apart.
constexpr long kBackdated_s = 3600;
constexpr const char* kOrganization = "virga";

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Memory = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;

[[noreturn]] void fail(const std::string& what) {
    char text[256] = {};
    ERR_error_string_n(ERR_get_error(), text, sizeof text);
    throw Error(ErrorCode::Internal, "certificates: " + what + " failed", text);
}

template <class T>
T need(T result, const std::string& what) {
    if (!result) fail(what);
    return result;
}

Key new_key() {
    return Key(need(EVP_EC_gen("P-256"), "making a key"));
}

void write_pem(const std::string& path, const std::string& text, mode_t mode) {
    const auto old = ::umask(0777 & ~mode);
    const ScopeExit restore([old] { ::umask(old); });
    write_small_file(path, text);
    if (::chmod(path.c_str(), mode) != 0) throw_errno(ErrorCode::Internal, "chmod " + path, errno);
}

std::string text_of(BIO* memory) {
    char* data = nullptr;
    const auto length = BIO_get_mem_data(memory, &data);
    return {data, static_cast<std::size_t>(length)};
}

std::string pem_of(EVP_PKEY* key) {
    const Memory memory(need(BIO_new(BIO_s_mem()), "memory"));
    need(PEM_write_bio_PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr), "writing a key");
    return text_of(memory.get());
}

std::string pem_of(X509* certificate) {
    const Memory memory(need(BIO_new(BIO_s_mem()), "memory"));
    need(PEM_write_bio_X509(memory.get(), certificate), "writing a certificate");
    return text_of(memory.get());
}

Certificate certificate_in(const std::string& text) {
    const Memory memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    return Certificate(memory ? PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr) : nullptr);
}

Key key_in(const std::string& text) {
    const Memory memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    return Key(memory ? PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr) : nullptr);
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const Extension extension(need(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()), "extension " + value));
    need(X509_add_ext(certificate, extension.get(), -1), "extension " + value);
}

void add_name(X509_NAME* name, const char* part, const std::string& value) {
    need(X509_NAME_add_entry_by_txt(name, part, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.c_str()),
                                    -1, -1, 0),
         "name " + value);
}

Certificate blank(EVP_PKEY* key, const std::string& common_name, long years) {
    Certificate made(need(X509_new(), "making a certificate"));
    X509_set_version(made.get(), X509_VERSION_3);
    std::uint64_t serial = 0;
    random_bytes(&serial, sizeof serial);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(made.get()), serial >> 1);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -kBackdated_s);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), years * kYear_s);
    need(X509_set_pubkey(made.get(), key), "public key");
    auto* subject = X509_get_subject_name(made.get());
    add_name(subject, "O", kOrganization);
    add_name(subject, "CN", common_name);
    return made;
}

void sign(X509* certificate, EVP_PKEY* key) {
    need(X509_sign(certificate, key, EVP_sha256()), "signing");
}

bool is_ip(const std::string& text) {
    unsigned char address[sizeof(in6_addr)];
    return ::inet_pton(AF_INET, text.c_str(), address) == 1 || ::inet_pton(AF_INET6, text.c_str(), address) == 1;
}

bool is_host_name(const std::string& text) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
               c == '_';
    };
    constexpr std::size_t kMostOfCommonName = 64;
    return !text.empty() && text.size() <= kMostOfCommonName && text.front() != '.' && text.front() != '-' &&
           std::all_of(text.begin(), text.end(), fits);
}

std::string bare(const std::string& address) {
    if (address.size() > 2 && address.front() == '[' && address.back() == ']')
        return address.substr(1, address.size() - 2);
    return address;
}

std::string alternative_names(const std::string& host, const std::vector<std::string>& addresses) {
    std::string names = "DNS:" + host;
    for (const auto& given : addresses) {
        const auto address = bare(given);
        if (!is_ip(address) && !is_host_name(address))
            throw Error(ErrorCode::InvalidInput, "ADDRESS '" + given + "' is no IPv4 or IPv6 address and no name");
        names += (is_ip(address) ? ",IP:" : ",DNS:") + address;
    }
    return names;
}

struct Ca {
    Certificate certificate;
    Key key;
    std::string pem;
};

Ca open_ca(const std::string& folder) {
    const auto pem = read_small_file(folder + "/" + certificate_file::kCa);
    const auto key = read_small_file(folder + "/" + certificate_file::kCaKey);
    if (!pem || !key)
        throw Error(ErrorCode::NotFound, "there is no CA in " + folder +
                                             " (ca-cert.pem and ca-key.pem): make one with `virga pki ca " + folder +
                                             "`");
    Ca ca{certificate_in(*pem), key_in(*key), *pem};
    if (!ca.certificate || !ca.key || X509_check_private_key(ca.certificate.get(), ca.key.get()) != 1)
        throw Error(ErrorCode::Corrupt,
                    "the CA in " + folder + " can't be read, or its two files don't belong together");
    return ca;
}

void make_folder(const std::string& folder) {
    std::error_code failure;
    std::filesystem::create_directories(folder, failure);
    if (failure) throw Error(ErrorCode::InvalidInput, "folder " + folder + " can't be made: " + failure.message());
    if (::chmod(folder.c_str(), 0700) != 0) throw_errno(ErrorCode::InvalidInput, "folder " + folder, errno);
}

void make_leaf(const Ca& ca, const std::string& host, const std::string& names, const std::string& usage,
               const std::string& certificate_path, const std::string& key_path) {
    const auto key = new_key();
    const auto leaf = blank(key.get(), host, kHostYears);
    need(X509_set_issuer_name(leaf.get(), X509_get_subject_name(ca.certificate.get())), "issuer");
    add_extension(leaf.get(), ca.certificate.get(), NID_basic_constraints, "critical,CA:FALSE");
    add_extension(leaf.get(), ca.certificate.get(), NID_key_usage, "critical,digitalSignature");
    add_extension(leaf.get(), ca.certificate.get(), NID_ext_key_usage, usage);
    add_extension(leaf.get(), ca.certificate.get(), NID_subject_alt_name, names);
    sign(leaf.get(), ca.key.get());
    write_pem(key_path, pem_of(key.get()), 0600);
    write_pem(certificate_path, pem_of(leaf.get()), 0644);
}

std::string common_name(X509* certificate) {
    char text[256] = {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text, sizeof text);
    return text;
}

std::string organization(X509* certificate) {
    char text[256] = {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_organizationName, text, sizeof text);
    return text;
}

/// One host's folder, looked through; every failure names the setting.
class Check {
public:
    Check(std::string setting, std::string folder) : setting_(std::move(setting)), folder_(std::move(folder)) {}

    Certificate certificate(const char* file) const {
        auto found = certificate_in(text(file));
        if (!found) refuse(file, "is no certificate in PEM");
        return found;
    }
    void signed_by(X509* ca, X509* certificate, const char* file) const {
        if (X509_verify(certificate, X509_get0_pubkey(ca)) != 1) refuse(file, "isn't signed by the CA of ca-cert.pem");
        if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0) refuse(file, "has expired");
        if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0) refuse(file, "isn't valid yet");
    }
    void of_host(X509* certificate, const std::string& host, const char* file) const {
        if (organization(certificate) == kOrganization && common_name(certificate) == host) return;
        refuse(file, "is of '" + common_name(certificate) + "', but must be of this host, " +
                         certificate_identity(host) + ": make one with `virga pki host`, or set host.name");
    }
    void of_key(X509* certificate, const char* file) const {
        const auto key = key_in(text(file));
        if (!key || X509_check_private_key(certificate, key.get()) != 1)
            refuse(file, "is not the key of the certificate beside it");
    }
    [[noreturn]] void refuse(const char* file, const std::string& why) const {
        throw Error(ErrorCode::InvalidInput, setting_ + ": " + folder_ + "/" + file + " " + why);
    }

private:
    std::string text(const char* file) const {
        const auto found = read_small_file(folder_ + "/" + file);
        if (!found) refuse(file, "is missing: `virga pki host` makes the files of a host");
        return *found;
    }

    std::string setting_;
    std::string folder_;
};

}  // namespace

std::string known_group() {
    char name[] = "ffdhe2048";
    const OSSL_PARAM wanted[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0),
                                 OSSL_PARAM_construct_end()};
    const std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>> context(
        need(EVP_PKEY_CTX_new_from_name(nullptr, "DH", nullptr), "the group"));
    EVP_PKEY* made = nullptr;
    if (EVP_PKEY_paramgen_init(context.get()) != 1 || EVP_PKEY_CTX_set_params(context.get(), wanted) != 1 ||
        EVP_PKEY_generate(context.get(), &made) != 1)
        fail("the group");
    const Key group(made);
    const Memory memory(need(BIO_new(BIO_s_mem()), "memory"));
    if (PEM_write_bio_Parameters(memory.get(), group.get()) != 1) fail("writing the group");
    return text_of(memory.get());
}

std::string certificate_identity(const std::string& host) {
    return std::string("O=") + kOrganization + ",CN=" + host;
}

void make_ca(const std::string& folder) {
    const auto path = folder + "/" + certificate_file::kCa;
    const auto key_path = folder + "/" + certificate_file::kCaKey;
    if (std::filesystem::exists(path) || std::filesystem::exists(key_path))
        throw Error(ErrorCode::Conflict, folder + " has a CA already; its hosts would not be known to another one");
    make_folder(folder);
    const auto key = new_key();
    const auto ca = blank(key.get(), "Virga CA", kCaYears);
    need(X509_set_issuer_name(ca.get(), X509_get_subject_name(ca.get())), "issuer");
    add_extension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    add_extension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
    sign(ca.get(), key.get());
    write_pem(key_path, pem_of(key.get()), 0600);
    write_pem(path, pem_of(ca.get()), 0644);
}

std::string make_host_certificates(const std::string& ca_folder, const std::string& host,
                                   const std::vector<std::string>& addresses) {
    if (!is_host_name(host))
        throw Error(ErrorCode::InvalidInput,
                    "NAME '" + host + "' must be 1 to 64 letters, digits, '.', '-' and '_': the host's host.name");
    const auto names = alternative_names(host, addresses);
    const auto ca = open_ca(ca_folder);
    const auto folder = ca_folder + "/" + host;
    make_folder(folder);
    make_leaf(ca, host, names, "serverAuth", folder + "/" + certificate_file::kServer,
              folder + "/" + certificate_file::kServerKey);
    make_leaf(ca, host, names, "clientAuth", folder + "/" + certificate_file::kClient,
              folder + "/" + certificate_file::kClientKey);
    write_pem(folder + "/" + certificate_file::kCa, ca.pem, 0644);
    write_pem(folder + "/" + certificate_file::kGroup, known_group(), 0644);
    return folder;
}

void check_host_certificates(const std::string& setting, const std::string& folder, const std::string& host,
                             const std::string& address) {
    const Check check(setting, folder);
    const auto ca = check.certificate(certificate_file::kCa);
    const auto server = check.certificate(certificate_file::kServer);
    const auto client = check.certificate(certificate_file::kClient);
    check.of_key(server.get(), certificate_file::kServerKey);
    check.of_key(client.get(), certificate_file::kClientKey);
    check.signed_by(ca.get(), server.get(), certificate_file::kServer);
    check.signed_by(ca.get(), client.get(), certificate_file::kClient);
    check.of_host(server.get(), host, certificate_file::kServer);
    check.of_host(client.get(), host, certificate_file::kClient);
    const auto wanted = bare(address);
    const bool fits = is_ip(wanted) ? X509_check_ip_asc(server.get(), wanted.c_str(), 0) == 1
                                    : X509_check_host(server.get(), wanted.c_str(), wanted.size(), 0, nullptr) == 1;
    if (!fits) check.refuse(certificate_file::kServer, "is not for " + wanted + ", the address of host.address");
}

}  // namespace virga
