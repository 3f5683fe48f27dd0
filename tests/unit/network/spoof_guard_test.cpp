#include "network/host/spoof_guard.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "base/error.hpp"
#include "network/host/netlink.hpp"
#include "network/host/taps.hpp"

namespace virga::network::host {
namespace {

constexpr const char* kMac = "fa:16:3e:00:00:01";
constexpr const char* kOther = "fa:16:3e:00:00:02";
constexpr const char* kAll = "ff:ff:ff:ff:ff:ff";

std::string mac_bytes(const std::string& text) {
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); i += 3)
        bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
    return bytes;
}

std::string ip_bytes(const std::string& text) {
    char buffer[16];
    const bool six = text.find(':') != std::string::npos;
    EXPECT_EQ(::inet_pton(six ? AF_INET6 : AF_INET, text.c_str(), buffer), 1) << text;
    return {buffer, six ? 16U : 4U};
}

std::string number(unsigned value, int bytes) {
    std::string text;
    for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i));
    return text;
}

std::string ethernet(const std::string& from, unsigned type, const std::string& payload) {
    return mac_bytes(kAll) + mac_bytes(from) + number(type, 2) + payload + std::string(46, '\0');
}

std::string arp(const std::string& from, const std::string& sender_mac, const std::string& sender_ip) {
    return ethernet(from, 0x0806,
                    number(1, 2) + number(0x0800, 2) + number(6, 1) + number(4, 1) + number(2, 2) +
                        mac_bytes(sender_mac) + ip_bytes(sender_ip) + mac_bytes(kAll) + ip_bytes("10.0.0.1"));
}

std::string udp(unsigned from, unsigned to) {
    return number(from, 2) + number(to, 2) + number(8, 2) + number(0, 2);
}

std::string checksum(const std::string& header) {
    unsigned sum = 0;
    for (std::size_t i = 0; i < header.size(); i += 2)
        sum += static_cast<unsigned char>(header[i]) * 256U + static_cast<unsigned char>(header[i + 1]);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return number(~sum, 2);
}

std::string ipv4(const std::string& mac, const std::string& source, unsigned protocol, const std::string& payload) {
    const auto front = number(0x4500, 2) + number(static_cast<unsigned>(20 + payload.size()), 2) + number(0, 4) +
                       number(64, 1) + number(protocol, 1);
    const auto addresses = ip_bytes(source) + ip_bytes("10.0.0.255");
    return ethernet(mac, 0x0800, front + checksum(front + addresses) + addresses + payload);
}

std::string ipv6(const std::string& mac, const std::string& source, unsigned next, const std::string& payload) {
    return ethernet(mac, 0x86dd,
                    number(0x60000000, 4) + number(static_cast<unsigned>(payload.size()), 2) + number(next, 1) +
                        number(255, 1) + ip_bytes(source) + ip_bytes("ff02::1") + payload);
}

std::string icmpv6(unsigned type, const std::string& target = "::") {
    return number(type, 1) + number(0, 3) + number(0, 4) + ip_bytes(target);
}

/// The guest's end of a tap.
class GuestEnd {
public:
    explicit GuestEnd(const std::string& tap) : fd_(::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK)) {
        ifreq request{};
        request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
        std::strncpy(request.ifr_name, tap.c_str(), IFNAMSIZ - 1);
        if (fd_ < 0 || ::ioctl(fd_, TUNSETIFF, &request) != 0) throw std::runtime_error("open " + tap);
    }
    ~GuestEnd() { ::close(fd_); }
    GuestEnd(const GuestEnd&) = delete;
    GuestEnd& operator=(const GuestEnd&) = delete;

    void send(const std::string& frame) const {
        const auto bytes = std::string(kHeader, '\0') + frame;
        ASSERT_EQ(::write(fd_, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    }
    /// The next frame; empty when there is none in time.
    std::string receive(int timeout_ms = 10'000) const {
        pollfd ready{fd_, POLLIN, 0};
        if (::poll(&ready, 1, timeout_ms) != 1) return {};
        char buffer[2048];
        const auto got = ::read(fd_, buffer, sizeof buffer);
        return got <= kHeader ? std::string() : std::string(buffer + kHeader, static_cast<std::size_t>(got - kHeader));
    }

private:
    static constexpr int kHeader = 10;  // virtio_net_hdr
    int fd_;
};

Nic nic(const std::string& port, const std::string& mac, const std::vector<std::string>& addresses) {
    Nic made;
    made.port_id = port;
    made.mac = mac;
    made.tap = "tap" + port;
    made.bridge = "vbrtest";
    for (const auto& address : addresses)
        made.fixed_ips.push_back({address, "", address.find(':') == std::string::npos ? 4 : 6});
    return made;
}

/// Two guests on one bridge in a network name space of the test's own, in which the process stays.
class SpoofGuardTest : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        if (::geteuid() != 0) GTEST_SKIP() << "taps need root";
        static const bool apart = ::unshare(CLONE_NEWNET) == 0;
        ASSERT_TRUE(apart);
    }
    void SetUp() override {
        folder_ = ::testing::TempDir() + "virga-taps-" + std::to_string(::getpid());
        ::mkdir(folder_.c_str(), 0700);
        taps_ = std::make_unique<Taps>(true, folder_);
        taps_->plug({guest_, peer_});
        guest_end_ = std::make_unique<GuestEnd>(guest_.tap);
        peer_end_ = std::make_unique<GuestEnd>(peer_.tap);
        await_bridge();
    }
    void TearDown() override {
        guest_end_.reset();
        peer_end_.reset();
        taps_->unplug({guest_, peer_});
        std::filesystem::remove_all(folder_);
    }
    /// The bridge forwards once it has noticed that both ends are open.
    void await_bridge() {
        const auto probe = arp(kMac, kMac, "0.0.0.0");
        int tries = 600;
        do guest_end_->send(probe);
        while (peer_end_->receive(50).empty() && --tries > 0);
        ASSERT_GT(tries, 0) << "the bridge forwards nothing";
        const auto last = arp(kMac, kMac, "10.0.0.5");
        guest_end_->send(last);
        for (auto got = peer_end_->receive(); got != last; got = peer_end_->receive()) ASSERT_FALSE(got.empty());
    }
    /// Whether the other guest gets the frame: it would before the one that is sent behind it.
    bool arrives(const std::string& frame) {
        const auto last = arp(kMac, kMac, "10.0.0.5");
        guest_end_->send(frame);
        guest_end_->send(last);
        bool arrived = false;
        while (true) {
            const auto got = peer_end_->receive();
            EXPECT_FALSE(got.empty()) << "a proper frame didn't arrive";
            if (got.empty() || (got == last && (arrived || frame != last))) return arrived;
            if (frame.starts_with(got)) arrived = true;  // the padding may be gone
        }
    }

    const Nic guest_ = nic("0000000a-01", kMac, {"10.0.0.5", "2001:db8::5"});
    const Nic peer_ = nic("0000000a-02", kOther, {"10.0.0.6", "2001:db8::6"});
    std::string folder_;
    std::unique_ptr<Taps> taps_;
    std::unique_ptr<GuestEnd> guest_end_;
    std::unique_ptr<GuestEnd> peer_end_;
};

TEST_F(SpoofGuardTest, LetsAGuestSendAsItself) {
    EXPECT_TRUE(arrives(arp(kMac, kMac, "0.0.0.0")));
    EXPECT_TRUE(arrives(ipv4(kMac, "10.0.0.5", 17, udp(5000, 53))));
    EXPECT_TRUE(arrives(ipv4(kMac, "0.0.0.0", 17, udp(68, 67))));
    EXPECT_TRUE(arrives(ipv6(kMac, "2001:db8::5", 17, udp(5000, 53))));
    EXPECT_TRUE(arrives(ipv6(kMac, "fe80::f816:3eff:fe00:1", 58, icmpv6(135, "2001:db8::1"))));
    EXPECT_TRUE(arrives(ipv6(kMac, "::", 58, icmpv6(135, "2001:db8::5"))));
    EXPECT_TRUE(arrives(ipv6(kMac, "fe80::f816:3eff:fe00:1", 58, icmpv6(136, "2001:db8::5"))));
}

TEST_F(SpoofGuardTest, DropsWhatIsSentInTheNameOfOthers) {
    EXPECT_FALSE(arrives(arp(kOther, kOther, "10.0.0.5"))) << "MAC";
    EXPECT_FALSE(arrives(arp(kMac, kOther, "10.0.0.5"))) << "MAC in ARP";
    EXPECT_FALSE(arrives(arp(kMac, kMac, "10.0.0.6"))) << "IP in ARP";
    EXPECT_FALSE(arrives(ipv4(kMac, "10.0.0.6", 17, udp(5000, 53)))) << "IPv4";
    EXPECT_FALSE(arrives(ipv4(kOther, "10.0.0.5", 17, udp(5000, 53)))) << "MAC of IPv4";
    EXPECT_FALSE(arrives(ipv4(kMac, "0.0.0.0", 17, udp(5000, 53)))) << "no address";
    EXPECT_FALSE(arrives(ipv6(kMac, "2001:db8::6", 17, udp(5000, 53)))) << "IPv6";
    EXPECT_FALSE(arrives(ipv6(kMac, "fe80::1", 17, udp(5000, 53)))) << "link-local IPv6";
    EXPECT_FALSE(arrives(ipv6(kMac, "2001:db8::5", 58, icmpv6(136, "2001:db8::6")))) << "neighbour advertisement";
}

TEST_F(SpoofGuardTest, DropsWhatOnlyNetworksSend) {
    EXPECT_FALSE(arrives(ipv4(kMac, "10.0.0.5", 17, udp(67, 68)))) << "DHCP server";
    EXPECT_FALSE(arrives(ipv6(kMac, "fe80::f816:3eff:fe00:1", 17, udp(547, 546)))) << "DHCPv6 server";
    EXPECT_FALSE(arrives(ipv6(kMac, "fe80::f816:3eff:fe00:1", 58, icmpv6(134)))) << "router advertisement";
    EXPECT_FALSE(arrives(ipv6(kMac, "fe80::f816:3eff:fe00:1", 58, icmpv6(137)))) << "redirect";
    EXPECT_FALSE(arrives(ethernet(kMac, 0x8100, number(7, 2) + number(0x0800, 2) + std::string(40, 'x')))) << "VLAN";
    EXPECT_FALSE(arrives(ethernet(kMac, 0x88cc, std::string(40, 'x')))) << "LLDP";
}

TEST_F(SpoofGuardTest, TakesTheAddressesOfThePortAsTheyAreNow) {
    auto changed = guest_;
    changed.fixed_ips.push_back({"10.0.0.7", "", 4});
    changed.address_pairs = {{"10.9.0.0/16", ""}, {"2001:db8:7::/48", kOther}};
    EXPECT_FALSE(arrives(ipv4(kMac, "10.0.0.7", 17, udp(5000, 53))));
    taps_->plug({changed});
    EXPECT_TRUE(arrives(ipv4(kMac, "10.0.0.7", 17, udp(5000, 53))));
    EXPECT_TRUE(arrives(ipv4(kMac, "10.9.3.4", 17, udp(5000, 53))));
    EXPECT_TRUE(arrives(ipv6(kOther, "2001:db8:7::1", 58, icmpv6(136, "2001:db8:7::1"))));
    EXPECT_FALSE(arrives(ipv6(kOther, "2001:db8:7::1", 58, icmpv6(136, "2001:db8:8::1"))));
    EXPECT_FALSE(arrives(ipv4(kOther, "10.9.3.4", 17, udp(5000, 53)))) << "the pair is of the port's own MAC";
    taps_->plug({guest_});
    EXPECT_FALSE(arrives(ipv4(kMac, "10.0.0.7", 17, udp(5000, 53))));
}

TEST_F(SpoofGuardTest, TellsWhichTapsHaveNoRulesAndMakesThemAgain) {
    EXPECT_EQ(taps_->unprotected(), std::vector<std::string>());
    forget_guard(guest_.tap);
    EXPECT_TRUE(arrives(ipv4(kMac, "10.0.0.6", 17, udp(5000, 53)))) << "nothing else drops it";
    EXPECT_EQ(taps_->unprotected(), std::vector<std::string>{guest_.tap});
    Taps after_restart(true, folder_);
    after_restart.protect({guest_, peer_});
    EXPECT_EQ(after_restart.unprotected(), std::vector<std::string>());
    EXPECT_FALSE(arrives(ipv4(kMac, "10.0.0.6", 17, udp(5000, 53))));
}

TEST_F(SpoofGuardTest, LeavesNoRulesBehind) {
    taps_->unplug({guest_, peer_});
    taps_->unplug({guest_, peer_});
    EXPECT_FALSE(is_guarded(guest_.tap));
    EXPECT_FALSE(is_guarded(peer_.tap));
}

TEST(SpoofGuardRules, RefuseWhatIsNoAddress) {
    for (const char* address : {"10.0.0.5 accept", "", "10.0.0.5/33", "10.0.0.0/", "2001:db8::/129", "x"})
        EXPECT_THROW(guard_of(nic("1", kMac, {address})), Error) << address;
    for (const char* mac : {"", "fa:16:3e:00:00", "fa:16:3e:00:00:01 accept"})
        EXPECT_THROW(guard_of(nic("1", mac, {"10.0.0.5"})), Error) << mac;
}

}  // namespace
}  // namespace virga::network::host
