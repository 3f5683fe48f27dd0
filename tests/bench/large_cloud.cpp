#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <vector>

#include "compute/flows/known_hosts.hpp"
#include "compute/flows/select_hosts.hpp"
#include "compute/repo/host_repo.hpp"
#include "compute/repo/server_repo.hpp"
#include "compute/service.hpp"
#include "db/conditions.hpp"
#include "harness/test_database.hpp"
#include "network/repo/list_query.hpp"
#include "network/repo/port_repo.hpp"
#include "network/repo/quota_repo.hpp"
#include "network/repo/reach.hpp"
#include "unit/compute_flows/fake_hosts.hpp"

/// What single questions cost in a cloud of 10,000 hosts and one project with 100,000 servers, beside the reading of
/// one row: `bench_large [HOSTS [SERVERS]]`. A line for each: what, the median and the 99th percentile in microseconds.
namespace virga::compute::flows {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kPage = 100;
constexpr std::size_t kMostHosts = 3;

void measure(const char* what, const std::function<void()>& once) {
    constexpr int kTimes = 200;
    std::vector<double> taken;
    for (int i = 0; i < kTimes; ++i) {
        const auto started = Clock::now();
        once();
        taken.push_back(std::chrono::duration<double, std::micro>(Clock::now() - started).count());
    }
    std::sort(taken.begin(), taken.end());
    std::printf("%s %.0f %.0f\n", what, taken[taken.size() / 2], taken[taken.size() * 99 / 100]);
    std::fflush(stdout);
}

class UnchangedHosts : public FakeHosts {
public:
    std::uint64_t version() const override { return 1; }
};

db::Database& migrated(db::Database& database) {
    for (const auto* list : {&taskflow::migrations(), &identity::migrations(), &image::migrations(),
                             &volume::migrations(), &network::migrations(), &migrations()}) {
        db::migrate(database, *list);
    }
    return database;
}

std::filesystem::path new_folder() {
    auto folder = std::filesystem::temp_directory_path() / ("virga-bench-" + new_uuid());
    std::filesystem::create_directories(folder);
    return folder;
}

class LargeCloud {
public:
    LargeCloud() = default;
    LargeCloud(const LargeCloud&) = delete;
    LargeCloud& operator=(const LargeCloud&) = delete;
    ~LargeCloud() { std::filesystem::remove_all(folder_); }

    void fill(int hosts, int servers) {
        for (int i = 0; i < hosts; ++i) {
            const auto name = "host-" + std::to_string(i);
            hosts_.add(name);
            HostReport report;
            report.name = name;
            report.zone = "nova";
            report.storage_zone = "nova";
            report.total = {8, 8192, 1000};
            report.limit = report.total;
            reports_.push_back(report);
        }
        in_pieces(hosts, [&](db::Transaction& tx, int i) { repo::save_host(tx, reports_[std::size_t(i)]); });
        record_hosts(d_);
        network_ = new_uuid();
        db_.write_with([&](db::Transaction& tx) {
            tx.exec(
                "INSERT INTO networks (id, project_id, name, description, created_us, updated_us, revision, "
                "admin_state_up, shared, mtu) VALUES (?, ?, 'n', '', 1, 1, 1, 1, 1, 1500)",
                {network_, new_uuid()});
        });
        in_pieces(servers, [&](db::Transaction& tx, int i) { add_server(tx, i); });
        // As the server of a database does by itself.
        if (test::TestDatabase::is_postgresql()) db_.write_with([](db::Transaction& tx) { tx.exec("ANALYZE"); });
        std::sort(ports_.begin(), ports_.end());
    }

    void measure_all() {
        measure("one-row", [&] { read([&](db::Transaction& tx) { repo::find_host(tx, "host-1"); }); });
        scheduler::Request request;
        request.memory_mib = 512;
        measure("schedule", [&] { choose(request); });
        request.memory_mib = 1'000'000;
        measure("schedule-without-memory", [&] { choose(request); });
        request.memory_mib = 512;
        request.vcpus = 1000;
        measure("schedule-without-vcpus", [&] { choose(request); });
        measure("quota", [&] {
            read([&](db::Transaction& tx) {
                repo::usage_of_project(tx, project_);
                networks_.port_usage(tx, project_);
            });
        });
        measure("servers-first-page", [&] { list_servers({}); });
        measure("servers-deep-page", [&] { list_servers(middle_.value); });
        measure("ports-first-page", [&] { list_ports({}); });
        measure("ports-deep-page", [&] { list_ports(ports_[ports_.size() / 2]); });
    }

private:
    template <class F>
    void in_pieces(int count, F&& add) {
        constexpr int kAtOnce = 5000;
        for (int begin = 0; begin < count; begin += kAtOnce) {
            db_.write_with([&](db::Transaction& tx) {
                for (int i = begin; i < std::min(count, begin + kAtOnce); ++i) add(tx, i);
            });
        }
    }

    void add_server(db::Transaction& tx, int number) {
        Server server;
        server.id = new_id<ServerId>();
        server.name = "server-" + std::to_string(number);
        server.project = project_;
        server.vm_state = VmState::Active;
        server.task_state = TaskState::None;
        server.flavor.id = "1";
        server.flavor.memory_mib = 512;
        server.created_us = server.updated_us = 1'000'000 + number;
        repo::insert_server(tx, server);
        if (number == 1000) middle_ = server.id;  // newest first: all others are before it
        network::Port port;
        port.id = new_uuid();
        port.project_id = project_.value;
        port.network_id = network_;
        port.server_id = server.id.value;
        network::repo::insert_port(tx, port);
        ports_.push_back(port.id);
    }

    template <class F>
    void read(F&& function) {
        db_.read_with(function);
    }

    void choose(const scheduler::Request& request) {
        auto found = db_.read_with([&](db::Transaction& tx) { return select_hosts(tx, d_, request, kMostHosts); });
        if (found.choice.hosts.empty()) found = select_of_all_hosts(d_, request, kMostHosts);
    }

    void list_servers(const std::string& marker) {
        repo::ServerFilter filter;
        filter.project = project_.value;
        filter.marker = marker;
        filter.limit = kPage;
        read([&](db::Transaction& tx) { repo::list_servers(tx, filter); });
    }

    void list_ports(const std::string& marker) {
        network::repo::ListQuery query;
        network::repo::only_ports_of(query, project_.value);
        if (!marker.empty()) {
            const auto behind = db::behind_marker({{"t.id", true, marker}});
            query.add(behind.sql, behind.params);
        }
        query.order = "t.id ASC";
        query.limit = kPage;
        read([&](db::Transaction& tx) { network::repo::list_ports(tx, query); });
    }

    std::filesystem::path folder_ = new_folder();
    test::TestDatabase place_{folder_};
    UnchangedHosts hosts_;
    config::Config config_;
    db::Database db_{place_.url()};
    identity::Service identity_{migrated(db_), config_};
    image::Service images_{db_, config_, identity_, folder_.string()};
    taskflow::Registry registry_;
    taskflow::Runner runner_{db_, registry_, 1};
    volume::Service volumes_{db_, config_, identity_, images_, hosts_, runner_};
    network::Service networks_{db_, config_, identity_, hosts_, runner_};
    Dependencies d_{db_, config_, images_, volumes_, networks_, hosts_, runner_};
    ProjectId project_{new_uuid()};
    std::string network_;
    std::vector<HostReport> reports_;
    std::vector<std::string> ports_;
    ServerId middle_;
};

}  // namespace
}  // namespace virga::compute::flows

int main(int count, char** words) {
    const auto number = [&](int at, int fallback) { return count > at ? std::atoi(words[at]) : fallback; };
    virga::compute::flows::LargeCloud cloud;
    cloud.fill(number(1, 10'000), number(2, 100'000));
    cloud.measure_all();
}
