#include "network/host/netlink.hpp"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/error.hpp"
#include "network/host/netlink_message.hpp"

namespace virga::network::host {
namespace {

constexpr std::size_t kReplyBuffer = 8192;

[[noreturn]] void fail(const std::string& what, int err) {
    if (err == EPERM || err == EACCES)
        throw Error(ErrorCode::Forbidden, what +
                                              ": the host process lacks the privilege (CAP_NET_ADMIN); run it as "
                                              "root");
    throw_errno(ErrorCode::Internal, what, err);
}

std::string mac_bytes(const std::string& text) {
    unsigned b[6];
    if (std::sscanf(text.c_str(), "%2x:%2x:%2x:%2x:%2x:%2x", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5]) != 6)
        throw Error(ErrorCode::InvalidInput, "'" + text + "' is not a MAC address");
    std::string bytes;
    for (const unsigned byte : b) bytes += static_cast<char>(byte);
    return bytes;
}

}  // namespace

unsigned link_index(const std::string& name) {
    return ::if_nametoindex(name.c_str());
}

Netlink::Netlink() : socket_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) {
    if (socket_ < 0) fail("open a netlink socket", errno);
    const timeval bound{5, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
}

Netlink::~Netlink() {
    ::close(socket_);
}

// Sends one request and gives the errno of the kernel's acknowledgement, 0 for success.
int Netlink::transact(const std::string& request) {
    if (::send(socket_, request.data(), request.size(), 0) < 0) return errno;
    alignas(nlmsghdr) char buffer[kReplyBuffer];
    while (true) {
        const auto got = ::recv(socket_, buffer, sizeof buffer, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno;
        auto left = static_cast<unsigned>(got);
        for (auto* header = reinterpret_cast<nlmsghdr*>(buffer); NLMSG_OK(header, left);
             header = NLMSG_NEXT(header, left)) {
            if (header->nlmsg_seq != sequence_ || header->nlmsg_type != NLMSG_ERROR) continue;
            nlmsgerr reply{};
            std::memcpy(&reply, NLMSG_DATA(header), sizeof reply);
            return -reply.error;
        }
    }
}

void Netlink::create_bridge(const std::string& name) {
    LinkRequest request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, IFF_UP, IFF_UP);
    request.text(IFLA_IFNAME, name).attribute(IFLA_LINKINFO, encode_attribute(IFLA_INFO_KIND, "bridge"));
    const int err = transact(request.finish(++sequence_));
    if (err != 0 && err != EEXIST) fail("make bridge " + name, err);
}

void Netlink::change_link(const std::string& name, const LinkChange& change) {
    const auto index = link_index(name);
    if (index == 0) throw Error(ErrorCode::NotFound, "network link " + name + " is missing");
    const unsigned up = change.up ? IFF_UP : 0;
    LinkRequest request(RTM_NEWLINK, 0, index, up, up);
    if (change.mac) request.attribute(IFLA_ADDRESS, mac_bytes(*change.mac));
    if (change.mtu) request.number(IFLA_MTU, static_cast<std::uint32_t>(*change.mtu));
    if (change.master_index) request.number(IFLA_MASTER, *change.master_index);
    const int err = transact(request.finish(++sequence_));
    if (err != 0) fail("set up network link " + name, err);
}

void Netlink::delete_link(const std::string& name) {
    const auto index = link_index(name);
    if (index == 0) return;
    LinkRequest request(RTM_DELLINK, 0, index, 0, 0);
    const int err = transact(request.finish(++sequence_));
    if (err != 0 && err != ENODEV) fail("remove network link " + name, err);
}

}  // namespace virga::network::host
