#include <algorithm>
#include <atomic>

#include "fuzz/fake_nats.hpp"
#include "fuzz/targets.hpp"
#include "rpc/nats/control.hpp"
#include "rpc/nats/host.hpp"

/// What control processes and hosts hear by NATS, from a server that says what the input says.
namespace virga::fuzz {
namespace {

constexpr char kSeparator = '\x1e';
constexpr std::size_t kMostInput = 64 * 1024;
constexpr int kMostRecords = 64;

using Text = std::string_view;

/// One server, one control process, and a host that is made anew when an input has ended it.
class Cloud {
public:
    Cloud() : control_(meeting()) {
        control_.on_event(
            [](const std::string&, std::string_view, const json::object& params) { get_string(params, "server_id"); });
        control_.start();
        const auto replies = server_.subscription_like("virga.r.*.");
        control_name_ = replies.substr(replies.rfind('.') + 1);
    }

    /// The host serves.
    void prepare() {
        if (host_ && !refused_) return;
        host_.reset();
        refused_ = false;
        host_ = std::make_unique<rpc::NatsHost>(meeting(), "h1", rpc::Threads{2, 1});
        host_->on("echo", [](const rpc::Command& command) { return command.params; });
        host_->on("read", [](const rpc::Command& command) {
            return json::object{{"size", get_int(command.params, "size_gib")},
                                {"id", get_string(command.params, "id")}};
        });
        host_->on_refused([this](const Error&) {
            refused_ = true;
            server_.wake();
        });
        server_.forget();
        host_->start();
        if (!server_.wait_for([](const std::string& subject, Text) { return subject == "virga.w.h1"; },
                              [] { return false; }))
            throw Finding("the host does not come");
    }

    /// `kind` is the second part of the subject, `name` the third.
    void say(char kind, const std::string& name, Text payload) {
        switch (kind) {
            case 'r':
                return send("virga.r.*." + control_name_, "virga.r." + name + "." + control_name_, payload);
            case 'e':
                return send("virga.e.*", "virga.e." + name, payload);
            case 'w':
                return send("virga.w.*", "virga.w." + name, payload);
            case 'k':
                return send("virga.k", "virga.k", payload);
            case 'h':
                return send("virga.h.h1.*", "virga.h.h1." + name, payload);
            case 'a':
                return send("virga.a.*", "virga.a." + name, payload);
            case 'n':
                return send("virga.n.h1", "virga.n.h1", payload);
            default:
                return;
        }
    }

    /// All that was said has been heard, and both sides go on.
    void require_alive() {
        server_.forget();
        const auto n = std::to_string(++number_);
        for (const char kind : {'r', 'e'})
            say(kind, std::string("sentinel-") + kind, R"({"type":"hello","session":")" + n + "\"}");
        for (const char kind : {'h', 'a'})
            say(kind, std::string("sentinel-") + kind,
                R"({"type":"call","id":")" + std::string(1, kind) + n + R"(","call":"c","method":"echo","params":{}})");
        for (const char kind : {'r', 'e'}) {
            const auto head = std::string("virga.h.sentinel-") + kind + ".";
            const auto is_welcome = [&](const std::string& subject, Text text) {
                return subject.starts_with(head) && text.find("welcome") != text.npos;
            };
            if (!server_.wait_for(is_welcome, [] { return false; })) throw Finding("control hears nothing any more");
        }
        for (const char kind : {'h', 'a'}) {
            const auto id = "\"" + std::string(1, kind) + n + "\"";
            const auto is_reply = [&](const std::string&, Text text) {
                return text.find("\"reply\"") != text.npos && text.find(id) != text.npos;
            };
            if (!server_.wait_for(is_reply, [this] { return refused_.load(); }))
                throw Finding("the host hears nothing any more");
        }
    }

private:
    rpc::nats::Meeting meeting() const { return {rpc::nats::servers_of(server_.url()), "virga", "", ""}; }

    void send(const std::string& subscription, const std::string& subject, Text payload) {
        server_.deliver(subscription, subject, payload);
    }

    FakeNats server_;
    rpc::NatsControl control_;
    std::string control_name_;
    std::unique_ptr<rpc::NatsHost> host_;
    std::atomic<bool> refused_{false};
    int number_ = 0;
};

/// As a server lets one be: one token.
std::string token_of(Text name) {
    std::string token(name);
    std::erase_if(token, [](char c) { return c <= ' ' || c == '.' || c == '*' || c == '>' || c == '\x7f'; });
    return token.empty() ? "x" : token;
}

}  // namespace

void nats(std::string_view input) {
    if (input.size() > kMostInput) return;
    static Cloud cloud;
    cloud.prepare();
    for (int count = 0; count < kMostRecords && !input.empty(); ++count) {
        const auto record = input.substr(0, input.find(kSeparator));
        input.remove_prefix(std::min(record.size() + 1, input.size()));
        const auto name_end = record.find(' ');
        if (record.empty() || name_end == record.npos) continue;
        cloud.say(record[0], token_of(record.substr(1, name_end - 1)), record.substr(name_end + 1));
    }
    cloud.require_alive();
}

}  // namespace virga::fuzz
