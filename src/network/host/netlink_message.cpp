#include "network/host/netlink_message.hpp"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cstring>

namespace virga::network::host {
namespace {

template <class T>
std::string_view bytes_of(const T& value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

void pad(std::string& bytes) {
    bytes.resize(NLMSG_ALIGN(bytes.size()), '\0');
}

}  // namespace

std::string encode_attribute(std::uint16_t type, std::string_view data) {
    const rtattr header{static_cast<unsigned short>(RTA_LENGTH(data.size())), type};
    std::string bytes(bytes_of(header));
    bytes.append(data);
    pad(bytes);
    return bytes;
}

LinkRequest::LinkRequest(std::uint16_t type, std::uint16_t flags, unsigned index, unsigned link_flags,
                         unsigned change_mask) {
    nlmsghdr header{};
    header.nlmsg_type = type;
    header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
    ifinfomsg info{};
    info.ifi_family = AF_UNSPEC;
    info.ifi_index = static_cast<int>(index);
    info.ifi_flags = link_flags;
    info.ifi_change = change_mask;
    bytes_.append(bytes_of(header)).append(bytes_of(info));
}

LinkRequest& LinkRequest::attribute(std::uint16_t type, std::string_view data) {
    bytes_ += encode_attribute(type, data);
    return *this;
}

LinkRequest& LinkRequest::text(std::uint16_t type, std::string_view value) {
    return attribute(type, std::string(value) + '\0');
}

LinkRequest& LinkRequest::number(std::uint16_t type, std::uint32_t value) {
    return attribute(type, bytes_of(value));
}

std::string LinkRequest::finish(std::uint32_t sequence) {
    nlmsghdr header{};
    std::memcpy(&header, bytes_.data(), sizeof header);
    header.nlmsg_len = static_cast<std::uint32_t>(bytes_.size());
    header.nlmsg_seq = sequence;
    std::memcpy(bytes_.data(), &header, sizeof header);
    return bytes_;
}

}  // namespace virga::network::host
