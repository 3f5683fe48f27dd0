#include <nats/nats.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>
#include <vector>

#include "conformance/rpc/nats_server.hpp"
#include "conformance/rpc/transports.hpp"

/// How long an empty command takes on each transport, beside a bare message to and fro on the same thing, all in one
/// run: `bench_rpc [COMMANDS [THREADS]]`. A line for each: what, how many at once, the median and the 99th percentile
/// in microseconds, and how many a second.
namespace virga::rpc::test {
namespace {

using Clock = std::chrono::steady_clock;

void measure(const char* what, int times, int threads, const std::function<void()>& once) {
    std::vector<std::vector<double>> taken(static_cast<std::size_t>(threads));
    const auto begin = Clock::now();
    std::vector<std::thread> callers;
    for (auto& mine : taken) {
        callers.emplace_back([&] {
            for (int i = 0; i < times; ++i) {
                const auto started = Clock::now();
                once();
                mine.push_back(std::chrono::duration<double, std::micro>(Clock::now() - started).count());
            }
        });
    }
    for (auto& caller : callers) caller.join();
    const auto seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    std::vector<double> all;
    for (const auto& mine : taken) all.insert(all.end(), mine.begin(), mine.end());
    std::sort(all.begin(), all.end());
    std::printf("%s %d %.0f %.0f %.0f\n", what, threads, all[all.size() / 2], all[all.size() * 99 / 100],
                static_cast<double>(all.size()) / seconds);
}

void measure_transport(const Transport& transport, int times, int most) {
    const auto meeting = transport.make();
    const auto control = meeting->control();
    control->start();
    const auto host = meeting->host("h1", {16, 1});
    host->on("nothing", [](const Command&) { return json::object(); });
    host->start();
    for (int i = 0; i < 100; ++i) control->call("h1", "nothing", {}, {});
    for (const int threads : {1, most})
        measure(transport.name.c_str(), times, threads, [&] { control->call("h1", "nothing", {}, {}); });
}

/// A byte to another thread and back.
void measure_bare_socket(int times) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
    std::thread other([fd = ends[1]] {
        char byte = 0;
        while (::read(fd, &byte, 1) == 1 && ::write(fd, &byte, 1) == 1) {
        }
    });
    measure("bare-socket", times, 1, [fd = ends[0]] {
        char byte = 0;
        if (::write(fd, &byte, 1) != 1 || ::read(fd, &byte, 1) != 1) std::abort();
    });
    ::shutdown(ends[0], SHUT_RDWR);
    other.join();
    for (const int fd : ends) ::close(fd);
}

/// Which sends at once, as Virga's does.
natsConnection* connect_to(const NatsServer& server) {
    natsOptions* options = nullptr;
    natsConnection* made = nullptr;
    natsOptions_Create(&options);
    natsOptions_SetURL(options, server.url().c_str());
    natsOptions_SetSendAsap(options, true);
    if (natsConnection_Connect(&made, options) != NATS_OK) std::abort();
    natsOptions_Destroy(options);
    return made;
}

/// A request of the client library and its reply.
void measure_bare_nats(int times) {
    const NatsServer server;
    auto* const asking = connect_to(server);
    auto* const answering = connect_to(server);
    natsSubscription* subscription = nullptr;
    natsConnection_Subscribe(
        &subscription, answering, "ask",
        [](natsConnection* connection, natsSubscription*, natsMsg* message, void*) {
            natsConnection_PublishString(connection, natsMsg_GetReply(message), "{}");
            natsMsg_Destroy(message);
        },
        nullptr);
    natsConnection_Flush(answering);
    measure("bare-nats", times, 1, [&] {
        natsMsg* reply = nullptr;
        if (natsConnection_RequestString(&reply, asking, "ask", "{}", 60'000) != NATS_OK) std::abort();
        natsMsg_Destroy(reply);
    });
    natsSubscription_Destroy(subscription);
    natsConnection_Destroy(asking);
    natsConnection_Destroy(answering);
}

}  // namespace
}  // namespace virga::rpc::test

int main(int argc, char** argv) {
    using namespace virga::rpc::test;
    const int times = argc > 1 ? std::atoi(argv[1]) : 5'000;
    const int most = argc > 2 ? std::atoi(argv[2]) : 8;
    for (const auto& each : transports()) measure_transport(each, times, most);
    measure_bare_socket(times);
    measure_bare_nats(times);
    return 0;
}
