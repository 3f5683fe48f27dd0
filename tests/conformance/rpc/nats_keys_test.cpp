#include <nats/nats.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <set>

#include "base/ids.hpp"
#include "conformance/rpc/nats_server.hpp"
#include "conformance/rpc/suite.hpp"
#include "rpc/nats/accounts.hpp"
#include "rpc/nats/broker.hpp"
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

void write(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
}

class HostKeys : public testing::Test {
protected:
    HostKeys() {
        write(folder_.at("server.conf"), accounts_.server_configuration("virga"));
        write(folder_.at("control"), nats::file_text(accounts_.control()).reveal());
        give("h1", "h1", accounts_.host_signer());
        give("h2", "h2", accounts_.host_signer());
        server_ = std::make_unique<NatsServer>(std::vector<std::string>{"-c", folder_.at("server.conf")});
    }
    /// Credentials into a file, for a new key.
    void give(const std::string& file, const std::string& name, const nats::HostSigner& signer, int lifetime_s = 3600) {
        const nats::Key key(nats::KeyKind::User);
        write(folder_.at(file),
              nats::file_text({signer.statement(name, key.name(), std::time(nullptr) + lifetime_s), key.seed()})
                  .reveal());
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
    nats::Accounts accounts_;
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

TEST_F(HostKeys, ADotInANameIsNoOtherSubject) {
    give("dotted", "h1.example.org", accounts_.host_signer());
    NatsControl control(as("control"), kQuick);
    control.start();
    const auto dotted = host("h1.example.org", "dotted");
    EXPECT_EQ(control.call("h1.example.org", "who", {}, {.deadline = kPatience}),
              (json::object{{"credentials", "dotted"}}));
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

/// A client of the server with somebody's credentials that says and asks for what it likes.
class Intruder {
public:
    Intruder(const NatsServer& server, const std::string& credentials) {
        natsOptions* options = nullptr;
        natsOptions_Create(&options);
        natsOptions_SetURL(options, server.url().c_str());
        natsOptions_SetUserCredentialsFromFiles(options, credentials.c_str(), nullptr);
        natsOptions_SetErrorHandler(options, &refused, this);
        status_ = natsConnection_Connect(&connection_, options);
        natsOptions_Destroy(options);
    }
    ~Intruder() {
        for (auto* subscription : subscriptions_) natsSubscription_Destroy(subscription);
        natsConnection_Destroy(connection_);
    }
    Intruder(const Intruder&) = delete;
    Intruder& operator=(const Intruder&) = delete;

    bool is_connected() const { return status_ == NATS_OK; }
    /// Whether the server refuses it.
    bool may_publish(const std::string& subject) {
        return is_accepted([&] { natsConnection_PublishString(connection_, subject.c_str(), "{}"); });
    }
    bool may_subscribe(const std::string& subject) {
        return is_accepted([&] {
            natsSubscription* made = nullptr;
            natsConnection_SubscribeSync(&made, connection_, subject.c_str());
            subscriptions_.push_back(made);
        });
    }

private:
    /// The server's refusal comes before its answer to what is asked after it; the handler is called soon after.
    template <class Action>
    bool is_accepted(Action&& action) {
        const int before = refusals_;
        action();
        natsConnection_Flush(connection_);
        const auto until = std::chrono::steady_clock::now() + 300ms;
        while (refusals_ == before && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(1ms);
        return refusals_ == before;
    }
    static void refused(natsConnection*, natsSubscription*, natsStatus, void* self) {
        ++static_cast<Intruder*>(self)->refusals_;
    }

    natsConnection* connection_ = nullptr;
    natsStatus status_ = NATS_OK;
    std::vector<natsSubscription*> subscriptions_;
    std::atomic<int> refusals_{0};
};

TEST_F(HostKeys, AreGoodForTheSubjectsOfTheHostOnly) {
    Intruder h1(*server_, folder_.at("h1"));
    ASSERT_TRUE(h1.is_connected());
    for (const auto* subject : {"virga.r.h1.c", "virga.e.h1", "virga.w.h1", "virga.n.h1"})
        EXPECT_TRUE(h1.may_publish(subject)) << subject;
    for (const auto* subject : {"virga.h.h1.*", "virga.a.*", "virga.n.h1"})
        EXPECT_TRUE(h1.may_subscribe(subject)) << subject;
    for (const auto* subject : {"virga.r.h2.c", "virga.e.h2", "virga.w.h2", "virga.n.h2", "virga.h.h1.c",
                                "virga.h.h2.c", "virga.a.c", "virga.k", "other.e.h1"})
        EXPECT_FALSE(h1.may_publish(subject)) << subject;
    for (const auto* subject : {"virga.h.h2.*", "virga.h.*.*", "virga.h.>", "virga.r.*.*", "virga.r.h1.*", "virga.e.*",
                                "virga.w.*", "virga.k", "virga.>", ">", "_INBOX.>", "$SYS.>"})
        EXPECT_FALSE(h1.may_subscribe(subject)) << subject;
}

TEST_F(HostKeys, ThoseThatAreForgedOrOverAreRefusedWithTheSettingsName) {
    const auto text = parse_object(accounts_.host_signer().file_text().reveal());
    give("forged", "h1", {get_string(text, "account"), nats::Key(nats::KeyKind::Account)});
    give("over", "h1", accounts_.host_signer(), -10);
    for (const auto* which : {"forged", "over"}) {
        NatsHost refused(as(which), "h1", {1, 1}, kQuick);
        EXPECT_NE(refusal(refused).find("rpc.credentials"), std::string::npos) << which;
    }
}

/// The server ends the connection of credentials that are over; the next one is made with what the file has then.
TEST_F(HostKeys, NewCredentialsAreTakenWhenTheOldAreOver) {
    NatsControl control(as("control"), kQuick);
    control.start();
    std::atomic<int> welcomes{0};
    give("renewed", "h1", accounts_.host_signer(), 3);
    NatsHost working(as("renewed"), "h1", {1, 1}, kQuick);
    working.on("echo", [](const Command& command) { return command.params; });
    working.on_welcome([&] { ++welcomes; });
    working.start();
    EXPECT_TRUE(comes_true([&] { return welcomes == 1; }));
    give("renewed", "h1", accounts_.host_signer());
    EXPECT_TRUE(comes_true([&] { return welcomes == 2; }));
    EXPECT_EQ(control.call("h1", "echo", {{"a", 1}}, {.deadline = kPatience}), (json::object{{"a", 1}}));
}

TEST_F(HostKeys, WhoseKeyWasRevokedIsToldAndNotHeard) {
    std::mutex mutex;
    std::set<std::string> names;
    Events events;
    NatsControl control(as("control"), kQuick);
    control.on_event(events.writer());
    control.bar([&] {
        const std::lock_guard lock(mutex);
        return names;
    });
    control.start();
    const auto other = host("h2", "h2");
    NatsHost revoked(as("h1"), "h1", {1, 1}, kQuick);
    std::promise<std::string> why;
    revoked.on_refused([&](const Error& error) { why.set_value(error.message()); });
    revoked.start();
    EXPECT_TRUE(comes_true([&] { return control.is_up("h1"); }));
    {
        const std::lock_guard lock(mutex);
        names.insert("h1");
    }
    EXPECT_NE(why.get_future().get().find("rpc.credentials"), std::string::npos);
    EXPECT_TRUE(events.wait("h1 host.down {}"));
    EXPECT_FALSE(control.is_up("h1"));

    NatsHost again(as("h1"), "h1", {1, 1}, kQuick);
    std::promise<void> refused;
    again.on_refused([&](const Error&) { refused.set_value(); });
    again.start();
    refused.get_future().get();
    EXPECT_FALSE(control.is_up("h1"));
    EXPECT_EQ(control.call("h2", "who", {}, {.deadline = kPatience}), (json::object{{"credentials", "h2"}}));
}

TEST_F(HostKeys, TheKeysOfACloudAreTheSameFromTheirFile) {
    const nats::Accounts again(accounts_.file_text());
    EXPECT_EQ(again.file_text().reveal(), accounts_.file_text().reveal());
    give("later", "h1", nats::HostSigner(again.host_signer().file_text()));
    NatsControl control(as("control"), kQuick);
    control.start();
    const auto h1 = host("h1", "later");
    EXPECT_EQ(control.call("h1", "who", {}, {.deadline = kPatience}), (json::object{{"credentials", "later"}}));
}

TEST_F(HostKeys, AreNotRefusedWhateverTheirSignatureIs) {
    for (int i = 0; i < 250; ++i) {
        nats::Broker broker(as("control"), "again");
        ASSERT_NO_THROW(broker.start(kPatience)) << "the connection " << i;
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
