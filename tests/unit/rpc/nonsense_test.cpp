#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>

#include "base/ids.hpp"
#include "rpc/socket/connection.hpp"
#include "rpc/socket/control.hpp"
#include "rpc/socket/host.hpp"

namespace virga::rpc {
namespace {

TEST(RpcNonsense, ControlEndsTheConnectionAndAnswersOthers) {
    const auto path = "/tmp/virga-rpc-" + new_uuid() + ".sock";
    SocketControl control(path);
    control.start();
    Connection nonsense(connect_unix(path));
    ASSERT_TRUE(nonsense.send({{"type", 1}}));
    EXPECT_FALSE(nonsense.receive());
    SocketHost host(path, "h1", {1, 1});
    host.on("echo", [](const Command& command) { return command.params; });
    host.start();
    EXPECT_EQ(control.call("h1", "echo", {{"a", 1}}, {}), (json::object{{"a", 1}}));
    std::filesystem::remove(path);
}

// What a control process sends is no reason for a host to end.
TEST(RpcNonsense, AHostConnectsAnew) {
    const auto path = "/tmp/virga-rpc-" + new_uuid() + ".sock";
    const int listener = listen_unix(path);
    SocketHost host(path, "h1", {1, 1});
    host.start();
    for (const json::object& message :
         {json::object{{"type", 1}}, json::object{{"type", "call"}, {"id", "a"}, {"params", 7}},
          json::object{{"type", "call"}, {"id", 5}}, json::object{{"type", "cancel"}, {"id", json::array()}}}) {
        Connection control(::accept(listener, nullptr, nullptr));
        ASSERT_TRUE(control.receive());
        ASSERT_TRUE(control.send(message));
        EXPECT_FALSE(control.receive());
    }
    ::close(listener);
    std::filesystem::remove(path);
}

}  // namespace
}  // namespace virga::rpc
