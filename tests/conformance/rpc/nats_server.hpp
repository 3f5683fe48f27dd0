#pragma once
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace virga::rpc::test {

/// Debian's nats-server on a free port of 127.0.0.1, from a folder of its own; nothing is left of it.
class NatsServer {
public:
    explicit NatsServer(std::vector<std::string> options = {});
    ~NatsServer();
    NatsServer(const NatsServer&) = delete;
    NatsServer& operator=(const NatsServer&) = delete;

    /// As a lost machine: without a word to its clients.
    void kill();
    /// On the same port.
    void start();
    void signal(int number) const;
    /// "127.0.0.1:4222"
    std::string place() const;
    std::string url() const { return "nats://" + place(); }
    const std::filesystem::path& folder() const { return folder_; }

private:
    void wait_until_ready() const;

    std::vector<std::string> options_;
    std::filesystem::path folder_;
    int port_ = 0;
    pid_t pid_ = -1;
};

}  // namespace virga::rpc::test
