#include "taskflow/parking.hpp"

#include <gtest/gtest.h>

#include <future>

namespace virga::taskflow {
namespace {

using namespace std::chrono_literals;

ActivePtr flow_named(const std::string& id) {
    repo::StoredFlow flow;
    flow.spec.id = FlowId(id);
    return std::make_shared<Active>(std::move(flow));
}

class ParkingTest : public testing::Test {
protected:
    std::vector<std::string> woken_;
    Parking parking_{[this](const ActivePtr& active) { woken_.push_back(active->id.value); }};
    ActivePtr flow_ = flow_named("f");
};

using Ids = std::vector<std::string>;

TEST_F(ParkingTest, WakesWhenTheLastAwaitedFlowHasEnded) {
    parking_.wait_for(flow_, {FlowId("a"), FlowId("b"), FlowId("a")});
    parking_.ended(FlowId("a"));
    parking_.ended(FlowId("a"));
    EXPECT_TRUE(parking_.is_parked(flow_));
    EXPECT_EQ(woken_, Ids{});
    parking_.ended(FlowId("b"));
    EXPECT_FALSE(parking_.is_parked(flow_));
    EXPECT_EQ(woken_, Ids{"f"});
}

TEST_F(ParkingTest, OneEndWakesAllThatWaitForIt) {
    const auto other = flow_named("g");
    parking_.wait_for(flow_, {FlowId("a")});
    parking_.wait_for(other, {FlowId("a")});
    parking_.ended(FlowId("a"));
    EXPECT_EQ(woken_, (Ids{"f", "g"}));
}

TEST_F(ParkingTest, WhoLeavesIsNotWoken) {
    parking_.wait_for(flow_, {FlowId("a")});
    parking_.leave(flow_);
    EXPECT_FALSE(parking_.is_parked(flow_));
    parking_.ended(FlowId("a"));
    EXPECT_EQ(woken_, Ids{});
}

TEST_F(ParkingTest, WaitingForNothingIsNotParked) {
    parking_.wait_for(flow_, {});
    EXPECT_FALSE(parking_.is_parked(flow_));
}

TEST(Parking, APauseEndsByItself) {
    std::promise<void> woken;
    Parking parking([&](const ActivePtr&) { woken.set_value(); });
    const auto flow = flow_named("f");
    parking.pause(flow, 1ms);
    woken.get_future().wait();
    EXPECT_FALSE(parking.is_parked(flow));
    parking.stop();
}

TEST(Parking, APauseThatWasLeftWakesNobodyInALaterOne) {
    std::promise<void> other;
    std::atomic<int> woken{0};
    const auto flow = flow_named("f");
    const auto last = flow_named("last");
    Parking parking([&](const ActivePtr& active) {
        if (active == last) return other.set_value();
        ++woken;
    });
    parking.pause(flow, 1ms);
    parking.leave(flow);
    parking.pause(flow, 1h);
    parking.pause(last, 2ms);  // due after the first pause of the other
    other.get_future().wait();
    EXPECT_TRUE(parking.is_parked(flow));
    EXPECT_EQ(woken, 0);
    parking.stop();
}

}  // namespace
}  // namespace virga::taskflow
