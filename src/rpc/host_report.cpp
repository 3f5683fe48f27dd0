#include "rpc/host_report.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

#include "config/config.hpp"

namespace virga::rpc {
namespace {

constexpr std::size_t kLongestText = 255;
constexpr std::size_t kLongestSentence = 2'000;
constexpr std::size_t kMostTexts = 64;
constexpr std::size_t kMostBackends = 1'000;
constexpr std::size_t kLongestObject = 16 * 1024;
/// The most that settings of a host let it report (MiB); times any of the scheduler's it is below what 64 bits hold.
constexpr std::int64_t kMostOfAnything = config::kMaxBytes >> 20;
constexpr double kGreatestRatio = 1'000'000;
constexpr std::int64_t kWhole_percent = 100;
constexpr std::size_t kMostNamed = 20;

using Test = bool (*)(const json::value& value);

struct Field {
    std::string_view name;
    Test is_good;
};

bool is_text(const json::value& value) {
    return value.is_string() && value.get_string().size() <= kLongestText;
}

bool is_whole(const json::value& value, std::int64_t most) {
    if (value.is_uint64()) return value.get_uint64() <= static_cast<std::uint64_t>(most);
    return value.is_int64() && value.get_int64() >= 0 && value.get_int64() <= most;
}

bool is_amount(const json::value& value) {
    return is_whole(value, kMostOfAnything);
}

bool is_percentage(const json::value& value) {
    return is_whole(value, kWhole_percent);
}

bool is_ratio(const json::value& value) {
    if (!value.is_number()) return false;
    const auto number = value.to_number<double>();
    return number >= 0 && number <= kGreatestRatio;
}

bool is_flag(const json::value& value) {
    return value.is_bool();
}

bool is_small_object(const json::value& value) {
    return value.is_object() && json::serialize(value).size() <= kLongestObject;
}

bool are_sentences(const json::value& value) {
    if (!value.is_array() || value.get_array().size() > kMostTexts) return false;
    const auto& list = value.get_array();
    return std::all_of(list.begin(), list.end(), [](const json::value& item) {
        return item.is_string() && item.get_string().size() <= kLongestSentence;
    });
}

constexpr Field kOfHost[] = {{"host", is_text},
                             {"zone", is_text},
                             {"host_ip", is_text},
                             {"hypervisor_type", is_text},
                             {"hypervisor_version", is_amount},
                             {"cpu_info", is_small_object},
                             {"vcpus", is_amount},
                             {"memory_mib", is_amount},
                             {"disk_gib", is_amount},
                             {"free_disk_gib", is_amount},
                             {"remote_disks", is_flag},
                             {"unconfined", is_flag},
                             {"guests_lack", are_sentences}};
constexpr Field kOfBackend[] = {{"name", is_text},
                                {"backend_name", is_text},
                                {"driver", is_text},
                                {"up", is_flag},
                                {"total_gib", is_amount},
                                {"free_gib", is_amount},
                                {"allocated_gib", is_amount},
                                {"max_over_subscription_ratio", is_ratio},
                                {"reserved_percentage", is_percentage},
                                {"host_local", is_flag},
                                {"exports", is_flag},
                                {"online_snapshot", is_flag}};

void leave_out(BelievedReport& into, const std::string& name) {
    if (into.left_out.size() < kMostNamed) into.left_out.push_back(name.substr(0, kLongestText));
}

template <std::size_t N>
json::object known(const json::object& said, const Field (&fields)[N], const std::string& prefix,
                   BelievedReport& into) {
    json::object good;
    for (const auto& [name, is_good] : fields) {
        const auto* value = said.if_contains(name);
        if (value == nullptr || value->is_null()) continue;
        if (is_good(*value))
            good[name] = *value;
        else
            leave_out(into, prefix + std::string(name));
    }
    return good;
}

/// One without a name can't be used, nor told from others.
void add_backends(const json::value& said, BelievedReport& into) {
    if (!said.is_array() || said.get_array().size() > kMostBackends) return leave_out(into, "backends");
    json::array backends;
    for (std::size_t i = 0; i < said.get_array().size(); ++i) {
        const auto& item = said.get_array()[i];
        const auto prefix = "backends[" + std::to_string(i) + "]";
        auto backend = item.is_object() ? known(item.get_object(), kOfBackend, prefix + ".", into) : json::object();
        if (get_string(backend, "name").empty())
            leave_out(into, prefix);
        else
            backends.push_back(std::move(backend));
    }
    into.report["backends"] = std::move(backends);
}

}  // namespace

BelievedReport believe(const json::object& said) {
    BelievedReport result;
    result.report = known(said, kOfHost, "", result);
    if (const auto* backends = said.if_contains("backends"); backends != nullptr && !backends->is_null())
        add_backends(*backends, result);
    return result;
}

}  // namespace virga::rpc
