#pragma once
#include <filesystem>
#include <memory>
#include <string>

namespace virga::rpc::test {

/// What a NATS server is told of a cloud's processes, as docs/howto/nats.md has it: an operator, an account, and two
/// signing keys, each with what those whose credentials it signed may publish and subscribe.
class NatsAccounts {
public:
    /// `prefix` as the setting rpc.prefix.
    explicit NatsAccounts(const std::string& prefix);
    ~NatsAccounts();

    /// A configuration file of nats-server.
    void write_configuration(const std::filesystem::path& file) const;
    /// A file for rpc.credentials. `name`: of a host, as a token of a subject. `lifetime_s` may be over.
    void write_host(const std::filesystem::path& file, const std::string& name, long lifetime_s = 3600) const;
    void write_control(const std::filesystem::path& file, const std::string& name) const;
    /// Of a host, as somebody would write it who has none of the keys.
    void write_forged(const std::filesystem::path& file, const std::string& name) const;

private:
    struct Keys;
    std::string prefix_;
    std::unique_ptr<Keys> keys_;
};

}  // namespace virga::rpc::test
