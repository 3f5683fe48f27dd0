#include "compute/flows/presence.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "base/log.hpp"
#include "compute/repo/presence_repo.hpp"

namespace virga::compute::flows {
namespace {

/// So that boots don't wait long for the rows of hosts.
constexpr std::size_t kMostAtOnce = 500;

/// False, too, for what can't be read: one host that says odd things must not keep the others from being heard.
bool runs_servers(const json::object& report) {
    const auto* vcpus = report.if_contains("vcpus");
    return vcpus != nullptr && (vcpus->is_uint64() || (vcpus->is_int64() && vcpus->get_int64() > 0));
}

std::set<std::string> heard_here(Dependencies& d) {
    std::set<std::string> names;
    for (const auto& host : d.hosts.hosts()) {
        if (host.answers && runs_servers(host.report)) names.insert(names.end(), host.name);
    }
    return names;
}

/// In their order, in which every process locks them.
std::vector<std::string> missing_in(const std::set<std::string>& some, const std::set<std::string>& of) {
    std::vector<std::string> names;
    std::set_difference(of.begin(), of.end(), some.begin(), some.end(), std::back_inserter(names));
    return names;
}

template <class F>
auto write(Dependencies& d, F&& change) {
    return d.db.write_with(change, db::Durability::Grouped, db::Writers::Together);
}

}  // namespace

void HostHearing::keep_report(const std::string& host, const json::object& report) {
    if (!runs_servers(report)) return;
    const bool is_heard = d_.db.is_shared() && d_.hosts.answers(host);
    const std::lock_guard lock(mutex_);
    const bool was_in_doubt = std::exchange(is_in_doubt_, true);
    write(d_, [&](db::Transaction& tx) {
        repo::save_report(tx, host, report);
        if (is_heard) repo::note_heard(tx, control_, {host});
    });
    if (is_heard) told_.insert(host);
    is_in_doubt_ = was_in_doubt;
}

void HostHearing::tell() {
    try {
        tell_changes();
    } catch (const Error& failure) {
        log::warning("which hosts are up can't be told to other control processes",
                     {{"error", failure.message()}, {"detail", failure.detail()}});
    }
}

void HostHearing::tell_changes() {
    {
        const std::lock_guard lock(mutex_);
        tell_what_is_heard();
    }
    if (d_.db.read_with([](db::Transaction& tx) { return repo::has_wrong_state(tx); })) {
        write(d_, [](db::Transaction& tx) { repo::align_states(tx); });
    }
    for (const auto& dead : d_.db.read_with([](db::Transaction& tx) { return repo::dead_hearers(tx); }))
        write(d_, [&](db::Transaction& tx) { repo::forget_hearer(tx, dead); });
}

/// With the lock.
void HostHearing::tell_what_is_heard() {
    const bool was_there = write(d_, [&](db::Transaction& tx) { return repo::beat(tx, control_); });
    if (std::exchange(is_in_doubt_, true) || !was_there) {
        const auto on_record = d_.db.read_with([&](db::Transaction& tx) { return repo::heard_by(tx, control_); });
        told_ = {on_record.begin(), on_record.end()};
    }
    auto heard = heard_here(d_);
    note(missing_in(told_, heard), repo::note_heard);
    note(missing_in(heard, told_), repo::note_lost);
    told_ = std::move(heard);
    is_in_doubt_ = false;
}

void HostHearing::note(const std::vector<std::string>& hosts,
                       void (*change)(db::Transaction&, const std::string&, const std::vector<std::string>&)) {
    for (std::size_t begin = 0; begin < hosts.size(); begin += kMostAtOnce) {
        const auto end = std::min(hosts.size(), begin + kMostAtOnce);
        const std::vector<std::string> some(hosts.begin() + static_cast<std::ptrdiff_t>(begin),
                                            hosts.begin() + static_cast<std::ptrdiff_t>(end));
        write(d_, [&](db::Transaction& tx) { change(tx, control_, some); });
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
