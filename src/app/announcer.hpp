#pragma once
#include <mutex>
#include <string>
#include <string_view>

namespace virga::app {

/// Tells whoever started this process how far it is, in the messages of systemd's sd_notify: "STATUS=...", "READY=1",
/// "STOPPING=1", each ended by a newline. Safe for use by several threads. Nobody who listens: does nothing.
class Announcer {
public:
    /// To descriptor `fd` (a pipe), or, when that is below 0, to the datagram socket that NOTIFY_SOCKET names.
    /// Processes that this one starts inherit neither. Throws Error{InvalidInput} when there is no such descriptor or
    /// socket.
    explicit Announcer(int fd);
    ~Announcer();
    Announcer(const Announcer&) = delete;
    Announcer& operator=(const Announcer&) = delete;

    /// What the process does or waits for, or why it ends; control characters become blanks.
    void status(std::string_view text);
    /// The last message to a pipe, which closes: whoever waits at it waits for this.
    void ready(std::string_view status_text);
    void stopping();

private:
    void send(const std::string& message);
    void close();

    std::mutex mutex_;
    int fd_ = -1;
    bool is_pipe_ = false;
};

}  // namespace virga::app
