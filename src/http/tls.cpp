#include "http/tls.hpp"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "base/log.hpp"
#include "base/scope_exit.hpp"
#include "http/channel.hpp"

namespace virga::http {
namespace {

/// For TLS 1.2; all ciphers of 1.3 are of this kind.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr std::chrono::seconds kLookPause{1};
/// Plain bytes of the largest TLS record.
constexpr std::size_t kRecordBytes = 16UL * 1024;

constexpr const char* kCertificate = "http.tls_certificate";
constexpr const char* kKey = "http.tls_key";

[[noreturn]] void unusable(const char* setting, const std::string& file, const std::string& reason) {
    throw Error(ErrorCode::InvalidInput, std::string(setting) + ": '" + file + "' " + reason);
}

/// Whoever is to mend it must hear whether the file is missing, or not for this user: OpenSSL says "system lib".
void require_readable(const char* setting, const std::string& file) {
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    char first = 0;
    const bool readable = fd >= 0 && ::read(fd, &first, 1) >= 0;
    const int failure = errno;
    if (fd >= 0) ::close(fd);
    if (readable) return;
    const bool forbidden = failure == EACCES;
    unusable(setting, file,
             std::string("can't be read: ") + std::strerror(failure) +
                 (forbidden ? ". The user of the control process (control.user) must be able to" : ""));
}

/// What OpenSSL found wrong in a file that can be read.
std::string wrong_content(const char* wanted) {
    const auto code = ERR_peek_last_error();
    ERR_clear_error();
    const std::string is_none = std::string("is no PEM file with a ") + wanted;
    if (ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE) return is_none;
    const char* text = ERR_reason_error_string(code);
    return text == nullptr ? is_none : is_none + " that can be used: " + text;
}

/// Instead of asking at the terminal: nobody is there when the file changes.
int no_passphrase(char*, int, int, void* was_asked) {
    *static_cast<bool*>(was_asked) = true;
    return -1;
}

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                    unsigned int offered_size, void*) {
    static constexpr unsigned char kHttp[] = "\x08http/1.1";
    unsigned char* chosen = nullptr;
    const int found = SSL_select_next_proto(&chosen, out_size, kHttp, sizeof kHttp - 1, offered, offered_size);
    *out = chosen;
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

// A BIO like OpenSSL's own for sockets, whose writes neither block nor raise SIGPIPE.

int socket_of(BIO* bio) {
    return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

int ended(BIO* bio, ssize_t moved, void (*retry)(BIO*)) {
    BIO_clear_retry_flags(bio);
    if (moved < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) retry(bio);
    return static_cast<int>(moved);
}

int bio_read(BIO* bio, char* into, int size) {
    return ended(bio, ::recv(socket_of(bio), into, static_cast<std::size_t>(size), MSG_DONTWAIT),
                 [](BIO* self) { BIO_set_retry_read(self); });
}

int bio_write(BIO* bio, const char* data, int size) {
    return ended(bio, ::send(socket_of(bio), data, static_cast<std::size_t>(size), MSG_DONTWAIT | MSG_NOSIGNAL),
                 [](BIO* self) { BIO_set_retry_write(self); });
}

long bio_control(BIO*, int command, long, void*) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* socket_method() {
    static BIO_METHOD* const method = [] {
        auto* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
        BIO_meth_set_read(made, bio_read);
        BIO_meth_set_write(made, bio_write);
        BIO_meth_set_ctrl(made, bio_control);
        return made;
    }();
    return method;
}

void append_identity(std::string& out, const std::string& file) {
    struct stat info {};
    if (::stat(file.c_str(), &info) != 0) {
        out += "none;";
        return;
    }
    for (const auto part :
         {static_cast<std::int64_t>(info.st_ino), static_cast<std::int64_t>(info.st_size),
          static_cast<std::int64_t>(info.st_mtim.tv_sec), static_cast<std::int64_t>(info.st_mtim.tv_nsec)}) {
        out += std::to_string(part) + ';';
    }
}

std::string identity_of(const TlsOptions& options) {
    std::string out;
    append_identity(out, options.certificate);
    append_identity(out, options.key);
    return out;
}

}  // namespace

TlsContext::TlsContext(const TlsOptions& options) : context_(SSL_CTX_new(TLS_server_method())) {
    if (context_ == nullptr) throw std::bad_alloc();
    SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context_, kCiphers);
    SSL_CTX_set_options(context_, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context_,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_OFF);  // tickets do, and cost the server no memory
    SSL_CTX_set_alpn_select_cb(context_, choose_protocol, nullptr);
    try {
        use_files(options);
    } catch (...) {
        SSL_CTX_free(context_);
        throw;
    }
}

void TlsContext::use_files(const TlsOptions& options) {
    bool is_encrypted = false;
    SSL_CTX_set_default_passwd_cb(context_, no_passphrase);
    SSL_CTX_set_default_passwd_cb_userdata(context_, &is_encrypted);
    const ScopeExit forget([this] { SSL_CTX_set_default_passwd_cb_userdata(context_, nullptr); });
    require_readable(kCertificate, options.certificate);
    require_readable(kKey, options.key);
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(context_, options.certificate.c_str()) != 1)
        unusable(kCertificate, options.certificate, wrong_content("certificate"));
    const bool has_key = SSL_CTX_use_PrivateKey_file(context_, options.key.c_str(), SSL_FILETYPE_PEM) == 1;
    if (is_encrypted)
        unusable(kKey, options.key, "is encrypted with a passphrase, which nobody can type: `openssl pkey` removes it");
    const auto code = ERR_peek_last_error();
    const bool mismatch = ERR_GET_LIB(code) == ERR_LIB_X509 && (ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH ||
                                                                ERR_GET_REASON(code) == X509_R_KEY_TYPE_MISMATCH);
    if (mismatch || (has_key && SSL_CTX_check_private_key(context_) != 1))
        unusable(kKey, options.key, "is not the key of the certificate in '" + options.certificate + "'");
    if (!has_key) unusable(kKey, options.key, wrong_content("private key"));
}

TlsContext::~TlsContext() {
    SSL_CTX_free(context_);
}

TlsFiles::TlsFiles(TlsOptions options)
    : options_(std::move(options)),
      seen_(identity_of(options_)),
      looked_(std::chrono::steady_clock::now()),
      context_(std::make_shared<TlsContext>(options_)) {}

std::shared_ptr<const TlsContext> TlsFiles::current() {
    const auto now = std::chrono::steady_clock::now();
    if (now - looked_ < kLookPause) return context_;
    looked_ = now;
    auto found = identity_of(options_);
    if (found == seen_) return context_;
    seen_ = std::move(found);
    try {
        context_ = std::make_shared<TlsContext>(options_);
        log::info("the TLS certificate was read again", {{"certificate", options_.certificate}});
    } catch (const Error& error) {
        log::error("the new TLS certificate can't be used, the old one stays", {{"reason", error.message()}});
    }
    return context_;
}

TlsEnd::TlsEnd(std::shared_ptr<const TlsContext> context, int fd)
    : context_(std::move(context)), ssl_(SSL_new(context_->native())) {
    auto* bio = BIO_new(socket_method());
    if (ssl_ == nullptr || bio == nullptr) throw std::bad_alloc();
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_, bio, bio);
    SSL_set_accept_state(ssl_);
}

TlsEnd::~TlsEnd() {
    SSL_free(ssl_);
}

Want TlsEnd::reason(int result) {
    switch (SSL_get_error(ssl_, result)) {
        case SSL_ERROR_WANT_READ:
            return Want::Read;
        case SSL_ERROR_WANT_WRITE:
            return Want::Write;
        case SSL_ERROR_SSL:
        case SSL_ERROR_SYSCALL:
            broken_ = true;  // no close_notify may follow
            return Want::End;
        default:
            return Want::End;
    }
}

Want TlsEnd::handshake() {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_);
    return result == 1 ? Want::Nothing : reason(result);
}

Moved TlsEnd::read(void* into, std::size_t size) {
    if (broken_) return {0, Want::End};
    ERR_clear_error();
    std::size_t got = 0;
    const int result = SSL_read_ex(ssl_, into, size, &got);
    if (result == 1) return {got, Want::Nothing};
    return {0, reason(result)};
}

Moved TlsEnd::write_one(std::string_view data) {
    if (broken_) return {0, Want::End};
    ERR_clear_error();
    std::size_t sent = 0;
    const int result = SSL_write_ex(ssl_, data.data(), data.size(), &sent);
    if (result == 1) return {sent, Want::Nothing};
    return {0, reason(result)};
}

/// Head and the beginning of the body share a record, so that a small answer is one packet.
Moved TlsEnd::write(std::string_view head, std::string_view body) {
    Moved all;
    if (!head.empty() && !body.empty()) {
        std::string joined(head);
        joined += body.substr(0, kRecordBytes - std::min(kRecordBytes, head.size()));
        all = write_one(joined);
    } else if (!head.empty()) {
        all = write_one(head);
    }
    while (all.want == Want::Nothing && all.bytes < head.size() + body.size()) {
        const bool in_head = all.bytes < head.size();
        const auto moved = write_one(in_head ? head.substr(all.bytes) : body.substr(all.bytes - head.size()));
        all = {all.bytes + moved.bytes, moved.want};
    }
    return all;
}

void TlsEnd::finish() {
    if (broken_ || SSL_is_init_finished(ssl_) == 0) return;
    ERR_clear_error();
    SSL_shutdown(ssl_);
}

}  // namespace virga::http
