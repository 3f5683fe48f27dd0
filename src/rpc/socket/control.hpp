#pragma once
#include <memory>
#include <string>

#include "rpc/switchboard.hpp"

namespace virga::rpc {

/// Listens on a Unix socket (mode 0600) for hosts of the same machine. Start throws Error{Unavailable} when the socket
/// can't be made.
class SocketControl : public Switchboard {
public:
    explicit SocketControl(std::string socket_path, Heartbeat heartbeat = {});
    ~SocketControl() override;
    void start() override;
    void stop() override;

private:
    class Peer;
    using PeerPtr = std::shared_ptr<Peer>;
    struct Reader {
        std::thread thread;
        PeerPtr peer;
    };

    void ask_loop();
    void judge_silent(const PeerPtr& peer, std::int64_t asked_us);
    bool pause_accepting();
    void accept_loop();
    void join_ended_readers();
    void read_loop(const PeerPtr& peer);
    void read(const PeerPtr& peer, const json::object& message);

    const std::string path_;
    const Heartbeat heartbeat_;
    int listener_ = -1;
    std::mutex mutex_;  ///< taken before the one of the switchboard
    bool stopping_ = false;
    std::condition_variable asking_;
    std::thread acceptor_;
    std::thread asker_;
    std::vector<Reader> readers_;
};

}  // namespace virga::rpc
