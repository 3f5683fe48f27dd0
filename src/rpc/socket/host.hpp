#pragma once
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "rpc/command_server.hpp"

namespace virga::rpc {

class Connection;

/// Connects to the Unix socket of the control process of the same machine.
class SocketHost : public CommandServer {
public:
    SocketHost(std::string socket_path, std::string host_name, Threads threads);
    ~SocketHost() override;
    void start() override;
    void stop() override;

private:
    void tell(const Asker& to, const std::string& text) override;
    void tell_all(const std::string& text) override;
    void tell_one(const std::string& text) override { tell_all(text); }
    void connect_loop();
    void pause();
    void read_loop(Connection& current);

    const std::string path_;
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    std::condition_variable wake_;
    std::shared_ptr<Connection> connection_;
    std::thread connector_;
};

}  // namespace virga::rpc
