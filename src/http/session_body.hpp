#pragma once
#include "http/session.hpp"

namespace virga::http {

/// The request body of a streaming route: bytes go from the socket through the session's bounded buffer to the handler,
/// on the handler's thread.
class Session::Body : public BodyReader {
public:
    explicit Body(Session& session, bool expects_continue);
    std::size_t read(char* into, std::size_t size) override;
    /// The whole body was taken from the connection, so that the next request can follow. False, too, when what the
    /// handler left is no valid body. Doesn't wait.
    bool finished() noexcept;

private:
    std::size_t parse(char* into, std::size_t size);
    void fetch();

    Session& session_;
    StreamParser& parser_;
    Wire wire_;
    bool expects_continue_;
    bool failed_ = false;
};

}  // namespace virga::http
