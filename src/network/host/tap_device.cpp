#include "network/host/tap_device.hpp"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "network/host/netlink.hpp"

namespace virga::network::host {
namespace {

[[noreturn]] void fail(const std::string& what, int err) {
    if (err == EPERM || err == EACCES)
        throw Error(ErrorCode::Forbidden, what + ": the host process lacks the privilege; run it as root");
    throw_errno(err == ENOENT ? ErrorCode::Unavailable : ErrorCode::Internal, what, err);
}

}  // namespace

void create_tap(const std::string& name) {
    if (link_index(name) != 0) return;
    const int fd = ::open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    if (fd < 0) fail("open /dev/net/tun", errno);
    const ScopeExit close([&] { ::close(fd); });
    ifreq request{};
    request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
    std::strncpy(request.ifr_name, name.c_str(), IFNAMSIZ - 1);
    if (::ioctl(fd, TUNSETIFF, &request) != 0) fail("make tap " + name, errno);
    if (::ioctl(fd, TUNSETPERSIST, 1) != 0) fail("keep tap " + name, errno);
}

}  // namespace virga::network::host
