#pragma once
#include <string>

#include "rpc/nats/credentials.hpp"

namespace virga::rpc::nats {

/// Signs for hosts who they are. What they may say and hear follows from their names: see docs/design/rpc.md.
class HostSigner {
public:
    HostSigner(std::string account, Key key) : account_(std::move(account)), key_(std::move(key)) {}
    /// From the text of the file of the setting rpc.signing_key. Throws Error{InvalidInput} that names it.
    explicit HostSigner(const Secret& file_text);

    /// The statement that `host` has the key with the name `user_key`.
    std::string statement(const std::string& host, const std::string& user_key, std::int64_t until_s) const;
    Secret file_text() const;

private:
    std::string account_;
    Key key_;
};

/// The keys of one cloud, with which NATS servers know its processes without being told of each: an operator, an
/// account, and one key each that signs for hosts and for control processes.
class Accounts {
public:
    Accounts();
    /// From what file_text() gave. Throws Error{InvalidInput}.
    explicit Accounts(const Secret& file_text);
    Secret file_text() const;

    /// Lines for a nats-server's configuration. `prefix`: as the setting rpc.prefix.
    std::string server_configuration(const std::string& prefix) const;
    /// Of a control process, for ever.
    Credentials control() const;
    HostSigner host_signer() const { return {account_.name(), hosts_}; }

private:
    std::string account_statement(const std::string& prefix) const;

    Key operator_{KeyKind::Operator};
    Key account_{KeyKind::Account};
    Key hosts_{KeyKind::Account};
    Key controls_{KeyKind::Account};
};

}  // namespace virga::rpc::nats
