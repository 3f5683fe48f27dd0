#include "http/request_head.hpp"

#include <gtest/gtest.h>

#include "http/request_headers.hpp"

namespace virga::http {
namespace {

int status_of_head(const std::string& head) {
    const auto fault = check_head(head);
    return fault ? fault->status : 200;
}

std::string with(const std::string& fields) {
    return "POST /a HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
}

TEST(RequestHead, ends_at_the_blank_line) {
    const std::string head = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    EXPECT_EQ(head_length(head + "rest", 0), head.size());
    EXPECT_EQ(head_length("\r\n\r\n" + head, 0), head.size() + 4);
    for (std::size_t size = 0; size < head.size(); ++size) {
        EXPECT_EQ(head_length(head.substr(0, size), 0), 0U);
        EXPECT_TRUE(may_become_head(head.substr(0, size))) << size;
        EXPECT_EQ(head_length(head, size), head.size()) << size;
    }
}

TEST(RequestHead, what_no_head_can_begin_with_is_seen_early) {
    EXPECT_FALSE(may_become_head("\x16\x03\x01"));
    EXPECT_FALSE(may_become_head("GET / HTTP/1.1\n"));
    EXPECT_FALSE(may_become_head(" GET"));
}

TEST(RequestHead, takes_what_clients_send) {
    EXPECT_EQ(status_of_head(with("")), 200);
    EXPECT_EQ(status_of_head(with("Content-Length: 5\r\nX-Empty:\r\nX-Tab:\ta b\t\r\nX-Name: caf\xC3\xA9\r\n")), 200);
    EXPECT_EQ(status_of_head(with("Transfer-Encoding: Chunked\r\n")), 200);
    EXPECT_EQ(status_of_head("GET / HTTP/1.0\r\n\r\n"), 200);
    EXPECT_EQ(status_of_head("\r\nGET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"), 200);
    EXPECT_EQ(status_of_head("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 200);
}

/// Whatever the program reads: a header that is new in the table is tried without a change here.
TEST(RequestHead, a_header_of_one_value_comes_once) {
    for (std::size_t i = 0; i < kRequestHeaders; ++i) {
        const auto header = static_cast<RequestHeader>(i);
        const std::string name(name_of(header));
        std::string other = name;  // in another case it is the same header
        for (auto& c : other) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
        const auto fault = check_head("GET / HTTP/1.1\r\n" + name + ": 1\r\n" + other + ": 1\r\n\r\n");
        if (repeats_of(header) == Repeats::Combined) {
            EXPECT_EQ(status_of_head(with(name + ": a\r\n" + other + ": b\r\n")), 200) << name;
        } else {
            ASSERT_TRUE(fault) << name;
            EXPECT_EQ(fault->status, 400);
            EXPECT_EQ(fault->message, "The request has more than one " + name + " header.");
        }
    }
    EXPECT_EQ(status_of_head(with("Accept: a\r\nAccept: b\r\nX-Read-By-Nobody: 1\r\nX-Read-By-Nobody: 2\r\n")), 200);
}

TEST(RequestHeadersTest, lists_are_combined_in_order) {
    RequestHeaders headers;
    headers.add("openstack-api-version", "volume 3.5");
    headers.add("X-Read-By-Nobody", "x");
    headers.add("OpenStack-API-Version", "compute 2.53");
    headers.add("x-auth-token", "a");
    EXPECT_EQ(headers.get(RequestHeader::ApiVersion), "volume 3.5, compute 2.53");
    EXPECT_EQ(headers.get(RequestHeader::AuthToken), "a");
    EXPECT_FALSE(headers.contains(RequestHeader::SubjectToken));
    EXPECT_EQ(headers.get(RequestHeader::SubjectToken), "");
}

TEST(RequestHead, refuses_what_can_be_read_in_two_ways) {
    for (const std::string fields :
         {"Host: y\r\n", "Content-Length: 1\r\nContent-Length: 1\r\n", "Content-Length: 1, 1\r\n",
          "Content-Length: +1\r\n", "Content-Length: 0x1\r\n", "Content-Length:\r\n",
          "Content-Length: 99999999999999999999\r\n", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "X-A: b\r\n c\r\n", "X-A : b\r\n", "X-A\r\n",
          ": b\r\n", "X-A: b\nX-B: c\r\n", "X-A: b\rX-B: c\r\n", "X-A: \x1b[2J\r\n", "X(A): b\r\n"}) {
        EXPECT_EQ(status_of_head(with(fields)), 400) << fields;
    }
    EXPECT_EQ(status_of_head(with(std::string("X-A: b\0c\r\n", 10))), 400);
    for (const std::string line : {"GET  / HTTP/1.1", "GET / HTTP/1.2", "GET / http/1.1", "GET /", "GET\t/ HTTP/1.1",
                                   "G(T / HTTP/1.1", "GET /\x7f HTTP/1.1", "GET / a HTTP/1.1"}) {
        EXPECT_EQ(status_of_head(line + "\r\nHost: x\r\n\r\n"), 400) << line;
    }
    EXPECT_EQ(status_of_head("GET / HTTP/1.1\r\n\r\n"), 400);
    EXPECT_EQ(status_of_head("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400);
    EXPECT_EQ(status_of_head("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
    EXPECT_EQ(status_of_head(with("Transfer-Encoding: gzip, chunked\r\n")), 501);
}

}  // namespace
}  // namespace virga::http
