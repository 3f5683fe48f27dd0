#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "base/error.hpp"
#include "base/small_file.hpp"
#include "bench/simulate/host.hpp"

/// Many hosts in one process, for measuring what a control process does with them:
///
///     bench_simulate SERVER_ADDRESS PORT PREFIX SIGNING_KEY|- HOSTS DELAY_MS VCPUS MEMORY_MIB DISK_GIB
///
/// Each has a connection of its own to the NATS server, with credentials of its own when the file hosts.key of `virga
/// nats init` is given. Says "serving N" when all are there, and "welcomed CONTROL" when a control process has taken
/// all of them in. Reads from its standard input: "filled N", so many servers were written into the database; "count",
/// answered by "commands N"; its end is the end of the hosts.
namespace virga::simulate {
namespace {

/// Connections that are being made at once: the server's list of those that wait is short.
constexpr std::int64_t kConnectAtOnce = 200;

class Crowd {
public:
    explicit Crowd(const Settings& settings) : settings_(settings) {
        for (std::int64_t number = 0; number < settings_.hosts; ++number)
            hosts_.push_back(std::make_unique<Host>(loop_, settings_, number, counts_, [this] { changed(); }));
    }

    void run() {
        ::fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
        loop_.watch(STDIN_FILENO, EPOLLIN, input_);
        changed();
        loop_.run();
        for (auto& host : hosts_) host->say_bye();
    }

private:
    void changed() {
        while (begun_ < settings_.hosts && begun_ < counts_.opened + kConnectAtOnce)
            hosts_[static_cast<std::size_t>(begun_++)]->connect();
        if (!is_serving_ && counts_.serving == settings_.hosts) {
            is_serving_ = true;
            say("serving " + std::to_string(counts_.serving));
        }
        for (const auto& [control, hosts] : counts_.welcomed)
            if (hosts >= settings_.hosts && told_.insert(control).second) say("welcomed " + control);
    }

    void read_input() {
        std::array<char, 4096> buffer;
        const auto size = ::read(STDIN_FILENO, buffer.data(), buffer.size());
        if (size <= 0) return loop_.stop();
        typed_.append(buffer.data(), static_cast<std::size_t>(size));
        for (auto end = typed_.find('\n'); end != typed_.npos; end = typed_.find('\n')) {
            obey(typed_.substr(0, end));
            typed_.erase(0, end + 1);
        }
    }

    void obey(const std::string& line) {
        if (line == "count") return say("commands " + std::to_string(counts_.commands));
        if (!line.starts_with("filled ")) return say("what?");
        for (auto& host : hosts_) host->fill(std::atoll(line.c_str() + 7));
        say(line);
    }

    static void say(const std::string& line) {
        std::printf("%s\n", line.c_str());
        std::fflush(stdout);
    }

    const Settings& settings_;
    Loop loop_;
    Counts counts_;
    Loop::Handler input_ = [this](std::uint32_t) { read_input(); };
    std::vector<std::unique_ptr<Host>> hosts_;
    std::int64_t begun_ = 0;
    bool is_serving_ = false;
    std::set<std::string> told_;
    std::string typed_;
};

void allow_descriptors(std::int64_t number) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = std::max<rlim_t>(limit.rlim_cur, static_cast<rlim_t>(number) + 64);
    limit.rlim_max = std::max(limit.rlim_max, limit.rlim_cur);
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) throw_errno(ErrorCode::Internal, "allow more descriptors", errno);
}

Settings settings_of(char** words) {
    Settings out;
    out.server.sin_family = AF_INET;
    out.server.sin_port = htons(static_cast<std::uint16_t>(std::atoi(words[2])));
    if (::inet_pton(AF_INET, words[1], &out.server.sin_addr) != 1)
        throw Error(ErrorCode::InvalidInput, "the first argument is no address");
    out.prefix = words[3];
    if (const std::string key = words[4]; key != "-")
        out.signer = rpc::nats::HostSigner(Secret(read_small_file(key).value_or("")));
    out.hosts = std::atoll(words[5]);
    out.delay_us = std::atoll(words[6]) * 1'000;
    const auto disk = std::atoll(words[9]);
    out.report = {{"vcpus", std::atoll(words[7])},
                  {"memory_mib", std::atoll(words[8])},
                  {"disk_gib", disk},
                  {"free_disk_gib", disk},
                  {"hypervisor_type", "simulated"},
                  {"hypervisor_version", 1},
                  {"guests_lack", json::array()},
                  {"zone", ""},
                  {"backends", json::array()},
                  {"remote_disks", false},
                  {"unconfined", false}};
    return out;
}

}  // namespace
}  // namespace virga::simulate

int main(int argc, char** argv) {
    using namespace virga::simulate;
    if (argc != 10) {
        std::fprintf(stderr, "bench_simulate: see its source for the nine arguments\n");
        return 2;
    }
    try {
        const auto settings = settings_of(argv);
        allow_descriptors(settings.hosts);
        Crowd(settings).run();
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "bench_simulate: %s\n", failure.what());
        return 1;
    }
    return 0;
}
