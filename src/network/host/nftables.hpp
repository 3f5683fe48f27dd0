#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace virga::network::host {

/// Where the bytes that a rule looks at begin.
enum class Layer : std::uint32_t { Link = 0, Network = 1, Transport = 2 };

/// A rule of the packet filter: all conditions hold, then the verdict.
class Rule {
public:
    /// The bytes at `offset` of the layer begin with the first `bits` bits of `value`.
    Rule& has(Layer layer, std::uint32_t offset, std::string_view value, std::size_t bits);
    Rule& has(Layer layer, std::uint32_t offset, std::string_view value) {
        return has(layer, offset, value, value.size() * 8);
    }
    /// TCP, UDP, ICMPv6: past IPv6's extension headers.
    Rule& protocol(std::uint8_t number);
    Rule& accept();
    Rule& drop();
    Rule& go_to(std::string_view chain);

    const std::string& expressions() const { return expressions_; }

private:
    void add(std::string_view name, const std::string& data);
    void compare(std::string_view value);
    Rule& verdict(std::int32_t code, std::string_view chain = {});

    std::string expressions_;  ///< as netlink attributes
};

/// The rules of one device, in a table of their own.
struct DeviceFilter {
    std::string table;
    std::string device;
    std::vector<Rule> entry;  ///< of each frame that comes from the device; what is left is dropped
    std::string chain;        ///< where entry's rules may go on
    std::vector<Rule> further;
};

/// The kernel's packet filter (nf_tables) by netlink: neither a process nor a look at others' rules, so the time
/// doesn't depend on how many there are. Errors: Forbidden without the privilege (CAP_NET_ADMIN), Unavailable when the
/// kernel has no such filter, else Internal with the kernel's reason.
namespace nftables {
/// In one step: until it is done, the rules that there were stand.
void replace(const DeviceFilter& filter);
void remove(const std::string& table);  ///< Nothing happens when it is missing.
bool is_set(const std::string& table);
}  // namespace nftables

}  // namespace virga::network::host
