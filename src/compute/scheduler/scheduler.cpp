#include "compute/scheduler/scheduler.hpp"

#include <algorithm>
#include <tuple>

namespace virga::compute::scheduler {
namespace {

std::string at_most(const std::string& what, std::int64_t wanted, std::int64_t free, const std::string& unit) {
    return what + " " + std::to_string(wanted) + " <= free " + std::to_string(free) + unit;
}

std::string sentence(const HostView& best, std::size_t passed, const Request& request) {
    std::string text = "chose host " + best.name + " of " + std::to_string(passed) + " that passed (";
    text += at_most("RAM", request.memory_mib, free_memory_mib(best), " MiB") + ", ";
    text += at_most("VCPUs", request.vcpus, free_vcpus(best), "") + ", ";
    text += request.disk_gib > 0 ? at_most("disk", request.disk_gib, free_disk_gib(best), " GiB")
                                 : std::string("no local disk");
    text += request.near_hosts.empty() ? "; weights: " : "; weights: where its volumes are, then ";
    text += "most free RAM, then fewest servers: " + std::to_string(best.servers) + ")";
    return text;
}

/// "ComputeFilter refused 1, RamFilter refused 2".
std::string counts(const Choice& choice) {
    std::string text;
    for (const auto& [filter, count] : choice.rejections) {
        text += (text.empty() ? "" : ", ") + filter + " refused " + std::to_string(count);
    }
    return text;
}

}  // namespace

std::string reason_of(const std::string& host, const Rejection& why) {
    return host + ": " + why.filter + " (" + why.reason + ")";
}

void sort_by_weight(std::vector<HostView>& hosts, const std::set<std::string>& near) {
    const auto key = [&](const HostView& host) {
        return std::make_tuple(!near.contains(host.name), -free_memory_mib(host), host.servers, std::cref(host.name));
    };
    std::sort(hosts.begin(), hosts.end(), [&](const HostView& a, const HostView& b) { return key(a) < key(b); });
}

Choice choose(std::vector<HostView> hosts, const Request& request, std::size_t max_hosts) {
    Choice choice;
    std::vector<HostView> passed;
    for (auto& host : hosts) {
        if (auto why = reject(host, request)) {
            ++choice.rejections[why->filter];
            if (choice.rejection_reasons.size() < kReasonsKept) {
                choice.rejection_reasons.push_back(reason_of(host.name, *why));
            }
        } else {
            passed.push_back(std::move(host));
        }
    }
    if (passed.empty()) return choice;
    sort_by_weight(passed, request.near_hosts);
    choice.decision = sentence(passed.front(), passed.size(), request);
    if (!choice.rejections.empty()) choice.decision += "; " + counts(choice);
    for (const auto& host : passed) {
        if (choice.hosts.size() >= std::max<std::size_t>(max_hosts, 1)) break;
        choice.hosts.push_back(host.name);
    }
    return choice;
}

std::string explain_rejections(const Choice& choice, std::size_t total_hosts) {
    if (total_hosts == 0) return "no host is connected";
    auto text = counts(choice) + " of " + std::to_string(total_hosts) + " hosts: ";
    for (std::size_t i = 0; i < choice.rejection_reasons.size(); ++i) {
        text += (i == 0 ? "" : "; ") + choice.rejection_reasons[i];
    }
    return text;
}

}  // namespace virga::compute::scheduler
