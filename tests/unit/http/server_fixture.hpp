#pragma once
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>

#include "base/crypto.hpp"
#include "http/http.hpp"
#include "raw_connection.hpp"

namespace virga::http::testing {

/// A server on a free port with routes of each kind.
class ServerTest : public ::testing::Test {
protected:
    void SetUp() override {
        router_.set_fault_writer("/compute", envelope_fault);
        router_.set_fault_writer("/image", html_fault);
        router_.add({"GET", "/hello", [](Request&) { return text("hello"); }});
        router_.add({"POST", "/echo", [](Request& request) { return text(request.body); }});
        router_.add({"POST", "/compute/echo", [](Request& request) { return text(request.body); }});
        router_.add({"GET", "/base", [](Request& request) { return text(request.base_url); }});
        router_.add({"GET", "/big", [](Request&) { return text(std::string(8'000'000, 'b')); }});
        router_.add({"DELETE", "/gone", [](Request&) { return Response::empty(204); }});
        router_.add({"PUT", "/hash", [this](Request& request) { return hash(request); }, true});
        router_.add(
            {"PUT", "/refuse", [](Request&) -> Response { throw Error(ErrorCode::Forbidden, "not yours"); }, true});
        router_.add({"PUT", "/first", [](Request& request) { return first(request); }, true});
        router_.add({"GET", "/download", [](Request& request) { return download(request); }});
    }

    void start(ServerOptions options = {}) {
        server_ = std::make_unique<Server>(std::move(options), router_);
        server_->start();
        url_ = "http://127.0.0.1:" + std::to_string(server_->port());
    }

    static Response text(std::string body) {
        Response response;
        response.headers.add("Content-Type", "text/plain");
        response.body = std::move(body);
        return response;
    }

    /// Answers "<bytes> <sha256>"; how the upload ended goes to upload_end_.
    Response hash(Request& request) {
        Hasher hasher(HashAlgorithm::Sha256);
        std::string piece(100'000, '\0');
        std::uint64_t total = 0;
        try {
            while (const auto got = request.stream->read(piece.data(), piece.size())) {
                if (total == 0) upload_started_.set_value();
                hasher.update(std::string_view(piece.data(), got));
                total += got;
            }
        } catch (const Error& error) {
            upload_end_.set_value(error.code());
            throw;
        }
        return text(std::to_string(total) + " " + hasher.finish());
    }

    /// Reads four bytes, and leaves the rest.
    static Response first(Request& request) {
        char piece[4];
        for (std::size_t got = 0; got < sizeof piece;) got += request.stream->read(piece + got, sizeof piece - got);
        return text(std::string(piece, sizeof piece));
    }

    /// Sends a body in chunks, expects a status and that the connection ends, and that the server serves others.
    void expect_answer_to_chunks(const std::string& method_and_path, const std::string& chunks, int status) {
        RawConnection connection(server_->port());
        connection.send(method_and_path + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
        expect_last_answer(connection, status);
    }

    void expect_last_answer(RawConnection& connection, int status) {
        const auto response = connection.read_response();
        EXPECT_TRUE(response.starts_with("HTTP/1.1 " + std::to_string(status) + " ")) << response;
        EXPECT_NE(response.find("Connection: close\r\n"), response.npos) << response;
        expect_served();
    }

    void expect_served() {
        RawConnection other(server_->port());
        other.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_TRUE(other.read_response().ends_with("hello"));
    }

    /// Writes "size" bytes of the alphabet; "announce" more are promised in Content-Length.
    static Response download(Request& request) {
        const auto size = std::stoull(request.query_value("size").value_or("0"));
        Response response;
        if (const auto announce = request.query_value("announce")) response.stream_length = std::stoull(*announce);
        response.stream = [size, at = std::uint64_t{0}](char* into, std::size_t room) mutable {
            const auto count = std::min<std::uint64_t>(room, size - at);
            for (std::uint64_t i = 0; i < count; ++i) into[i] = static_cast<char>('a' + (at + i) % 26);
            at += count;
            return static_cast<std::size_t>(count);
        };
        return response;
    }

    Router router_;
    std::unique_ptr<Server> server_;
    std::string url_;
    std::promise<void> upload_started_;
    std::promise<ErrorCode> upload_end_;
};

}  // namespace virga::http::testing
