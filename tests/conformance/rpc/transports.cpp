#include "conformance/rpc/transports.hpp"

#include <filesystem>
#include <stdexcept>

#include "base/ids.hpp"
#include "conformance/rpc/nats_server.hpp"
#include "rpc/nats/control.hpp"
#include "rpc/nats/host.hpp"
#include "rpc/socket/control.hpp"
#include "rpc/socket/host.hpp"

namespace virga::rpc::test {
namespace {

class OnSocket : public Meeting {
public:
    explicit OnSocket(std::string path) : path_(std::move(path)) {}

    std::unique_ptr<ControlEndpoint> control() override { return std::make_unique<SocketControl>(path_, kQuick); }
    std::unique_ptr<HostEndpoint> host(const std::string& name, Threads threads) override {
        return std::make_unique<SocketHost>(path_, name, threads);
    }
    std::string address() const override { return path_; }

private:
    std::string path_;
};

class OwnSocket : public OnSocket {
public:
    OwnSocket() : OnSocket((std::filesystem::temp_directory_path() / ("virga-rpc-" + new_uuid() + ".sock")).string()) {}
    ~OwnSocket() override { std::filesystem::remove(address()); }
};

/// "URL PREFIX"
class OnNats : public Meeting {
public:
    explicit OnNats(std::string address) : address_(std::move(address)) {}

    std::unique_ptr<ControlEndpoint> control() override { return std::make_unique<NatsControl>(meeting(), kQuick); }
    std::unique_ptr<HostEndpoint> host(const std::string& name, Threads threads) override {
        return std::make_unique<NatsHost>(meeting(), name, threads, kQuick);
    }
    std::string address() const override { return address_; }

private:
    nats::Meeting meeting() const {
        const auto space = address_.find(' ');
        return {nats::servers_of(address_.substr(0, space)), address_.substr(space + 1), "", ""};
    }
    std::string address_;
};

/// One server is enough for all tests, since each is a cloud of its own.
std::string new_cloud_on_nats() {
    static const NatsServer server;
    return server.url() + " " + new_uuid();
}

}  // namespace

const std::vector<Transport>& transports() {
    static const std::vector<Transport> all{
        {"socket", [] { return std::unique_ptr<Meeting>(std::make_unique<OwnSocket>()); },
         [](const std::string& path) { return std::unique_ptr<Meeting>(std::make_unique<OnSocket>(path)); }},
        {"nats", [] { return std::unique_ptr<Meeting>(std::make_unique<OnNats>(new_cloud_on_nats())); },
         [](const std::string& address) { return std::unique_ptr<Meeting>(std::make_unique<OnNats>(address)); }},
    };
    return all;
}

const Transport& transport(const std::string& name) {
    for (const auto& one : transports()) {
        if (one.name == name) return one;
    }
    throw std::runtime_error("no transport " + name);
}

}  // namespace virga::rpc::test
