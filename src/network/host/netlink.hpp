#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace virga::network::host {

/// What to change of a link; unset fields stay.
struct LinkChange {
    std::optional<std::string> mac;
    std::optional<std::int64_t> mtu;
    std::optional<unsigned> master_index;
    bool up = false;
};

/// rtnetlink over one socket. Not thread-safe. Errors: Forbidden without the privilege (CAP_NET_ADMIN), else Internal
/// with the kernel's reason.
class Netlink {
public:
    Netlink();
    ~Netlink();
    Netlink(const Netlink&) = delete;
    Netlink& operator=(const Netlink&) = delete;

    void create_bridge(const std::string& name);  ///< Nothing happens when a link of this name exists.
    void change_link(const std::string& name, const LinkChange& change);  ///< NotFound when it is missing.
    void delete_link(const std::string& name);                            ///< Nothing happens when it is missing.

private:
    int transact(const std::string& request);

    int socket_ = -1;
    std::uint32_t sequence_ = 0;
};

/// 0 when there is no link of this name.
unsigned link_index(const std::string& name);

}  // namespace virga::network::host
