#include "http/waiters.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "server_fixture.hpp"

namespace virga::http {
namespace {

using Turn = Waiters::Turn;

/// Work that waits until it is let go.
class Gate {
public:
    Waiters::Work work() {
        return [this](Turn turn) {
            if (turn == Turn::Refused) {
                ++refused;
                return;
            }
            ++entered;
            entered.notify_all();
            opened_.wait();
        };
    }
    void wait_entered(int wanted) {
        for (int now = entered; now < wanted; now = entered) entered.wait(now);
    }
    void open() { open_.set_value(); }

    std::atomic<int> entered{0};
    std::atomic<int> refused{0};

private:
    std::promise<void> open_;
    std::shared_future<void> opened_{open_.get_future().share()};
};

TEST(Waiters, HalfOfTheThreadsAtMostWaitForOneThing) {
    Waiters waiters(4);
    Gate stuck;
    for (int i = 0; i < 10; ++i) waiters.post("stuck", "", stuck.work());
    stuck.wait_entered(2);
    std::promise<Turn> other;
    waiters.post("other", "", [&](Turn turn) { other.set_value(turn); });
    EXPECT_EQ(other.get_future().get(), Turn::Run);
    EXPECT_EQ(stuck.entered, 2);
    stuck.open();
    stuck.wait_entered(10);
    waiters.stop();
    EXPECT_EQ(stuck.refused, 0);
}

TEST(Waiters, MoreThanMayQueueAreRefusedAtOnce) {
    Waiters waiters(2);
    Gate stuck;
    waiters.post("stuck", "", stuck.work());
    stuck.wait_entered(1);
    for (std::size_t i = 0; i < Waiters::kMostQueued; ++i) waiters.post("stuck", "", stuck.work());
    EXPECT_EQ(stuck.refused, 0);
    waiters.post("stuck", "", stuck.work());
    EXPECT_EQ(stuck.refused, 1);
    stuck.open();
    stuck.wait_entered(1 + static_cast<int>(Waiters::kMostQueued));
}

TEST(Waiters, OneAccountLeavesPlacesToTheOthers) {
    Waiters waiters(8);
    Gate greedy;
    for (int i = 0; i < 20; ++i) waiters.post("host", "greedy", greedy.work());
    greedy.wait_entered(2);
    for (const auto* account : {"modest", "other"}) {
        std::promise<Turn> done;
        waiters.post("host", account, [&](Turn turn) { done.set_value(turn); });
        EXPECT_EQ(done.get_future().get(), Turn::Run);
    }
    EXPECT_EQ(greedy.entered, 2);
    greedy.open();
    greedy.wait_entered(20);
    waiters.stop();
    EXPECT_EQ(greedy.refused, 0);
}

TEST(Waiters, OneAccountHasAShareOfTheQueue) {
    Waiters waiters(2);
    Gate stuck;
    waiters.post("host", "greedy", stuck.work());
    stuck.wait_entered(1);
    for (std::size_t i = 0; i < Waiters::kMostOfOne; ++i) waiters.post("host", "greedy", stuck.work());
    EXPECT_EQ(stuck.refused, 0);
    waiters.post("host", "greedy", stuck.work());
    EXPECT_EQ(stuck.refused, 1);
    waiters.post("host", "modest", stuck.work());
    EXPECT_EQ(stuck.refused, 1);
    stuck.open();
    stuck.wait_entered(2 + static_cast<int>(Waiters::kMostOfOne));
}

TEST(Waiters, OneAccountLeavesThreadsWhateverItWaitsFor) {
    Waiters waiters(4);
    Gate stuck;
    for (int i = 0; i < 4; ++i) waiters.post("host-" + std::to_string(i), "greedy", stuck.work());
    stuck.wait_entered(2);
    std::promise<Turn> done;
    waiters.post("host-3", "modest", [&](Turn turn) { done.set_value(turn); });
    EXPECT_EQ(done.get_future().get(), Turn::Run);
    EXPECT_EQ(stuck.entered, 2);
    stuck.open();
    stuck.wait_entered(4);
}

TEST(Waiters, AnEndRefusesWhatIsQueued) {
    Waiters waiters(2);
    Gate stuck;
    waiters.post("stuck", "", stuck.work());
    waiters.post("stuck", "", stuck.work());
    stuck.wait_entered(1);
    auto ended = std::async(std::launch::async, [&] { waiters.stop(); });
    while (stuck.refused == 0) std::this_thread::yield();
    stuck.open();
    ended.get();
    EXPECT_EQ(stuck.entered, 1);
    waiters.post("stuck", "", stuck.work());
    EXPECT_EQ(stuck.refused, 2);
}

class LaterAnswer : public testing::ServerTest {};

TEST_F(LaterAnswer, HasTheHeadersOfTheHandlerAndTheFaultsOfItsService) {
    router_.add({"GET", "/later", [](Request&) {
                     auto begun = Response::waiting_for("a host", [] { return text("at last"); });
                     begun.headers.set("OpenStack-API-Version", "volume 3.70");
                     return begun;
                 }});
    router_.add({"GET", "/compute/later", [](Request&) {
                     return Response::waiting_for("a host", []() -> Response {
                         throw Error(ErrorCode::Unavailable, "The host does not answer.");
                     });
                 }});
    start();
    const auto answer = request("GET", url_ + "/later");
    EXPECT_EQ(answer.body, "at last");
    EXPECT_EQ(answer.headers.get("openstack-api-version"), "volume 3.70");
    EXPECT_NE(answer.headers.get("x-openstack-request-id"), "");
    const auto fault = request("GET", url_ + "/compute/later");
    EXPECT_EQ(fault.status, 503);
    EXPECT_NE(fault.body.find("The host does not answer."), std::string::npos);
}

TEST_F(LaterAnswer, HoldsUpNobodyElse) {
    std::promise<void> release;
    const auto released = release.get_future().share();
    router_.add({"GET", "/stuck", [released](Request&) {
                     return Response::waiting_for("a host", [released] {
                         released.wait();
                         return text("free");
                     });
                 }});
    ServerOptions options;
    options.threads = 1;
    start(options);
    std::vector<std::future<ClientResponse>> stuck;
    for (int i = 0; i < 12; ++i) {
        stuck.push_back(std::async(std::launch::async, [this] { return request("GET", url_ + "/stuck"); }));
    }
    for (int i = 0; i < 20; ++i) EXPECT_EQ(request("GET", url_ + "/hello").body, "hello");
    release.set_value();
    for (auto& one : stuck) EXPECT_EQ(one.get().body, "free");
}

TEST_F(LaterAnswer, OneAccountHoldsUpNoOther) {
    std::promise<void> release;
    std::atomic<int> entered{0};
    const auto released = release.get_future().share();
    router_.set_gate([](const Request& request) { return std::string(request.headers.get(RequestHeader::AuthToken)); });
    router_.add({"GET", "/disk", [released, &entered](const Request& request) {
                     const bool stuck = request.headers.get(RequestHeader::AuthToken) == "greedy";
                     return Response::waiting_for("a host", [released, stuck, &entered] {
                         ++entered;
                         entered.notify_all();
                         if (stuck) released.wait();
                         return text("done");
                     });
                 }});
    start();
    const auto ask = [this](const std::string& token) {
        Headers headers;
        headers.add("X-Auth-Token", token);
        return request("GET", url_ + "/disk", headers).body;
    };
    std::vector<std::future<std::string>> greedy;
    for (int i = 0; i < 12; ++i) greedy.push_back(std::async(std::launch::async, ask, "greedy"));
    for (int now = entered; now < 2; now = entered) entered.wait(now);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(ask("modest"), "done");
    EXPECT_EQ(entered, 22);
    release.set_value();
    for (auto& one : greedy) EXPECT_EQ(one.get(), "done");
}

TEST(Router, AnEmptyIdIsNobodysWhereThatIsSo) {
    Router router;
    router.refuse_empty_ids("/volume/v3");
    for (const char* pattern : {"/volume/v3", "/volume/v3/volumes", "/compute/v2.1/servers"}) {
        router.add({"GET", pattern, [](Request&) { return Response::empty(200); }});
    }
    const auto status = [&](const std::string& method, const std::string& path) {
        Request request;
        request.method = method;
        request.path = request.target = path;
        return router.handle(request).status;
    };
    EXPECT_EQ(status("GET", "/volume/v3/"), 200);
    EXPECT_EQ(status("GET", "/volume/v3/volumes"), 200);
    EXPECT_EQ(status("GET", "/volume/v3/volumes/"), 404);
    EXPECT_EQ(status("DELETE", "/volume/v3/volumes/"), 404);
    EXPECT_EQ(status("DELETE", "/volume/v3/volumes"), 405);
    EXPECT_EQ(status("GET", "/compute/v2.1/servers/"), 200);
}

}  // namespace
}  // namespace virga::http
