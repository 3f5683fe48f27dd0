#pragma once
#include <cstdint>
#include <string>

#include "base/secret.hpp"
#include "config/config.hpp"

namespace virga::hostkeys::host {

/// What a machine has got that has joined a cloud: its key and credentials, and where the cloud is. It lies in the
/// folder `key` of the host's state, for nobody else to read.
class Joined {
public:
    explicit Joined(const std::string& host_dir) : folder_(host_dir + "/key") {}

    /// Makes a key, and has the control process at `url` take it in for the token. `ca_file` as http::request() has it.
    /// The name that the machine was invited by. Throws Error{InvalidInput} for a URL by which the token could be read
    /// on its way, Error{Forbidden} when it isn't taken in, Error{Unavailable} when nobody answers; then nothing is
    /// changed.
    std::string join(const std::string& url, const Secret& token, const std::string& ca_file) const;
    bool exists() const;

    /// Gives the settings of `rpc` and host.name that are missing, and the machine's own credentials in place of
    /// others. Throws Error{InvalidInput} that names host.name when it is another than the one that the machine was
    /// invited by.
    void complete(config::Config& config) const;

    struct Life {
        std::int64_t renew_at_s;
        std::int64_t until_s;
    };
    Life life() const;
    /// As join() fails. Forbidden names rpc.credentials.
    void renew() const;

private:
    std::string credentials_file() const { return folder_ + "/nats.creds"; }
    std::string ca_file() const { return folder_ + "/nats-ca.pem"; }
    std::string control_ca_file() const { return folder_ + "/control-ca.pem"; }
    std::string record_file() const { return folder_ + "/joined.json"; }
    void keep(const std::string& statement, const Secret& seed) const;

    std::string folder_;
};

}  // namespace virga::hostkeys::host
