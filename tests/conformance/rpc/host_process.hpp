#pragma once
#include <sys/types.h>

#include <string>
#include <string_view>

namespace virga::rpc::test {

inline constexpr std::string_view kHostProcess = "--host-process";
/// `--host-process TRANSPORT ADDRESS NAME`: a host with the command "echo". Ends with its parent.
int host_process(int argc, char** argv);

/// A host that is a process of its own, so that a test can stop or kill it.
class HostProcess {
public:
    HostProcess(const std::string& transport, const std::string& address, const std::string& name);
    ~HostProcess();
    HostProcess(const HostProcess&) = delete;
    HostProcess& operator=(const HostProcess&) = delete;

    void signal(int number) const;
    void kill();

private:
    pid_t pid_ = -1;
};

}  // namespace virga::rpc::test
