#pragma once
#include <string>
#include <vector>

#include "base/sandbox.hpp"

namespace virga {

/// Answers the attempts of one confined program to open files: those that it may have are opened here, by the rights of
/// this process, and handed over; for all others the kernel goes on by the rights of the program, in its room. A link
/// is never followed to a file that is handed over.
class OpenServer {
public:
    explicit OpenServer(std::vector<SandboxFile> files);
    ~OpenServer();
    OpenServer(const OpenServer&) = delete;
    OpenServer& operator=(const OpenServer&) = delete;

    /// The end for Sandbox::enter; closed here by close_child_end() once the program has its copy.
    int child_end() const { return child_end_; }
    void close_child_end();

    /// To be polled for reading; -1: the program has ended. Then serve() does what there is to do without waiting.
    int fd() const { return listener_ >= 0 ? listener_ : socket_; }
    void serve();

private:
    void receive_listener();
    void answer();
    /// An open file, -errno, or nothing: not one of the files.
    int open(const std::string& name, int flags) const;

    std::vector<SandboxFile> files_;
    int socket_ = -1;
    int child_end_ = -1;
    int listener_ = -1;
};

}  // namespace virga
