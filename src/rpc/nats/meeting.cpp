#include "rpc/nats/meeting.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "base/error.hpp"

namespace virga::rpc::nats {
namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

[[noreturn]] void refuse(const std::string& why) {
    throw Error(ErrorCode::InvalidInput,
                "rpc.url: " + why +
                    "; nats://USER:PASSWORD@ADDRESS:PORT or tls://... is understood, several with "
                    "commas between them");
}

bool is_port(std::string_view text) {
    int port = 0;
    const auto end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(text.data(), end, port);
    return failure == std::errc() && stop == end && port > 0 && port < 65'536;
}

/// host or [address] and the port, which may be missing.
std::string host_of(std::string_view place) {
    std::string_view host = place;
    std::string_view rest;
    if (place.starts_with('[')) {
        const auto end = place.find(']');
        if (end == place.npos) refuse("an address has no ]");
        host = place.substr(1, end - 1);
        rest = place.substr(end + 1);
    } else if (const auto colon = place.find(':'); colon != place.npos) {
        host = place.substr(0, colon);
        rest = place.substr(colon);
    }
    if (host.empty()) refuse("a server has no address");
    if (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1)))) refuse("a port must be from 1 to 65535");
    return std::string(host);
}

Server server_of(std::string_view url) {
    Server out;
    out.url = url;
    out.is_tls = url.starts_with("tls://");
    if (!out.is_tls && !url.starts_with("nats://")) refuse("a server doesn't begin with nats:// or tls://");
    url.remove_prefix(url.find("://") + 3);
    if (const auto at = url.rfind('@'); at != url.npos) url.remove_prefix(at + 1);
    if (url.find_first_of("/?# \t") != url.npos) refuse("nothing may follow the port");
    out.host = host_of(url);
    return out;
}

void require_file(const char* setting, const std::string& path) {
    if (path.empty() || ::access(path.c_str(), R_OK) == 0) return;
    throw Error(ErrorCode::InvalidInput, std::string(setting) + ": the file " + path + " can't be read");
}

}  // namespace

std::vector<Server> servers_of(const std::string& urls) {
    std::vector<Server> servers;
    std::string_view rest = urls;
    while (true) {
        const auto comma = rest.find(',');
        servers.push_back(server_of(rest.substr(0, comma)));
        if (comma == rest.npos) break;
        rest.remove_prefix(comma + 1);
    }
    const auto is_tls = [](const Server& server) { return server.is_tls; };
    if (std::any_of(servers.begin(), servers.end(), is_tls) && !std::all_of(servers.begin(), servers.end(), is_tls))
        refuse("all servers must be nats://, or all tls://");
    return servers;
}

void check(const Meeting& meeting) {
    require_file("rpc.tls_ca", meeting.ca_file);
    require_file("rpc.credentials", meeting.credentials);
}

std::string public_names(const std::vector<Server>& servers) {
    std::string out;
    for (const auto& server : servers) {
        const auto begin = server.url.find("://") + 3;
        const auto at = server.url.rfind('@');
        if (!out.empty()) out += ", ";
        out += server.url.substr(0, begin) + server.url.substr(at == server.url.npos ? begin : at + 1);
    }
    return out;
}

std::string token_of(std::string_view name) {
    std::string out;
    for (const char c : name) {
        if (is_plain(c)) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += kHex[byte >> 4];
        out += kHex[byte & 15];
    }
    return out;
}

std::string name_of(std::string_view token) {
    std::string out;
    for (std::size_t i = 0; i < token.size(); ++i) {
        const auto high = i + 2 < token.size() ? kHex.find(token[i + 1]) : kHex.npos;
        const auto low = i + 2 < token.size() ? kHex.find(token[i + 2]) : kHex.npos;
        if (token[i] != '%' || high == kHex.npos || low == kHex.npos) {
            out += token[i];
            continue;
        }
        out += static_cast<char>(high << 4 | low);
        i += 2;
    }
    return out;
}

std::string_view token_at(std::string_view subject, std::size_t n) {
    for (; n > 0; --n) {
        const auto dot = subject.find('.');
        if (dot == subject.npos) return {};
        subject.remove_prefix(dot + 1);
    }
    return subject.substr(0, subject.find('.'));
}

}  // namespace virga::rpc::nats
