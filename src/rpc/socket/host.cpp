#include "rpc/socket/host.hpp"

#include "base/log.hpp"
#include "rpc/socket/connection.hpp"

namespace virga::rpc {
namespace {

constexpr std::chrono::milliseconds kReconnectPause{100};

}  // namespace

SocketHost::SocketHost(std::string socket_path, std::string host_name, Threads threads)
    : CommandServer(std::move(host_name), threads), path_(std::move(socket_path)) {}

SocketHost::~SocketHost() {
    SocketHost::stop();
}

void SocketHost::start() {
    connector_ = std::thread([this] { connect_loop(); });
}

void SocketHost::connect_loop() {
    while (!stopping_) {
        const int fd = connect_unix(path_);
        if (fd < 0) {
            pause();
            continue;
        }
        auto fresh = std::make_shared<Connection>(fd);
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) return;
            connection_ = fresh;
        }
        if (fresh->send({{"type", "hello"}, {"host", host()}, {"report", own_report()}})) read_loop(*fresh);
        const std::lock_guard lock(mutex_);
        connection_.reset();
    }
}

void SocketHost::pause() {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, kReconnectPause, [this] { return stopping_.load(); });
}

void SocketHost::read_loop(Connection& current) {
    try {
        while (auto message = current.receive()) handle({}, *message);
    } catch (const Error& failure) {
        log::warning("bad RPC message, the connection is made anew", {{"error", failure.message()}});
        current.shut_down();
    }
}

void SocketHost::tell(const Asker&, const std::string& text) {
    tell_all(text);
}

void SocketHost::tell_all(const std::string& text) {
    std::shared_ptr<Connection> current;
    {
        const std::lock_guard lock(mutex_);
        current = connection_;
    }
    if (current) current->send_text(text);
}

void SocketHost::stop() {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) return;
        stopping_ = true;
    }
    {
        const std::lock_guard lock(mutex_);
        if (connection_) {
            connection_->send({{"type", "bye"}});  // not lost: it ends as it was told to
            connection_->shut_down();
            connection_.reset();
        }
    }
    cancel_all();  // nobody is told: the commands are asked for again after the restart
    wake_.notify_all();
    if (connector_.joinable()) connector_.join();
    end_commands();
}

}  // namespace virga::rpc
