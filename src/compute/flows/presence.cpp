#include "compute/flows/presence.hpp"

#include <algorithm>
#include <map>

#include "base/log.hpp"
#include "compute/repo/presence_repo.hpp"

namespace virga::compute::flows {
namespace {

/// So that boots don't wait long for the rows of hosts.
constexpr std::size_t kMostAtOnce = 500;

bool runs_servers(const json::object& report) {
    return get_int(report, "vcpus") > 0;
}

/// In their order, in which every process locks them.
std::vector<std::string> heard_here(Dependencies& d) {
    std::vector<std::string> names;
    for (const auto& host : d.hosts.hosts()) {
        if (host.answers && runs_servers(host.report)) names.push_back(host.name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

template <class F>
void write(Dependencies& d, F&& change) {
    d.db.write_with(change, db::Durability::Grouped, db::Writers::Together);
}

void tell(Dependencies& d) {
    const auto names = heard_here(d);
    const auto news = d.db.read_with([&](db::Transaction& tx) { return repo::hosts_to_tell_of(tx, names); });
    for (std::size_t begin = 0; begin < news.size(); begin += kMostAtOnce) {
        const auto end = std::min(news.size(), begin + kMostAtOnce);
        const std::vector<std::string> some(news.begin() + static_cast<std::ptrdiff_t>(begin),
                                            news.begin() + static_cast<std::ptrdiff_t>(end));
        write(d, [&](db::Transaction& tx) { repo::note_heard(tx, some); });
    }
    if (d.db.read_with([](db::Transaction& tx) { return repo::has_silent(tx); })) {
        write(d, [](db::Transaction& tx) { repo::note_silent(tx); });
    }
}

}  // namespace

void keep_report(Dependencies& d, const std::string& host, const json::object& report) {
    if (!runs_servers(report)) return;
    write(d, [&](db::Transaction& tx) {
        repo::save_report(tx, host, report);
        if (d.db.is_shared()) repo::note_heard(tx, {host});
    });
}

void tell_of_hosts(Dependencies& d) {
    try {
        tell(d);
    } catch (const Error& failure) {
        log::warning("which hosts are up can't be told to other control processes",
                     {{"error", failure.message()}, {"detail", failure.detail()}});
    }
}

std::vector<rpc::HostState> all_compute_hosts(Dependencies& d) {
    std::map<std::string, rpc::HostState> hosts;
    const auto known = d.db.read_with([&](db::Transaction& tx) { return repo::presences(tx, d.db.is_shared()); });
    for (const auto& one : known) hosts[one.host] = {one.host, one.report, one.is_heard};
    for (auto& host : d.hosts.hosts()) {
        if (!runs_servers(host.report)) continue;
        auto& row = hosts[host.name];
        host.answers = host.answers || row.answers;
        row = std::move(host);
    }
    std::vector<rpc::HostState> list;
    list.reserve(hosts.size());
    for (auto& [name, host] : hosts) list.push_back(std::move(host));
    return list;
}

}  // namespace virga::compute::flows
