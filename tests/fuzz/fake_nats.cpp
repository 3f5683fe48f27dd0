#include "fuzz/fake_nats.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <sstream>
#include <stdexcept>

#include "fuzz/patience.hpp"

namespace virga::fuzz {

struct FakeNats::Client {
    explicit Client(int socket) : fd(socket) {}
    ~Client() {
        ::shutdown(fd, SHUT_RDWR);
        if (reader.joinable()) reader.join();
        ::close(fd);
    }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void send(const std::string& text) const { ::send(fd, text.data(), text.size(), MSG_NOSIGNAL); }
    /// False at the end.
    bool fill() {
        char piece[4096];
        const auto got = ::recv(fd, piece, sizeof piece, 0);
        if (got <= 0) return false;
        buffer.append(piece, static_cast<std::size_t>(got));
        return true;
    }
    bool read_line(std::string& line) {
        std::size_t end = 0;
        while ((end = buffer.find("\r\n")) == buffer.npos) {
            if (!fill()) return false;
        }
        line = buffer.substr(0, end);
        buffer.erase(0, end + 2);
        return true;
    }
    bool read_payload(std::size_t size, std::string& payload) {
        while (buffer.size() < size + 2) {
            if (!fill()) return false;
        }
        payload = buffer.substr(0, size);
        buffer.erase(0, size + 2);
        return true;
    }

    int fd;
    std::string buffer;
    std::map<std::string, std::string> subscriptions;  ///< subject: its number; with the server's lock
    bool ended = false;                                ///< with the server's lock
    std::thread reader;
};

FakeNats::FakeNats() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::runtime_error("there is no free port");
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_loop(); });
}

FakeNats::~FakeNats() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    clients_.clear();
}

std::string FakeNats::url() const {
    return "nats://127.0.0.1:" + std::to_string(port_);
}

void FakeNats::accept_loop() {
    for (;;) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0 && errno == EINTR) continue;
        if (fd < 0) return;
        auto client = std::make_unique<Client>(fd);
        auto& it = *client;
        it.send(R"(INFO {"server_id":"fake","version":"2.9.0","max_payload":1048576,"proto":1,"headers":false})"
                "\r\n");
        std::vector<std::unique_ptr<Client>> ended;
        const std::lock_guard lock(mutex_);
        std::erase_if(clients_, [&](auto& each) {
            if (!each->ended) return false;
            ended.push_back(std::move(each));
            return true;
        });
        it.reader = std::thread([this, &it] { read_loop(it); });
        clients_.push_back(std::move(client));
    }
}

void FakeNats::read_loop(Client& client) {
    std::string line;
    while (client.read_line(line) && obey(client, line)) {
    }
    const std::lock_guard lock(mutex_);
    client.ended = true;
}

bool FakeNats::obey(Client& client, const std::string& line) {
    std::istringstream words(line);
    std::string verb;
    words >> verb;
    if (verb == "PING") client.send("PONG\r\n");
    std::vector<std::string> rest;
    for (std::string word; words >> word;) rest.push_back(word);
    if (verb == "SUB") {
        const std::lock_guard lock(mutex_);
        client.subscriptions[rest.front()] = rest.back();
        changed_.notify_all();
    }
    if (verb != "PUB") return true;
    std::string payload;
    if (!client.read_payload(std::stoul(rest.back()), payload)) return false;
    const std::lock_guard lock(mutex_);
    published_.push_back({rest.front(), std::move(payload)});
    changed_.notify_all();
    return true;
}

bool FakeNats::deliver(const std::string& subscription, const std::string& subject, std::string_view payload) {
    bool known = false;
    const std::lock_guard lock(mutex_);
    for (const auto& client : clients_) {
        const auto found = client->subscriptions.find(subscription);
        if (client->ended || found == client->subscriptions.end()) continue;
        client->send("MSG " + subject + " " + found->second + " " + std::to_string(payload.size()) + "\r\n" +
                     std::string(payload) + "\r\n");
        known = true;
    }
    return known;
}

bool FakeNats::wait_for(const std::function<bool(const std::string&, const std::string&)>& wanted,
                        const std::function<bool()>& given_up) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::milliseconds(kPatience_ms), [&] {
        return given_up() || std::any_of(published_.begin(), published_.end(), [&](const Message& message) {
                   return wanted(message.subject, message.payload);
               });
    });
}

void FakeNats::wake() {
    { const std::lock_guard lock(mutex_); }
    changed_.notify_all();
}

void FakeNats::forget() {
    const std::lock_guard lock(mutex_);
    published_.clear();
}

std::string FakeNats::subscription_like(std::string_view head) {
    const std::lock_guard lock(mutex_);
    for (const auto& client : clients_) {
        for (const auto& [subject, number] : client->subscriptions) {
            if (!client->ended && subject.starts_with(head)) return subject;
        }
    }
    return {};
}

}  // namespace virga::fuzz
