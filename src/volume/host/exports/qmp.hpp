#pragma once
#include <chrono>
#include <set>
#include <string>

#include "base/json.hpp"

namespace virga::volume::host {

/// A socket connected to a Unix socket; -1: nobody listens there. Never waits.
int connect_to_socket(const std::string& path);

/// A conversation with a program of QEMU by its monitor protocol. Not thread-safe.
class Qmp {
public:
    /// Throws Error{Unavailable} when nobody listens, or doesn't greet in time. Each answer has as much time.
    Qmp(const std::string& path, std::chrono::milliseconds patience);
    ~Qmp();
    Qmp(const Qmp&) = delete;
    Qmp& operator=(const Qmp&) = delete;

    /// What the command returns. Throws Error{Internal} with the program's reason, Error{Unavailable} without an
    /// answer.
    json::value run(const std::string& command, const json::object& arguments = {});
    /// Until the event has come since the conversation began. Throws Error{Unavailable}.
    void await(const std::string& event);

private:
    json::object read_message();
    std::string read_line();

    int socket_;
    std::string read_;
    std::set<std::string> events_;
};

}  // namespace virga::volume::host
