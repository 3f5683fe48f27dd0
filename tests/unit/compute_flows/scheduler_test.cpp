#include "compute/scheduler/scheduler.hpp"

#include <gtest/gtest.h>

namespace virga::compute::scheduler {
namespace {

HostView host(const std::string& name, std::int64_t memory_mib = 1000) {
    HostView view;
    view.name = name;
    view.zone = "nova";
    view.vcpus = 2;
    view.memory_mib = memory_mib;
    view.disk_gib = 20;
    return view;
}

Request request() {
    Request wanted;
    wanted.vcpus = 1;
    wanted.memory_mib = 512;
    wanted.disk_gib = 5;
    return wanted;
}

std::string refused_by(const HostView& view, const Request& wanted) {
    const auto why = reject(view, wanted);
    return why ? why->filter : "";
}

TEST(Filters, EachRefusesWhatItIsFor) {
    EXPECT_EQ(refused_by(host("h1"), request()), "");

    auto down = host("h1");
    down.up = false;
    EXPECT_EQ(refused_by(down, request()), "ComputeFilter");

    auto wanted = request();
    wanted.zone = "west";
    EXPECT_EQ(refused_by(host("h1"), wanted), "AvailabilityZoneFilter");

    wanted = request();
    wanted.wanted_host = "h2";
    EXPECT_EQ(refused_by(host("h1"), wanted), "RequestedDestinationFilter");
    EXPECT_EQ(refused_by(host("h2"), wanted), "");

    wanted = request();
    wanted.same_hosts = {"h2", "h3"};
    EXPECT_EQ(refused_by(host("h1"), wanted), "SameHostFilter");
    EXPECT_EQ(refused_by(host("h2"), wanted), "");
    wanted.same_hosts = std::set<std::string>();
    EXPECT_EQ(refused_by(host("h1"), wanted), "SameHostFilter");

    wanted = request();
    wanted.different_hosts = {"h1"};
    EXPECT_EQ(refused_by(host("h1"), wanted), "DifferentHostFilter");
    EXPECT_EQ(refused_by(host("h2"), wanted), "");

    wanted = request();
    wanted.excluded = {"h1"};
    EXPECT_EQ(refused_by(host("h1"), wanted), "RetryFilter");

    wanted = request();
    wanted.volume_hosts = {"h2"};
    EXPECT_EQ(refused_by(host("h1"), wanted), "VolumeLocalityFilter");
    wanted.volume_hosts = {"h1", "h2"};
    EXPECT_EQ(refused_by(host("h1"), wanted), "VolumeLocalityFilter");
    EXPECT_EQ(refused_by(host("h2"), wanted), "VolumeLocalityFilter");
}

TEST(Filters, VolumesThatAreExportedNeedAHostThatCanUseThem) {
    auto wanted = request();
    wanted.near_hosts = {"h2"};
    EXPECT_EQ(refused_by(host("h1"), wanted), "VolumeLocalityFilter");
    EXPECT_EQ(refused_by(host("h2"), wanted), "");
    auto with_certificates = host("h1");
    with_certificates.remote_disks = true;
    EXPECT_EQ(refused_by(with_certificates, wanted), "");
    wanted.volume_hosts = {"h2"};
    EXPECT_EQ(refused_by(with_certificates, wanted), "VolumeLocalityFilter") << "another volume can't leave its host";
}

TEST(Choose, TheHostOfTheVolumesComesFirstWhileItHasRoom) {
    std::vector<HostView> hosts{host("h1", 3000), host("h2", 1000), host("h3", 2000)};
    for (auto& view : hosts) view.remote_disks = true;
    auto wanted = request();
    wanted.near_hosts = {"h2"};
    auto choice = choose(hosts, wanted, 3);
    EXPECT_EQ(choice.hosts, (std::vector<std::string>{"h2", "h1", "h3"}));
    EXPECT_NE(choice.decision.find("where its volumes are"), std::string::npos) << choice.decision;
    hosts[1].used_memory_mib = 1000;
    choice = choose(hosts, wanted, 3);
    EXPECT_EQ(choice.hosts, (std::vector<std::string>{"h1", "h3"}));
}

TEST(Filters, CapacityCountsWhatIsTaken) {
    auto view = host("h1");
    view.used_memory_mib = 488;
    EXPECT_EQ(refused_by(view, request()), "");
    view.used_memory_mib = 489;
    EXPECT_EQ(refused_by(view, request()), "RamFilter");

    view = host("h1");
    view.used_vcpus = 2;
    EXPECT_EQ(refused_by(view, request()), "CoreFilter");

    view = host("h1");
    view.used_disk_gib = 16;
    EXPECT_EQ(refused_by(view, request()), "DiskFilter");
}

TEST(Filters, ServerWithoutLocalDiskFitsOnAFullDisk) {
    auto view = host("h1");
    view.used_disk_gib = 25;
    auto wanted = request();
    wanted.disk_gib = 0;
    EXPECT_EQ(refused_by(view, wanted), "");
}

TEST(Weights, MostFreeMemoryThenFewestServersThenName) {
    auto busy = host("a", 2000);
    busy.servers = 3;
    auto quiet = host("b", 2000);
    quiet.servers = 1;
    std::vector<HostView> hosts{host("c", 1000), busy, quiet, host("d", 1000)};
    sort_by_weight(hosts);
    std::string order;
    for (const auto& view : hosts) order += view.name;
    EXPECT_EQ(order, "bacd");
}

TEST(Choose, PrimaryAlternatesAndDecision) {
    const auto choice = choose({host("h1", 1000), host("h2", 3000), host("h3", 2000), host("h4", 100)}, request(), 2);
    EXPECT_EQ(choice.hosts, (std::vector<std::string>{"h2", "h3"}));
    EXPECT_NE(choice.decision.find("chose host h2 of 3 that passed (RAM 512 <= free 3000 MiB"), std::string::npos)
        << choice.decision;
    EXPECT_EQ(choice.rejections.at("RamFilter"), 1);
    EXPECT_TRUE(choice.decision.ends_with("; RamFilter refused 1")) << choice.decision;
}

TEST(Choose, NoValidHostNamesEveryReason) {
    auto down = host("h2");
    down.up = false;
    const auto choice = choose({host("h1", 100), down}, request(), 3);
    EXPECT_TRUE(choice.hosts.empty());
    const auto text = explain_rejections(choice, 2);
    EXPECT_NE(text.find("h1: RamFilter (RAM 512 MiB > free 100 MiB)"), std::string::npos) << text;
    EXPECT_NE(text.find("h2: ComputeFilter (host is down)"), std::string::npos) << text;
    EXPECT_EQ(explain_rejections(choose({}, request(), 3), 0), "no host is connected");
}

}  // namespace
}  // namespace virga::compute::scheduler
