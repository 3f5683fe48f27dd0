#include "http/client_stream.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server_fixture.hpp"

namespace virga::http::testing {
namespace {

class ClientStreamTest : public ServerTest {
protected:
    void SetUp() override {
        ServerTest::SetUp();
        start();
    }

    static std::string all(ClientStream& stream) {
        std::string got;
        std::string piece(10'000, '\0');
        while (const auto bytes = stream.read(piece.data(), piece.size())) got.append(piece, 0, bytes);
        return got;
    }

    template <class Function>
    static ErrorCode code_of(const Function& function) {
        try {
            function();
        } catch (const Error& error) {
            return error.code();
        }
        ADD_FAILURE() << "no error";
        return ErrorCode::Internal;
    }
};

TEST_F(ClientStreamTest, a_long_body_comes_in_pieces) {
    ClientStream stream(url_ + "/download?size=3000001&announce=3000001", {}, {});
    EXPECT_EQ(stream.get({}).status, 200);
    EXPECT_EQ(stream.left(), 3'000'001U);
    const auto body = all(stream);
    ASSERT_EQ(body.size(), 3'000'001U);
    for (std::size_t at = 0; at < body.size(); at += 999) ASSERT_EQ(body[at], static_cast<char>('a' + at % 26));
}

TEST_F(ClientStreamTest, what_breaks_off_is_no_end) {
    ClientStream stream(url_ + "/download?size=1000000&announce=1000001", {}, {});
    stream.get({});
    EXPECT_EQ(code_of([&] { all(stream); }), ErrorCode::Unavailable);
    EXPECT_EQ(stream.left(), 1U);
}

TEST_F(ClientStreamTest, an_answer_without_a_length_is_refused) {
    ClientStream stream(url_ + "/download?size=100", {}, {});
    EXPECT_EQ(code_of([&] { stream.get({}); }), ErrorCode::Unavailable);
}

TEST_F(ClientStreamTest, a_body_is_sent_in_pieces) {
    const std::string data(2'000'003, 'd');
    std::size_t at = 0;
    ClientStream stream(url_ + "/hash", {}, {});
    const auto answer = stream.put({}, data.size(), [&](char* into, std::size_t most) {
        const auto count = data.copy(into, std::min<std::size_t>(most, 70'001), at);
        at += count;
        return count;
    });
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "2000003 " + hash_hex(HashAlgorithm::Sha256, data));
}

TEST_F(ClientStreamTest, what_a_server_does_not_want_is_not_sent) {
    bool asked = false;
    ClientStream stream(url_ + "/refuse", {}, {});
    const auto answer = stream.put({}, std::uint64_t{1} << 40, [&](char*, std::size_t) -> std::size_t {
        asked = true;
        return 0;
    });
    EXPECT_EQ(answer.status, 403);
    EXPECT_NE(answer.body.find("not yours"), std::string::npos);
    EXPECT_FALSE(asked);
}

TEST_F(ClientStreamTest, a_wait_can_be_cancelled) {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof place;
    ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&place), size), 0);
    ASSERT_EQ(::listen(listener, 1), 0);
    ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&place), &size), 0);
    const auto silent = "http://127.0.0.1:" + std::to_string(ntohs(place.sin_port)) + "/";
    int asked = 0;
    ClientStream stream(silent, {}, [&] { return ++asked > 1; });
    EXPECT_EQ(code_of([&] { stream.get({}); }), ErrorCode::Cancelled);
    ::close(listener);
}

TEST_F(ClientStreamTest, nobody_answers) {
    server_->stop();
    ClientStream stream(url_ + "/download?size=1&announce=1", {}, {});
    EXPECT_EQ(code_of([&] { stream.get({}); }), ErrorCode::Unavailable);
}

}  // namespace
}  // namespace virga::http::testing
