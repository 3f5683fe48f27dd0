#include <fstream>

#include "server_fixture.hpp"

namespace virga::http::testing {
namespace {

constexpr std::size_t kMiB = 1024 * 1024;

std::string pattern(std::size_t size) {
    std::string out(size, '\0');
    for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>('a' + i % 26);
    return out;
}

/// Resident memory of this process.
std::size_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::size_t pages = 0;
    file >> pages >> pages;
    return pages * 4096;
}

std::string size_line(std::size_t size) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%zx\r\n", size);
    return digits;
}

TEST_F(ServerTest, streams_an_upload_in_constant_memory) {
    start();
    const auto piece = pattern(26 * 10'000);
    constexpr int kPieces = 200;
    Hasher expected(HashAlgorithm::Sha256);
    RawConnection connection(server_->port());
    connection.send("PUT /hash HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(piece.size() * kPieces) +
                    "\r\n\r\n");
    const auto before = resident_bytes();
    for (int i = 0; i < kPieces; ++i) {
        ASSERT_TRUE(connection.send(piece));
        expected.update(piece);
    }
    const auto response = connection.read_response();
    EXPECT_LT(resident_bytes(), before + 20 * kMiB);
    EXPECT_TRUE(response.ends_with(std::to_string(piece.size() * kPieces) + " " + expected.finish()));
    connection.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(connection.read_response().ends_with("hello"));
}

TEST_F(ServerTest, streams_a_chunked_upload) {
    start();
    RawConnection connection(server_->port());
    connection.send("PUT /hash HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    std::string whole;
    for (const std::size_t size : {1, 17, 4096, 65536, 300'000, 5}) {
        const auto piece = pattern(size);
        whole += piece;
        connection.send(size_line(size) + piece + "\r\n");
    }
    connection.send("0\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto wanted = std::to_string(whole.size()) + " " + hash_hex(HashAlgorithm::Sha256, whole);
    EXPECT_TRUE(connection.read_response().ends_with(wanted));
    EXPECT_TRUE(connection.read_response().ends_with("hello"));
}

TEST_F(ServerTest, streams_an_empty_upload) {
    start();
    RawConnection connection(server_->port());
    connection.send("PUT /hash HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    EXPECT_NE(connection.read_response().find("\r\n\r\n0 "), std::string::npos);
}

TEST_F(ServerTest, invites_an_upload_only_when_the_handler_reads) {
    start();
    RawConnection wanted(server_->port());
    wanted.send("PUT /hash HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(wanted.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    wanted.send("abc");
    EXPECT_NE(wanted.read_response().find("\r\n\r\n3 "), std::string::npos);
    RawConnection refused(server_->port());
    refused.send("PUT /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_TRUE(refused.read_response().starts_with("HTTP/1.1 403 "));
}

TEST_F(ServerTest, an_early_answer_reaches_a_client_that_still_sends) {
    start();
    RawConnection connection(server_->port());
    connection.send("PUT /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 30000000\r\n\r\n");
    EXPECT_TRUE(connection.send(std::string(30'000'000, 'x')));
    const auto response = connection.read_all();
    EXPECT_TRUE(response.starts_with("HTTP/1.1 403 "));
    EXPECT_NE(response.find("Connection: close"), std::string::npos);
}

TEST_F(ServerTest, the_handler_hears_of_a_client_that_vanishes) {
    start();
    RawConnection connection(server_->port());
    connection.send("PUT /hash HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + pattern(1000));
    upload_started_.get_future().wait();
    connection.close();
    EXPECT_EQ(upload_end_.get_future().get(), ErrorCode::Cancelled);
}

TEST_F(ServerTest, the_handler_hears_of_a_client_that_stalls) {
    start({.body_timeout = std::chrono::milliseconds(100)});
    RawConnection connection(server_->port());
    connection.send("PUT /hash HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + pattern(1000));
    EXPECT_EQ(upload_end_.get_future().get(), ErrorCode::Timeout);
    EXPECT_TRUE(connection.read_response().starts_with("HTTP/1.1 503 "));
}

TEST_F(ServerTest, refuses_malformed_chunks_of_an_upload) {
    start();
    RawConnection connection(server_->port());
    connection.send("PUT /hash HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnot hex\r\n\r\n");
    EXPECT_TRUE(connection.read_response().starts_with("HTTP/1.1 400 "));
}

/// What the handler leaves is looked at only to see whether another request can follow.
TEST_F(ServerTest, closes_behind_malformed_chunks_that_no_handler_read) {
    start();
    expect_answer_to_chunks("PUT /refuse", "not hex\r\n\r\n", 403);
    expect_answer_to_chunks("GET /hello", "not hex\r\n\r\n", 400);
    expect_answer_to_chunks("PUT /first", "4;x=y\r\ndata\r\n2\r\n\r\n", 200);
    expect_answer_to_chunks("PUT /first", "4\r\ndata\r\nnot hex\r\n\r\n", 200);
}

/// Beast throws for them. They need no token where the route needs none.
TEST_F(ServerTest, refuses_trailers_that_are_too_long) {
    start();
    const auto trailer = "X: " + std::string(70'000, 'a') + "\r\n\r\n";
    expect_answer_to_chunks("POST /echo", "0\r\n" + trailer, 400);
    expect_answer_to_chunks("POST /echo", "5\r\nhello\r\n0\r\n" + trailer, 400);
    expect_answer_to_chunks("PUT /hash", "0\r\n" + trailer, 400);
    expect_answer_to_chunks("PUT /first", "4\r\ndata\r\n0\r\n" + trailer, 200);
}

TEST_F(ServerTest, stop_cancels_an_upload) {
    start();
    RawConnection connection(server_->port());
    connection.send("PUT /hash HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + pattern(1000));
    upload_started_.get_future().wait();
    server_->stop();
    EXPECT_EQ(upload_end_.get_future().get(), ErrorCode::Cancelled);
}

TEST_F(ServerTest, stop_cancels_a_download_that_nobody_reads) {
    start();
    RawConnection connection(server_->port());
    connection.send("GET /download?size=900000000 HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_FALSE(connection.read_until("\r\n\r\n").empty());
    server_->stop();
    EXPECT_LT(connection.read_all().size(), 900'000'000U);
}

TEST_F(ServerTest, streams_a_download_with_length) {
    start();
    RawConnection connection(server_->port());
    for (int i = 0; i < 2; ++i) {
        connection.send("GET /download?size=3000000&announce=3000000 HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_TRUE(connection.read_response().ends_with("\r\n\r\n" + pattern(3'000'000)));
    }
}

TEST_F(ServerTest, streams_a_download_in_chunks) {
    start();
    const auto response = request("GET", url_ + "/download?size=3000000");
    EXPECT_EQ(response.headers.get("transfer-encoding"), "chunked");
    EXPECT_EQ(response.body, pattern(3'000'000));
}

TEST_F(ServerTest, streams_to_http_1_0_until_close) {
    start();
    RawConnection connection(server_->port());
    connection.send("GET /download?size=1000 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_TRUE(connection.read_all().ends_with("\r\n\r\n" + pattern(1000)));
}

TEST_F(ServerTest, a_short_download_is_seen_as_broken) {
    start();
    EXPECT_THROW(request("GET", url_ + "/download?size=10&announce=20"), Error);
}

TEST_F(ServerTest, a_writer_never_exceeds_the_announced_length) {
    start();
    RawConnection connection(server_->port());
    connection.send("GET /download?size=100&announce=26 HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(connection.read_response().ends_with("\r\n\r\n" + pattern(26)));
    connection.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(connection.read_response().starts_with("HTTP/1.1 200 "));
}

TEST_F(ServerTest, downloads_leave_small_requests_alone) {
    start({.threads = 1, .stream_threads = 1});
    RawConnection slow(server_->port());
    slow.send("GET /download?size=900000000 HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_FALSE(slow.read_until("\r\n\r\n").empty());
    EXPECT_EQ(request("GET", url_ + "/hello").status, 200);
}

}  // namespace
}  // namespace virga::http::testing
