#include "base/work_scope.hpp"
#include "server_fixture.hpp"

namespace virga::http::testing {
namespace {

/// Behind a gate that knows the tokens "good-<account>".
class AdmissionTest : public ServerTest {
protected:
    void SetUp() override {
        ServerTest::SetUp();
        router_.add(public_route("POST", "/open", [](Request& request) { return text(request.body); }));
        router_.add({"PUT", "/take", [this](Request& request) { return take(request); }, true});
        router_.set_gate([this](const Request& request) {
            ++asked_;
            const auto token = request.headers.get(RequestHeader::AuthToken);
            if (!token.starts_with("good-")) throw Error(ErrorCode::Unauthenticated, "The token is not valid.");
            return std::string(token.substr(5));
        });
    }

    /// Takes a body to its end.
    Response take(Request& request) {
        ++running_;
        running_.notify_all();
        char piece[4096];
        std::size_t total = 0;
        while (const auto got = request.stream->read(piece, sizeof piece)) total += got;
        return text(std::to_string(total));
    }

    void wait_for_running(int count) {
        for (int now = running_; now < count; now = running_) running_.wait(now);
    }

    static std::string head(const std::string& line, const std::string& token, std::size_t length) {
        return line + " HTTP/1.1\r\nHost: x\r\nX-Auth-Token: " + token +
               "\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n";
    }

    std::atomic<int> asked_{0};
    std::atomic<int> running_{0};
};

TEST_F(AdmissionTest, refuses_before_the_body) {
    start();
    for (const std::string line : {"POST /echo", "PUT /hash"}) {
        RawConnection connection(server_->port());
        connection.send(head(line, "bad", 100'000));
        const auto response = connection.read_response();
        EXPECT_TRUE(response.starts_with("HTTP/1.1 401 ")) << line;
        EXPECT_NE(response.find("WWW-Authenticate: Keystone"), std::string::npos);
        EXPECT_NE(response.find("Connection: close"), std::string::npos);
    }
}

TEST_F(AdmissionTest, asks_nobody_without_a_token_or_a_route) {
    start();
    RawConnection none(server_->port());
    none.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
    EXPECT_TRUE(none.read_response().starts_with("HTTP/1.1 401 "));
    RawConnection unknown(server_->port());
    unknown.send(head("POST /unknown", "good-a", 100'000));
    EXPECT_TRUE(unknown.read_response().starts_with("HTTP/1.1 404 "));
    RawConnection method(server_->port());
    method.send(head("POST /hello", "good-a", 100'000));
    EXPECT_TRUE(method.read_response().starts_with("HTTP/1.1 405 "));
    EXPECT_EQ(asked_, 0);
}

TEST_F(AdmissionTest, reads_the_body_of_an_admitted_request) {
    start();
    RawConnection connection(server_->port());
    connection.send(head("POST /echo", "good-a", 4));
    connection.send("body");
    EXPECT_TRUE(connection.read_response().ends_with("\r\n\r\nbody"));
    connection.send(head("PUT /hash", "good-a", 4) + "body");
    EXPECT_NE(connection.read_response().find("\r\n\r\n4 "), std::string::npos);
}

TEST_F(AdmissionTest, a_body_that_came_with_its_head_needs_no_gate) {
    start();
    RawConnection connection(server_->port());
    connection.send(head("POST /echo", "good-a", 4) + "body");
    EXPECT_TRUE(connection.read_response().ends_with("\r\n\r\nbody"));
    EXPECT_EQ(asked_, 0);
}

TEST_F(AdmissionTest, open_routes_take_short_bodies) {
    start({.open_body_bytes = 1000});
    RawConnection connection(server_->port());
    connection.send("POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + std::string(500, 'a'));
    connection.send(std::string(500, 'b'));
    EXPECT_TRUE(connection.read_response().starts_with("HTTP/1.1 200 "));
    connection.send("POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
    EXPECT_TRUE(connection.read_response().starts_with("HTTP/1.1 413 "));
}

TEST_F(AdmissionTest, the_oldest_bodies_make_room_in_the_budget) {
    start({.bodies_bytes = 1'000'000});
    RawConnection slow(server_->port());
    slow.send(head("POST /echo", "good-a", 700'000) + std::string(600'000, 'x'));
    slow.send("y");
    const std::string body(600'000, 'z');
    RawConnection quick(server_->port());
    for (int i = 0; i < 3; ++i) {
        quick.send(head("POST /echo", "good-b", body.size()) + body);
        EXPECT_TRUE(quick.read_response().ends_with(body));
    }
    RawConnection lone(server_->port());
    lone.send(head("POST /echo", "good-a", 1'000'001) + std::string(1'000'001, 'x'));
    EXPECT_TRUE(lone.read_response().starts_with("HTTP/1.1 503 "));
}

TEST_F(AdmissionTest, uploads_of_one_account_wait_for_each_other_only) {
    start({.upload_threads = 2, .uploads_per_account = 1, .body_timeout = std::chrono::milliseconds(20'000)});
    RawConnection first(server_->port());
    first.send(head("PUT /take", "good-a", 2) + "x");
    wait_for_running(1);
    RawConnection second(server_->port());
    second.send(head("PUT /take", "good-a", 2) + "xy");
    RawConnection other(server_->port());
    other.send(head("PUT /take", "good-b", 2) + "xy");
    EXPECT_TRUE(other.read_response().ends_with("\r\n\r\n2"));
    EXPECT_EQ(running_, 2);  // not the second one
    first.send("y");
    EXPECT_TRUE(first.read_response().ends_with("\r\n\r\n2"));
    EXPECT_TRUE(second.read_response().ends_with("\r\n\r\n2"));
}

TEST_F(AdmissionTest, an_upload_that_waits_too_long_hears_why) {
    start({.uploads_per_account = 1, .body_timeout = std::chrono::milliseconds(300)});
    RawConnection first(server_->port());
    first.send(head("PUT /take", "good-a", 1'000'000) + "x");
    wait_for_running(1);
    RawConnection second(server_->port());
    second.send(head("PUT /take", "good-a", 2));
    std::string all;
    // The first one is given up for its silence at about the same time: whichever comes first, there is an answer.
    all = second.read_response();
    EXPECT_TRUE(all.starts_with("HTTP/1.1 503 ")) << all;
}

TEST_F(AdmissionTest, a_stalled_upload_gives_its_thread_to_those_who_wait) {
    start({.upload_threads = 1, .stalled_timeout = std::chrono::milliseconds(200)});
    RawConnection stalled(server_->port());
    stalled.send(head("PUT /take", "good-a", 1'000'000) + "x");
    wait_for_running(1);
    RawConnection other(server_->port());
    other.send(head("PUT /take", "good-b", 2) + "xy");
    EXPECT_TRUE(other.read_response().ends_with("\r\n\r\n2"));
    EXPECT_TRUE(stalled.read_response().starts_with("HTTP/1.1 503 "));
}

TEST_F(AdmissionTest, stalled_downloads_hold_no_thread) {
    start({.stream_threads = 1});
    std::vector<std::unique_ptr<RawConnection>> stalled;
    for (int i = 0; i < 10; ++i) {
        stalled.push_back(std::make_unique<RawConnection>(server_->port()));
        stalled.back()->send("GET /download?size=900000000 HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_FALSE(stalled.back()->read_until("\r\n\r\n").empty());
    }
    EXPECT_EQ(request("GET", url_ + "/download?size=3000000").body.size(), 3'000'000U);
}

TEST_F(AdmissionTest, one_peer_has_a_bound_unless_it_is_a_proxy) {
    start({.connections_per_peer = 1, .proxies = {}});
    RawConnection first(server_->port());
    first.send("GET /hel");
    RawConnection second(server_->port());
    EXPECT_TRUE(second.read_all().starts_with("HTTP/1.1 429 "));
    first.send("lo HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(first.read_response().ends_with("hello"));
}

TEST_F(AdmissionTest, a_handler_learns_that_its_client_has_gone) {
    std::promise<void> entered;
    std::promise<ErrorCode> end;
    router_.add({"GET", "/long", [&](Request&) {
                     entered.set_value();
                     try {
                         for (;;) WorkScope::current()->check();
                     } catch (const Error& error) {
                         end.set_value(error.code());
                         throw;
                     }
                     return Response{};
                 }});
    start();
    RawConnection connection(server_->port());
    connection.send("GET /long HTTP/1.1\r\nHost: x\r\n\r\n");
    entered.get_future().wait();
    connection.close();
    EXPECT_EQ(end.get_future().get(), ErrorCode::Cancelled);
    EXPECT_EQ(request("GET", url_ + "/hello").status, 200);
}

TEST_F(AdmissionTest, a_handler_has_a_bound_of_work) {
    router_.add({"GET", "/endless", [](Request&) -> Response {
                     for (;;) WorkScope::current()->check();
                 }});
    start({.handler_limit = std::chrono::milliseconds(50)});
    EXPECT_EQ(request("GET", url_ + "/endless").status, 503);
}

}  // namespace
}  // namespace virga::http::testing
