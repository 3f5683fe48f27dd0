#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace virga::rpc::nats {

/// One server, of the URL scheme://[user[:password]@]host[:port].
struct Server {
    std::string url;
    std::string host;  ///< what its certificate must be for
    bool is_tls = false;
};

/// Where the processes of one cloud meet, and as whom.
struct Meeting {
    std::vector<Server> servers;
    std::string prefix;       ///< of all subjects; one token
    std::string ca_file;      ///< empty: the system's
    std::string credentials;  ///< a file, or empty
};

/// Throws Error{InvalidInput} that names rpc.url.
std::vector<Server> servers_of(const std::string& urls);
/// Opens no connection. Throws Error{InvalidInput} that names the setting.
void check(const Meeting& meeting);
/// For logs: without user and password.
std::string public_names(const std::vector<Server>& servers);

/// A host's name as one token of a subject, and back; any name can be one.
std::string token_of(std::string_view name);
std::string name_of(std::string_view token);
/// The n-th token of a subject, from 0; empty when there is none.
std::string_view token_at(std::string_view subject, std::size_t n);

}  // namespace virga::rpc::nats
