#include "conformance/rpc/nats_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <thread>

#include "base/ids.hpp"

namespace virga::rpc::test {
namespace {

constexpr const char* kProgram = "/usr/sbin/nats-server";

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

int free_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(0);
    socklen_t size = sizeof address;
    const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                       ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    ::close(fd);
    if (!bound) throw std::runtime_error("there is no free port");
    return ntohs(address.sin_port);
}

bool listens(int port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = loopback(port);
    const bool connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return connected;
}

}  // namespace

NatsServer::NatsServer(std::vector<std::string> options)
    : options_(std::move(options)),
      folder_(std::filesystem::temp_directory_path() / ("virga-nats-" + new_uuid())),
      port_(free_port()) {
    std::filesystem::create_directories(folder_);
    start();
}

NatsServer::~NatsServer() {
    kill();
    std::filesystem::remove_all(folder_);
}

void NatsServer::start() {
    std::vector<std::string> words{kProgram, "-a", "127.0.0.1", "-p", std::to_string(port_)};
    words.insert(words.end(), options_.begin(), options_.end());
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const auto log = (folder_ / "log").string();
    const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const auto folder = folder_.string();
    pid_ = ::fork();
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::dup2(output, 1);
        ::dup2(output, 2);
        if (::chdir(folder.c_str()) == 0) ::execv(kProgram, arguments.data());
        ::_exit(127);
    }
    ::close(output);
    wait_until_ready();
}

void NatsServer::wait_until_ready() const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!listens(port_)) {
        if (std::chrono::steady_clock::now() > until || ::waitpid(pid_, nullptr, WNOHANG) == pid_)
            throw std::runtime_error("nats-server does not start: Debian's package is in tools/install-deps.sh test");
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

void NatsServer::kill() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

void NatsServer::signal(int number) const {
    ::kill(pid_, number);
}

std::string NatsServer::place() const {
    return "127.0.0.1:" + std::to_string(port_);
}

}  // namespace virga::rpc::test
