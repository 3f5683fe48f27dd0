#include <cstdlib>

#include "base/ids.hpp"
#include "conformance/rpc/nats_accounts.hpp"
#include "conformance/rpc/nats_server.hpp"
#include "conformance/rpc/suite.hpp"
#include "rpc/nats/control.hpp"
#include "rpc/nats/host.hpp"

/// Who may say what, and to whom it is said in secret.
namespace virga::rpc::test {
namespace {

namespace fs = std::filesystem;

class TestFolder {
public:
    TestFolder() : path_(fs::temp_directory_path() / ("virga-keys-" + new_uuid())) { fs::create_directories(path_); }
    ~TestFolder() { fs::remove_all(path_); }
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;
    std::string at(const std::string& name) const { return (path_ / name).string(); }

private:
    fs::path path_;
};

template <class Endpoint>
std::string refusal(Endpoint& endpoint) {
    try {
        endpoint.start();
    } catch (const Error& error) {
        return error.message();
    }
    return "accepted";
}

class HostKeys : public testing::Test {
protected:
    HostKeys() : accounts_("virga") {
        accounts_.write_configuration(folder_.at("server.conf"));
        accounts_.write_control(folder_.at("control"), "c1");
        accounts_.write_host(folder_.at("h1"), "h1");
        accounts_.write_host(folder_.at("h2"), "h2");
        server_ = std::make_unique<NatsServer>(std::vector<std::string>{"-c", folder_.at("server.conf")});
    }
    nats::Meeting as(const std::string& who) const {
        return {nats::servers_of(server_->url()), "virga", "", folder_.at(who)};
    }
    std::unique_ptr<NatsHost> host(const std::string& name, const std::string& with) const {
        auto made = std::make_unique<NatsHost>(as(with), name, Threads{2, 1}, kQuick);
        made->report_with([with] { return json::object{{"credentials", with}}; });
        made->on("who", [with](const Command&) { return json::object{{"credentials", with}}; });
        made->start();
        return made;
    }

    TestFolder folder_;
    NatsAccounts accounts_;
    std::unique_ptr<NatsServer> server_;
};

TEST_F(HostKeys, AHostWithItsOwnWorks) {
    NatsControl control(as("control"), kQuick);
    Events events;
    control.on_event(events.writer());
    control.start();
    const auto h1 = host("h1", "h1");
    EXPECT_EQ(control.call("h1", "who", {}, {.deadline = kPatience}), (json::object{{"credentials", "h1"}}));
    h1->publish("guest.changed", {});
    EXPECT_TRUE(events.wait("h1 guest.changed {}"));
}

TEST_F(HostKeys, NoHostAnswersOrListensForAnother) {
    NatsControl control(as("control"), kQuick);
    Events events;
    control.on_event(events.writer());
    control.start();
    const auto impostor = host("h2", "h1");
    EXPECT_FALSE(control.is_up("h2"));
    const auto h2 = host("h2", "h2");
    for (int i = 0; i < 20; ++i) {
        impostor->publish("guest.changed", {});
        EXPECT_EQ(control.call("h2", "who", {}, {.deadline = kPatience}), (json::object{{"credentials", "h2"}}));
    }
    h2->publish("last", {});
    EXPECT_TRUE(events.wait("h2 last {}"));
    for (const auto& event : events.all()) EXPECT_EQ(event.find("guest.changed"), std::string::npos) << event;
    EXPECT_EQ(control.hosts().size(), 1U);
}

TEST_F(HostKeys, ThoseThatAreForgedOrOverAreRefusedWithTheSettingsName) {
    accounts_.write_forged(folder_.at("forged"), "h1");
    accounts_.write_host(folder_.at("over"), "h1", -10);
    for (const auto* which : {"forged", "over"}) {
        NatsHost refused(as(which), "h1", {1, 1}, kQuick);
        EXPECT_NE(refusal(refused).find("rpc.credentials"), std::string::npos) << which;
    }
}

/// A CA with a certificate for 127.0.0.1, and one for another name.
class Encryption : public testing::Test {
protected:
    Encryption() {
        authority("ca");
        authority("other-ca");
        certificate("right", "IP:127.0.0.1");
        certificate("wrong", "DNS:elsewhere.example.org");
    }
    void run(const std::string& command) const {
        const auto whole = "cd " + folder_.at("") + " && (" + command + ") >>log 2>&1";
        ASSERT_EQ(std::system(whole.c_str()), 0) << command;
    }
    void authority(const std::string& name) const {
        run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=" + name +
            " -keyout " + name + ".key -out " + name + ".pem");
    }
    void certificate(const std::string& name, const std::string& alternative) const {
        run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=nats -keyout " + name +
            ".key -out " + name + ".csr && printf subjectAltName=" + alternative + " >" + name +
            ".ext && openssl x509 -req -in " + name +
            ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile " + name + ".ext -out " + name + ".pem");
    }
    std::vector<std::string> options(const std::string& name) const {
        return {"--tls", "--tlscert", folder_.at(name + ".pem"), "--tlskey", folder_.at(name + ".key")};
    }
    std::string refusal_of(const NatsServer& server, const std::string& scheme, const std::string& ca) const {
        NatsControl control({nats::servers_of(scheme + server.place()), "virga", ca.empty() ? "" : folder_.at(ca), ""});
        return refusal(control);
    }

    TestFolder folder_;
};

TEST_F(Encryption, IsToAServerOfTheAuthorityForItsAddressOnly) {
    const NatsServer right(options("right"));
    EXPECT_EQ(refusal_of(right, "tls://", "ca.pem"), "accepted");
    EXPECT_NE(refusal_of(right, "tls://", "other-ca.pem").find("rpc.tls_ca"), std::string::npos);
    EXPECT_NE(refusal_of(right, "tls://", "").find("rpc.tls_ca"), std::string::npos) << "no system knows this one";
    EXPECT_NE(refusal_of(right, "nats://", "").find("rpc.tls_ca"), std::string::npos);
    EXPECT_EQ(refusal_of(right, "nats://", "ca.pem"), "accepted") << "the server's encryption is used";
    const NatsServer wrong(options("wrong"));
    EXPECT_NE(refusal_of(wrong, "tls://", "ca.pem").find("rpc.tls_ca"), std::string::npos);
    const NatsServer plain;
    EXPECT_NE(refusal_of(plain, "tls://", "ca.pem").find("rpc.url"), std::string::npos);
}

TEST_F(Encryption, CarriesCommands) {
    const NatsServer server(options("right"));
    const nats::Meeting meeting{nats::servers_of("tls://" + server.place()), "virga", folder_.at("ca.pem"), ""};
    NatsControl control(meeting, kQuick);
    control.start();
    NatsHost host(meeting, "h1", {1, 1}, kQuick);
    host.on("echo", [](const Command& command) { return command.params; });
    host.start();
    const json::object params{{"text", std::string(3'000'000, 'x')}};
    EXPECT_EQ(control.call("h1", "echo", params, {.deadline = kPatience}), params);
}

}  // namespace
}  // namespace virga::rpc::test
