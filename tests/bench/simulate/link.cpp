#include "bench/simulate/link.hpp"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/error.hpp"
#include "base/json.hpp"
#include "rpc/nats/encoding.hpp"
#include "rpc/nats/parts.hpp"

namespace virga::simulate {
namespace {

constexpr std::string_view kEnd = "\r\n";
constexpr std::size_t kReadAtOnce = 64 * 1024;

std::size_t number(std::string_view text) {
    std::size_t out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

}  // namespace

Link::Link(Loop& loop, std::optional<Identity> identity, std::vector<std::string> subjects, Reader reader,
           std::function<void()> opened, std::function<void(const std::string& why)> lost)
    : loop_(loop),
      identity_(std::move(identity)),
      subjects_(std::move(subjects)),
      reader_(std::move(reader)),
      opened_(std::move(opened)),
      lost_(std::move(lost)),
      handler_([this](std::uint32_t events) { handle(events); }) {}

Link::~Link() {
    close();
}

void Link::open(const sockaddr_in& server, const std::string& name) {
    close();
    name_ = name;
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd_ < 0) throw_errno(ErrorCode::Internal, "socket", errno);
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    state_ = State::Connecting;
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0 && errno != EINPROGRESS)
        return loop_.after(0, [this] { lose("no connection"); });
    loop_.watch(fd_, EPOLLIN | EPOLLOUT, handler_);
}

void Link::handle(std::uint32_t events) {
    if (state_ == State::Connecting && (events & (EPOLLERR | EPOLLHUP)) != 0) return lose("no connection");
    if (state_ == State::Connecting) {
        state_ = State::LoggingIn;
        loop_.watch(fd_, EPOLLIN, handler_);
    }
    if ((events & EPOLLOUT) != 0) flush();
    if (state_ != State::Closed && (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) receive();
}

void Link::receive() {
    std::array<char, kReadAtOnce> buffer;
    const auto size = ::read(fd_, buffer.data(), buffer.size());
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0) return lose("the server has closed the connection");
    in_.append(buffer.data(), static_cast<std::size_t>(size));
    while (state_ != State::Closed && take_one()) {
    }
    in_.erase(0, taken_);
    taken_ = 0;
}

/// A line, or a message, which is a line and its text. False: it isn't whole yet.
bool Link::take_one() {
    const auto rest = std::string_view(in_).substr(taken_);
    const auto end = rest.find(kEnd);
    if (end == rest.npos) return false;
    const auto line = rest.substr(0, end);
    if (!line.starts_with("MSG ")) {
        taken_ += end + kEnd.size();
        take_line(line);
        return true;
    }
    const auto size = number(line.substr(line.rfind(' ') + 1));
    const auto whole = end + kEnd.size() + size + kEnd.size();
    if (rest.size() < whole) return false;
    taken_ += whole;
    const auto subject = line.substr(4, line.find(' ', 4) - 4);
    reader_(subject, rest.substr(end + kEnd.size(), size));
    return true;
}

void Link::take_line(std::string_view line) {
    if (line == "PING") return send("PONG\r\n");
    if (line.starts_with("-ERR")) return lose(std::string(line));
    if (state_ != State::LoggingIn) return;
    if (line.starts_with("INFO ")) return log_in(line.substr(5));
    if (line != "PONG") return;
    state_ = State::Open;
    opened_();
}

void Link::log_in(std::string_view info) {
    const auto server = parse_object(info);
    most_payload_ = static_cast<std::size_t>(get_int(server, "max_payload"));
    json::object me{{"verbose", false}, {"pedantic", false}, {"tls_required", false}, {"lang", "simulate"},
                    {"version", "1"},   {"protocol", 1},     {"echo", false},         {"name", name_}};
    if (identity_) {
        me["jwt"] = identity_->statement;
        me["sig"] = rpc::nats::base64url(identity_->key.sign(get_string(server, "nonce")));
    }
    auto text = "CONNECT " + json::serialize(me) + "\r\n";
    int id = 0;
    for (const auto& subject : subjects_) text += "SUB " + subject + " " + std::to_string(++id) + "\r\n";
    send(text + "PING\r\n");
}

void Link::publish(const std::string& subject, std::string_view text) {
    if (state_ != State::Open) return;
    rpc::nats::send_in_parts(text, most_payload_, [&](std::string_view piece) {
        std::string out = "PUB " + subject + " " + std::to_string(piece.size()) + "\r\n";
        out.append(piece).append(kEnd);
        send(out);
    });
}

void Link::send(std::string_view text) {
    out_.append(text);
    if (!waits_to_write_) flush();
}

void Link::flush() {
    while (!out_.empty()) {
        const auto sent = ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) break;  // also a lost connection, which reading will tell
        out_.erase(0, static_cast<std::size_t>(sent));
    }
    if (waits_to_write_ == !out_.empty()) return;
    waits_to_write_ = !out_.empty();
    loop_.watch(fd_, waits_to_write_ ? EPOLLIN | EPOLLOUT : EPOLLIN, handler_);
}

void Link::close() {
    state_ = State::Closed;
    if (fd_ >= 0) {
        loop_.forget(fd_);
        ::close(fd_);
    }
    fd_ = -1;
    in_.clear();
    taken_ = 0;
    out_.clear();
    waits_to_write_ = false;
}

void Link::lose(const std::string& why) {
    if (state_ == State::Closed) return;
    close();
    lost_(why);
}

}  // namespace virga::simulate
