#pragma once
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "http/http.hpp"

struct ssl_st;
struct ssl_ctx_st;

namespace virga::http {

enum class Want;
struct Moved;

/// Certificate, key and rules of a server: TLS 1.2 with forward secrecy and authenticated ciphers, or 1.3.
class TlsContext {
public:
    /// Throws Error{InvalidInput} that names the file and what is wrong with it.
    explicit TlsContext(const TlsOptions& options);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    ssl_ctx_st* native() const { return context_; }

private:
    void use_files(const TlsOptions& options);
    ssl_ctx_st* context_;
};

/// The context of new connections. Files that have changed are read again, at most once a second; as long as they don't
/// fit each other or can't be read, the last good ones stay in use, and the log says so once.
class TlsFiles {
public:
    explicit TlsFiles(TlsOptions options);
    /// From one thread.
    std::shared_ptr<const TlsContext> current();

private:
    TlsOptions options_;
    std::string seen_;  ///< what identifies the files that were read last
    std::chrono::steady_clock::time_point looked_{};
    std::shared_ptr<const TlsContext> context_;
};

/// The server's end of one TLS connection on a socket. Never blocks.
class TlsEnd {
public:
    TlsEnd(std::shared_ptr<const TlsContext> context, int fd);
    ~TlsEnd();
    TlsEnd(const TlsEnd&) = delete;
    TlsEnd& operator=(const TlsEnd&) = delete;

    Want handshake();
    Moved read(void* into, std::size_t size);
    Moved write(std::string_view head, std::string_view body);
    void finish();

private:
    Want reason(int result);
    Moved write_one(std::string_view data);

    std::shared_ptr<const TlsContext> context_;
    ssl_st* ssl_;
    bool broken_ = false;
};

}  // namespace virga::http
