#include <gtest/gtest.h>

#include <set>

#include "cloud.hpp"
#include "compute/check_claims.hpp"
#include "compute/flows/host_claim.hpp"
#include "compute/flows/known_hosts.hpp"
#include "compute/flows/presence.hpp"
#include "compute/flows/select_hosts.hpp"
#include "compute/repo/allocation_repo.hpp"
#include "compute/repo/host_repo.hpp"
#include "compute/service.hpp"

namespace virga::compute::flows {
namespace {

class ClaimsTest : public Cloud {
protected:
    Host host(const std::string& name) {
        return db_.read_with([&](db::Transaction& tx) { return repo::find_host(tx, name).value(); });
    }
    std::vector<Allocation> claims(const ServerId& server) {
        return db_.read_with([&](db::Transaction& tx) { return repo::allocations_of_server(tx, server); });
    }
    void expect_no_difference() {
        for (const auto& difference : db_.read_with([](db::Transaction& tx) { return check_claims(tx); }))
            ADD_FAILURE() << difference;
    }
    /// As if the program that began the flows were of before there were claims.
    void update_from_before_claims() {
        write([](db::Transaction& tx) {
            tx.exec("DROP TABLE hosts");
            tx.exec("DROP TABLE allocations");
            const std::set<int> changed_hosts{5, 11, 12};
            for (const auto& step : migrations()) {
                if (!changed_hosts.contains(step.version)) continue;
                for (const auto& statement : step.statements) tx.exec(statement);
            }
        });
    }
    Selection select(const scheduler::Request& request) {
        return db_.read_with([&](db::Transaction& tx) { return select_hosts(tx, d_, request, 3); });
    }
    HostClaim claim_of(const ServerId& server, const std::string& host) {
        return db_.read_with([&](db::Transaction& tx) { return claim_on_host(tx, d_, server, host); });
    }
};

TEST_F(ClaimsTest, AServerHoldsRoomFromItsChoiceToItsEnd) {
    gate_.at("conductor.schedule.before", [&] { EXPECT_EQ(db_.read().scalar("SELECT COUNT(*) FROM allocations"), 0); });
    const auto server = boot_active({image_root()});
    ASSERT_EQ(claims(server).size(), 1U);
    EXPECT_EQ(claims(server).front().amounts, (Amounts{1, 512, 1}));
    EXPECT_EQ(host("h1").used, (Amounts{1, 512, 1}));
    expect_no_difference();
    remove(server);
    settle(server);
    EXPECT_EQ(host("h1").used, Amounts());
    EXPECT_EQ(host("h1").servers, 0);
    expect_clean(server);
}

TEST_F(ClaimsTest, ABuildThatGoesToAnotherHostTakesItsClaimAlong) {
    hosts_.add("h2");
    std::string first;
    gate_.at("virt.libvirt.spawn.after", [&] {
        first = host("h1").servers == 1 ? "h1" : "h2";
        throw Error(ErrorCode::Internal, "broken");
    });
    const auto server = boot_active({image_root()});
    ASSERT_EQ(claims(server).size(), 1U);
    EXPECT_NE(claims(server).front().host, first);
    EXPECT_EQ(host(first).used, Amounts());
    EXPECT_EQ(claim_of(server, first), HostClaim::Released);
    EXPECT_EQ(claim_of(server, claims(server).front().host), HostClaim::Held);
    expect_no_difference();
}

TEST_F(ClaimsTest, RoomOnAnotherHostIsHeldThere) {
    hosts_.add("h2");
    const auto server = boot_active({image_root()}, "h1");
    EXPECT_EQ(claim_of(server, "h2"), HostClaim::Released);
    write([&](db::Transaction& tx) { EXPECT_TRUE(repo::claim(tx, {server, "h2", ClaimRole::Incoming, {1, 512, 1}})); });
    EXPECT_EQ(claim_of(server, "h2"), HostClaim::Held);
    expect_no_difference();
}

TEST_F(ClaimsTest, ADeleteThatIsUnderWayHasReleasedTheHost) {
    const auto server = boot_active({image_root()});
    gate_.at("compute.manager.destroy_guest.before", [&] {
        EXPECT_EQ(claims(server).size(), 1U);
        EXPECT_EQ(claim_of(server, "h1"), HostClaim::Released);
    });
    remove(server);
    settle(server);
    EXPECT_TRUE(gate_.passed("compute.manager.destroy_guest.before"));
    expect_clean(server);
}

TEST_F(ClaimsTest, AnUpdateDuringABootKeepsItsRoom) {
    const auto running = boot_active({image_root()});
    gate_.at("virt.libvirt.spawn.before", [&] { update_from_before_claims(); });
    const auto server = boot_active({image_root()});
    EXPECT_EQ(claims(server).size(), 1U);
    EXPECT_EQ(host("h1").servers, 2);
    expect_no_difference();
    for (const auto& id : {running, server}) {
        remove(id);
        settle(id);
    }
    EXPECT_EQ(host("h1").servers, 0);
    expect_clean(server);
}

TEST_F(ClaimsTest, AnUpdateBeforeTheChoiceOfABootFindsItsHost) {
    gate_.at("conductor.schedule.before", [&] { update_from_before_claims(); });
    const auto server = boot_active({image_root()});
    EXPECT_EQ(host("h1").used, (Amounts{1, 512, 1}));
    expect_no_difference();
    remove(server);
    settle(server);
    expect_clean(server);
}

TEST_F(ClaimsTest, AnUpdateDuringABootThatFailsGivesItsRoomBack) {
    gate_.at("virt.libvirt.spawn.after", [&] {
        update_from_before_claims();
        throw Error(ErrorCode::Internal, "broken");
    });
    const auto server = boot({image_root()});
    settle(server);
    EXPECT_EQ(get(server).vm_state, VmState::Error);
    EXPECT_TRUE(claims(server).empty());
    EXPECT_EQ(host("h1").used, Amounts());
    expect_clean(server);
}

TEST_F(ClaimsTest, RowsSayWhichHostsAreConnected) {
    HostHearing hearing(d_);  // of a shared database: whom no process hears is down
    const auto note_connection = [&] {
        record_connection(d_, "h2");
        if (db_.is_shared()) hearing.tell();
    };
    hosts_.add("h2");
    record_hosts(d_);
    note_connection();
    EXPECT_TRUE(host("h2").up);
    hosts_.set_down("h2", true);
    record_hosts(d_);
    note_connection();
    EXPECT_FALSE(host("h2").up);
    hosts_.set_down("h2", false);
    record_host(d_, "h2", {{"vcpus", 2}, {"memory_mib", 100}, {"disk_gib", 10}});
    EXPECT_TRUE(host("h2").up);
    EXPECT_EQ(host("h2").total, (Amounts{2, 100, 10}));
    hosts_.set_down("h2", true);
    note_connection();
    EXPECT_FALSE(host("h2").up);
}

/// It was heard before its process first told the others, and ended by then.
TEST_F(ClaimsTest, AHostThatEndsBeforeItsProcessFirstTellsIsDown) {
    if (!db_.is_shared()) GTEST_SKIP() << "hosts are heard of by others on a shared database only";
    HostHearing hearing(d_);
    hosts_.add("h2");
    const auto report = hosts_.find("h2").value().report;
    record_host(d_, "h2", report);
    hearing.keep_report("h2", report);
    hosts_.set_down("h2", true);
    hearing.tell();
    EXPECT_FALSE(host("h2").up);
    for (const auto& found : all_compute_hosts(d_)) EXPECT_TRUE(found.name != "h2" || !found.answers);
}

TEST_F(ClaimsTest, AHostThatSaysOddThingsKeepsNoOtherFromBeingHeard) {
    HostHearing hearing(d_);
    hosts_.add("h2");
    record_hosts(d_);
    hosts_.add("odd", {{"vcpus", "8"}});
    record_connection(d_, "h2");
    if (db_.is_shared()) hearing.tell();
    EXPECT_TRUE(host("h2").up);
    for (const auto& found : all_compute_hosts(d_)) EXPECT_NE(found.name, "odd");
}

TEST_F(ClaimsTest, AChoiceAmongManyHostsReadsOnePage) {
    constexpr int kHosts = 300;
    for (int i = 0; i < kHosts; ++i) hosts_.add("many" + std::to_string(i));
    record_hosts(d_);
    scheduler::Request request;
    request.memory_mib = 512;
    const auto found = select(request);
    EXPECT_EQ(found.choice.hosts.size(), 3U);
    EXPECT_EQ(found.hosts.size(), 32U);
    request.wanted_host = "many7";
    EXPECT_EQ(select(request).hosts.size(), 1U);
    EXPECT_EQ(select(request).choice.hosts.front(), "many7");
}

/// What the rows say is counted in the database: it must be what the scheduler says of each host.
TEST_F(ClaimsTest, WithoutAValidHostEachIsCountedByTheFilterThatRefusesIt) {
    for (int i = 0; i < 12; ++i) {
        const auto number = std::to_string(i);
        hosts_.add("small" + number, {{"memory_mib", 100}, {"zone", i % 2 == 0 ? "nova" : "west"}});
        hosts_.add("slow" + number, {{"vcpus", 1}, {"remote_disks", i % 3 == 0}});
        hosts_.add("full" + number, {{"disk_gib", 1}});
        hosts_.set_down("full" + number, i % 4 == 0);
    }
    std::vector<scheduler::Request> requests(9);
    for (auto& request : requests) {
        request.vcpus = 2;
        request.memory_mib = 512;
        request.disk_gib = 2000;
    }
    requests[1].zone = "west";
    requests[2].wanted_host = "slow1";
    requests[3].same_hosts = {"full0", "small1"};
    requests[4].different_hosts = {"full1", "slow3"};
    requests[5].excluded = {"h1", "full1", "small2"};
    requests[6].volume_hosts = {"h1"};
    requests[7].near_hosts = {"full2"};
    requests[8].disk_gib = 0;
    requests[8].vcpus = 200;  // more than 16 times what a host has
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const auto found = select_of_all_hosts(d_, requests[i], 3);
        ASSERT_TRUE(found.choice.hosts.empty()) << i;
        std::vector<scheduler::HostView> views;
        for (const auto& host : db_.read_with([](db::Transaction& tx) { return repo::all_hosts(tx); })) {
            views.push_back({host.name, hosts_.answers(host.name), host.service.disabled, host.zone, host.limit.vcpus,
                             host.limit.memory_mib, host.limit.disk_gib, host.used.vcpus, host.used.memory_mib,
                             host.used.disk_gib, host.servers,
                             host.name.starts_with("slow") && std::stoi(host.name.substr(4)) % 3 == 0});
        }
        EXPECT_EQ(found.total, views.size()) << i;
        const auto wanted = scheduler::choose(views, requests[i], 3);
        EXPECT_EQ(found.choice.rejections, wanted.rejections) << i;
        EXPECT_EQ(found.choice.rejection_reasons, wanted.rejection_reasons) << i;
        EXPECT_FALSE(found.may_return) << i;
    }
}

TEST_F(ClaimsTest, OnlyTheHostWithRoomLeftIsChosen) {
    hosts_.add("h2", {{"memory_mib", 100}});
    hosts_.add("h3", {{"vcpus", 0}});
    hosts_.add("h4");
    hosts_.set_down("h4", true);
    record_hosts(d_);
    EXPECT_EQ(get(boot_active({image_root()})).host, "h1");
    EXPECT_FALSE(db_.read_with([](db::Transaction& tx) { return repo::find_host(tx, "h3"); }));
}

}  // namespace
}  // namespace virga::compute::flows
