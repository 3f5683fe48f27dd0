#include "network/host/nftables.hpp"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.hpp"
#include "network/host/netlink_message.hpp"

namespace virga::network::host {
namespace {

constexpr std::uint32_t kRegister = NFT_REG32_00;
constexpr std::int32_t kPriority = -300;
constexpr const char* kEntry = "guest";

template <class T>
std::string bytes_of(const T& value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::string number(std::uint16_t type, std::uint32_t value) {
    return encode_attribute(type, bytes_of(htonl(value)));
}

std::string text(std::uint16_t type, std::string_view value) {
    return encode_attribute(type, std::string(value) + '\0');
}

std::string nested(std::uint16_t type, const std::string& attributes) {
    return encode_attribute(static_cast<std::uint16_t>(type | NLA_F_NESTED), attributes);
}

std::string value_of(std::uint16_t type, std::string_view bytes) {
    return nested(type, encode_attribute(NFTA_DATA_VALUE, bytes));
}

[[noreturn]] void fail(int err) {
    const std::string what = "set up the packet filter (nf_tables)";
    if (err == EPERM || err == EACCES)
        throw Error(ErrorCode::Forbidden,
                    what + ": the host process lacks the privilege (CAP_NET_ADMIN); run it as root");
    if (err == EPROTONOSUPPORT || err == EAFNOSUPPORT || err == EOPNOTSUPP)
        throw_errno(ErrorCode::Unavailable, what + ": the kernel lacks it, or its ingress hook of devices", err);
    throw_errno(ErrorCode::Internal, what, err);
}

/// Messages that the kernel takes as one transaction, or one alone.
class Conversation {
public:
    Conversation() : socket_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER)) {
        if (socket_ < 0) fail(errno);
        const timeval bound{5, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
    }
    ~Conversation() { ::close(socket_); }
    Conversation(const Conversation&) = delete;
    Conversation& operator=(const Conversation&) = delete;

    void add(std::uint16_t message, std::uint16_t flags, const std::string& attributes) {
        last_ = bytes_.size();
        put(static_cast<std::uint16_t>((NFNL_SUBSYS_NFTABLES << 8) | message), flags, NFPROTO_NETDEV, 0, attributes);
    }
    void begin() { put(NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES, {}); }
    void end() {
        const auto answered = last_;
        put(NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES, {});
        last_ = answered;
    }
    /// The errno of the first message that failed, 0 when all went well.
    int send() {
        nlmsghdr header{};
        std::memcpy(&header, bytes_.data() + last_, sizeof header);
        header.nlmsg_flags |= NLM_F_ACK;
        std::memcpy(bytes_.data() + last_, &header, sizeof header);
        if (::send(socket_, bytes_.data(), bytes_.size(), 0) < 0) return errno;
        return answer(header.nlmsg_seq);
    }

private:
    void put(std::uint16_t type, std::uint16_t flags, std::uint8_t family, std::uint16_t subsystem,
             const std::string& attributes) {
        nlmsghdr header{};
        nfgenmsg general{};
        header.nlmsg_len = static_cast<std::uint32_t>(sizeof header + sizeof general + attributes.size());
        header.nlmsg_type = type;
        header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
        header.nlmsg_seq = ++sequence_;
        general.nfgen_family = family;
        general.version = NFNETLINK_V0;
        general.res_id = htons(subsystem);
        bytes_ += bytes_of(header) + bytes_of(general) + attributes;
    }

    // Errors come for any message, success for the last one only.
    int answer(std::uint32_t last) const {
        alignas(nlmsghdr) char buffer[8192];
        while (true) {
            const auto got = ::recv(socket_, buffer, sizeof buffer, 0);
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return errno;
            auto left = static_cast<unsigned>(got);
            for (auto* header = reinterpret_cast<nlmsghdr*>(buffer); NLMSG_OK(header, left);
                 header = NLMSG_NEXT(header, left)) {
                if (header->nlmsg_type != NLMSG_ERROR) continue;
                nlmsgerr reply{};
                std::memcpy(&reply, NLMSG_DATA(header), sizeof reply);
                if (reply.error != 0 || header->nlmsg_seq == last) return -reply.error;
            }
        }
    }

    int socket_;
    std::uint32_t sequence_ = 0;
    std::size_t last_ = 0;  ///< where the message begins that is acknowledged
    std::string bytes_;
};

void add_rules(Conversation& batch, const std::string& table, const std::string& chain,
               const std::vector<Rule>& rules) {
    for (const auto& rule : rules)
        batch.add(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND,
                  text(NFTA_RULE_TABLE, table) + text(NFTA_RULE_CHAIN, chain) +
                      nested(NFTA_RULE_EXPRESSIONS, rule.expressions()));
}

std::string hook_of(const std::string& device) {
    return nested(NFTA_CHAIN_HOOK, number(NFTA_HOOK_HOOKNUM, NF_NETDEV_INGRESS) +
                                       number(NFTA_HOOK_PRIORITY, static_cast<std::uint32_t>(kPriority)) +
                                       text(NFTA_HOOK_DEV, device));
}

}  // namespace

void Rule::add(std::string_view name, const std::string& data) {
    expressions_ += nested(NFTA_LIST_ELEM, text(NFTA_EXPR_NAME, name) + nested(NFTA_EXPR_DATA, data));
}

void Rule::compare(std::string_view value) {
    add("cmp", number(NFTA_CMP_SREG, kRegister) + number(NFTA_CMP_OP, NFT_CMP_EQ) + value_of(NFTA_CMP_DATA, value));
}

Rule& Rule::has(Layer layer, std::uint32_t offset, std::string_view value, std::size_t bits) {
    if (bits == 0) return *this;
    const auto length = static_cast<std::uint32_t>(value.size());
    add("payload", number(NFTA_PAYLOAD_DREG, kRegister) + number(NFTA_PAYLOAD_BASE, static_cast<std::uint32_t>(layer)) +
                       number(NFTA_PAYLOAD_OFFSET, offset) + number(NFTA_PAYLOAD_LEN, length));
    std::string wanted(value);
    if (bits < value.size() * 8) {
        std::string mask(value.size(), '\0');
        for (std::size_t bit = 0; bit < bits; ++bit)
            mask[bit / 8] = static_cast<char>(mask[bit / 8] | (0x80 >> (bit % 8)));
        for (std::size_t i = 0; i < mask.size(); ++i) wanted[i] = static_cast<char>(wanted[i] & mask[i]);
        add("bitwise", number(NFTA_BITWISE_SREG, kRegister) + number(NFTA_BITWISE_DREG, kRegister) +
                           number(NFTA_BITWISE_LEN, length) + value_of(NFTA_BITWISE_MASK, mask) +
                           value_of(NFTA_BITWISE_XOR, std::string(mask.size(), '\0')));
    }
    compare(wanted);
    return *this;
}

Rule& Rule::protocol(std::uint8_t number_) {
    add("meta", number(NFTA_META_DREG, kRegister) + number(NFTA_META_KEY, NFT_META_L4PROTO));
    compare(bytes_of(number_));
    return *this;
}

Rule& Rule::verdict(std::int32_t code, std::string_view chain) {
    auto content = number(NFTA_VERDICT_CODE, static_cast<std::uint32_t>(code));
    if (!chain.empty()) content += text(NFTA_VERDICT_CHAIN, chain);
    add("immediate",
        number(NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT) + nested(NFTA_IMMEDIATE_DATA, nested(NFTA_DATA_VERDICT, content)));
    return *this;
}

Rule& Rule::accept() {
    return verdict(NF_ACCEPT);
}

Rule& Rule::drop() {
    return verdict(NF_DROP);
}

Rule& Rule::go_to(std::string_view chain) {
    return verdict(NFT_GOTO, chain);
}

namespace nftables {

void replace(const DeviceFilter& filter) {
    Conversation batch;
    batch.begin();
    batch.add(NFT_MSG_NEWTABLE, NLM_F_CREATE, text(NFTA_TABLE_NAME, filter.table));
    batch.add(NFT_MSG_NEWCHAIN, NLM_F_CREATE,
              text(NFTA_CHAIN_TABLE, filter.table) + text(NFTA_CHAIN_NAME, filter.chain));
    batch.add(NFT_MSG_NEWCHAIN, NLM_F_CREATE,
              text(NFTA_CHAIN_TABLE, filter.table) + text(NFTA_CHAIN_NAME, kEntry) + hook_of(filter.device) +
                  number(NFTA_CHAIN_POLICY, NF_DROP) + text(NFTA_CHAIN_TYPE, "filter"));
    batch.add(NFT_MSG_DELRULE, 0, text(NFTA_RULE_TABLE, filter.table));  // all that there were
    add_rules(batch, filter.table, filter.chain, filter.further);
    add_rules(batch, filter.table, kEntry, filter.entry);
    batch.end();
    if (const int err = batch.send(); err != 0) fail(err);
}

void remove(const std::string& table) {
    Conversation batch;
    batch.begin();
    batch.add(NFT_MSG_DELTABLE, 0, text(NFTA_TABLE_NAME, table));
    batch.end();
    if (const int err = batch.send(); err != 0 && err != ENOENT) fail(err);
}

bool is_set(const std::string& table) {
    Conversation question;
    question.add(NFT_MSG_GETCHAIN, 0, text(NFTA_CHAIN_TABLE, table) + text(NFTA_CHAIN_NAME, kEntry));
    const int err = question.send();
    if (err != 0 && err != ENOENT) fail(err);
    return err == 0;
}

}  // namespace nftables

}  // namespace virga::network::host
