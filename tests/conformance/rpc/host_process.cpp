#include "conformance/rpc/host_process.hpp"

#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

#include "conformance/rpc/transports.hpp"

namespace virga::rpc::test {

int host_process(int argc, char** argv) {
    if (argc != 5) return 2;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const auto meeting = transport(argv[2]).open(argv[3]);
    const auto host = meeting->host(argv[4], {2, 1});
    host->report_with([] { return json::object{{"vcpus", ::getpid()}}; });
    host->on("echo", [](const Command& command) { return command.params; });
    host->start();
    while (true) ::pause();
}

HostProcess::HostProcess(const std::string& transport, const std::string& address, const std::string& name) {
    std::string program = "/proc/self/exe";
    std::string mode(kHostProcess);
    std::string words[] = {transport, address, name};
    char* arguments[] = {program.data(), mode.data(), words[0].data(), words[1].data(), words[2].data(), nullptr};
    if (::posix_spawn(&pid_, program.c_str(), nullptr, nullptr, arguments, environ) != 0)
        throw std::runtime_error("a host can't be started");
}

HostProcess::~HostProcess() {
    kill();
}

void HostProcess::signal(int number) const {
    ::kill(pid_, number);
}

void HostProcess::kill() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

}  // namespace virga::rpc::test
