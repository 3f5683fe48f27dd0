#include "hostkeys/host/renewer.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <ctime>
#include <filesystem>
#include <future>

#include "base/crypto.hpp"
#include "base/ids.hpp"
#include "base/small_file.hpp"
#include "hostkeys/host_key.hpp"
#include "http/http.hpp"
#include "rpc/nats/accounts.hpp"
#include "rpc/settings.hpp"

namespace virga::hostkeys::host {
namespace {

/// As the program declares it, which isn't linked here.
const config::Setting<std::string> host_name{"host.name", std::string(), "Name of this host."};

/// A control process that gives credentials as a test wants them, and a machine that has joined.
class HostKeyTest : public testing::Test {
protected:
    HostKeyTest() : folder_(std::filesystem::temp_directory_path() / ("virga-hostkeys-" + new_uuid())) {
        router_.add(http::public_route("POST", std::string(kJoinPath), [this](http::Request& request) {
            ++joins_;
            return credentials(get_string(request.json_body(), "public_key"));
        }));
        router_.add(http::public_route("POST", std::string(kRenewalPath), [this](http::Request& request) {
            ++renewals_;
            return renewal(request.json_body());
        }));
        server_ = std::make_unique<http::Server>(http::ServerOptions{}, router_);
        server_->start();
        url_ = "http://127.0.0.1:" + std::to_string(server_->port());
    }
    ~HostKeyTest() override {
        server_->stop();
        std::filesystem::remove_all(folder_);
    }

    http::Response credentials(const std::string& key) {
        return http::Response::with_json(
            200, json::object{{"host", "h1"},
                              {"statement", accounts_.host_signer().statement("h1", key, std::time(nullptr) + life_s_)},
                              {"url", "nats://127.0.0.1:4222"},
                              {"prefix", "cloud"},
                              {"ca", ""}});
    }
    http::Response renewal(const json::object& body) {
        if (refuses_) throw Error(ErrorCode::Forbidden, "revoked");
        const auto key = get_string(body, "public_key");
        std::string signature;
        EXPECT_TRUE(base64_decode(get_string(body, "signature"), signature));
        EXPECT_TRUE(rpc::nats::is_signed_by(rpc::nats::KeyKind::User, key, renewal_text(key, get_int(body, "time_us")),
                                            signature));
        return credentials(key);
    }
    Joined joined() const { return Joined(folder_.string()); }
    void join() const { EXPECT_EQ(joined().join(url_ + "/", Secret("token"), ""), "h1"); }

    std::filesystem::path folder_;
    rpc::nats::Accounts accounts_;
    std::atomic<std::int64_t> life_s_{3600};
    std::atomic<bool> refuses_{false};
    std::atomic<int> joins_{0};
    std::atomic<int> renewals_{0};
    http::Router router_;
    std::unique_ptr<http::Server> server_;
    std::string url_;
};

TEST_F(HostKeyTest, GivesTheSettingsThatAreMissing) {
    EXPECT_FALSE(joined().exists());
    join();
    EXPECT_TRUE(joined().exists());
    config::Config config;
    joined().complete(config);
    EXPECT_EQ(config.get(host_name), "h1");
    EXPECT_EQ(config.get(rpc::setting::url), "nats://127.0.0.1:4222");
    EXPECT_EQ(config.get(rpc::setting::prefix), "cloud");
    EXPECT_EQ(config.get(rpc::setting::tls_ca), "");
    EXPECT_TRUE(std::filesystem::exists(config.get(rpc::setting::credentials)));

    config::Config own;
    own.set("rpc.url", "nats://own:1");
    joined().complete(own);
    EXPECT_EQ(own.get(rpc::setting::url), "nats://own:1");

    config::Config other;
    other.set("host.name", "h2");
    EXPECT_THROW(joined().complete(other), Error);
}

TEST_F(HostKeyTest, CredentialsAreRenewedWhenHalfOfTheirTimeIsOver) {
    life_s_ = 4;
    join();
    life_s_ = 3600;
    Renewer renewer(joined(), [](const Error& why) { ADD_FAILURE() << why.message(); });
    renewer.start();
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (joined().life().until_s < std::time(nullptr) + 1000 && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_GT(joined().life().until_s, std::time(nullptr) + 1000);
    EXPECT_EQ(renewals_, 1);
}

TEST_F(HostKeyTest, BeforeThatTheyAreLeftAlone) {
    join();
    Renewer renewer(joined(), [](const Error& why) { ADD_FAILURE() << why.message(); });
    EXPECT_TRUE(renewer.prepare());
    EXPECT_EQ(renewals_, 0);
}

TEST_F(HostKeyTest, WithoutControlThoseThatAreOverCanBeUsedNoMore) {
    life_s_ = -10;
    join();
    life_s_ = 3600;
    Renewer renewer(joined(), [](const Error& why) { ADD_FAILURE() << why.message(); });
    server_->stop();
    EXPECT_FALSE(renewer.prepare());
}

TEST_F(HostKeyTest, OnesThatAreOverAreRenewedFirst) {
    life_s_ = -10;
    join();
    life_s_ = 3600;
    Renewer renewer(joined(), [](const Error& why) { ADD_FAILURE() << why.message(); });
    EXPECT_TRUE(renewer.prepare());
    EXPECT_EQ(renewals_, 1);
}

TEST_F(HostKeyTest, WhoIsRefusedIsToldOnce) {
    life_s_ = 1;
    join();
    refuses_ = true;
    std::promise<std::string> told;
    Renewer renewer(joined(), [&](const Error& why) { told.set_value(why.message()); });
    renewer.start();
    EXPECT_NE(told.get_future().get().find("rpc.credentials"), std::string::npos);
    EXPECT_THROW(renewer.prepare(), Error);
}

TEST_F(HostKeyTest, ATokenIsSentToNobodyWhoReadsAlong) {
    for (const auto* url : {"http://cloud.example.org:8774", "http://10.0.0.1", "127.0.0.1:1", "http://127.evil.org",
                            "http://127.0.0.1@evil.org", "http://[::2]:1", "http://[::1", ""})
        EXPECT_THROW(joined().join(url, Secret("token"), ""), Error) << url;
    EXPECT_EQ(joins_, 0);
    EXPECT_FALSE(joined().exists());
}

}  // namespace
}  // namespace virga::hostkeys::host
