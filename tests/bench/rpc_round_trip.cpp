#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "conformance/rpc/transports.hpp"

/// How long an empty command takes on each transport, all in one run: `bench_rpc [COMMANDS [THREADS]]`.
namespace virga::rpc::test {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<double> measure(ControlEndpoint& control, int commands) {
    std::vector<double> times;
    for (int i = 0; i < commands; ++i) {
        const auto begin = Clock::now();
        control.call("h1", "nothing", {}, {});
        times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
    }
    return times;
}

void report(const Transport& transport, int commands, int threads) {
    const auto meeting = transport.make();
    const auto control = meeting->control();
    control->start();
    const auto host = meeting->host("h1", {16, 1});
    host->on("nothing", [](const Command&) { return json::object(); });
    host->start();
    measure(*control, 100);
    std::vector<std::vector<double>> times(static_cast<std::size_t>(threads));
    const auto begin = Clock::now();
    std::vector<std::thread> callers;
    for (auto& mine : times) callers.emplace_back([&] { mine = measure(*control, commands); });
    for (auto& caller : callers) caller.join();
    const auto seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    std::vector<double> all;
    for (const auto& mine : times) all.insert(all.end(), mine.begin(), mine.end());
    std::sort(all.begin(), all.end());
    std::printf("%-8s %2d at once: p50 %5.0f us, p99 %5.0f us, %6.0f a second\n", transport.name.c_str(), threads,
                all[all.size() / 2], all[all.size() * 99 / 100], static_cast<double>(all.size()) / seconds);
}

}  // namespace
}  // namespace virga::rpc::test

int main(int argc, char** argv) {
    const int commands = argc > 1 ? std::atoi(argv[1]) : 5'000;
    const int most = argc > 2 ? std::atoi(argv[2]) : 8;
    for (const int threads : {1, most}) {
        for (const auto& transport : virga::rpc::test::transports())
            virga::rpc::test::report(transport, commands, threads);
    }
    return 0;
}
