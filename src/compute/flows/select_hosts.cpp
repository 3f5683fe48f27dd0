#include "compute/flows/select_hosts.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "compute/flows/known_hosts.hpp"
#include "compute/repo/host_repo.hpp"
#include "compute/repo/refusal_repo.hpp"

namespace virga::compute::flows {
namespace {

constexpr std::size_t kPage = 32;
/// Pages after which looking at all hosts at once is cheaper.
constexpr std::size_t kMostPages = 4;
constexpr std::size_t kLargePage = 1000;

scheduler::HostView view_of(const Host& host, bool connected) {
    scheduler::HostView view;
    view.name = host.name;
    view.up = connected && !host.service.forced_down;
    view.disabled = host.service.disabled;
    view.zone = host.zone;
    view.vcpus = host.limit.vcpus;
    view.memory_mib = host.limit.memory_mib;
    view.disk_gib = host.limit.disk_gib;
    view.used_vcpus = host.used.vcpus;
    view.used_memory_mib = host.used.memory_mib;
    view.used_disk_gib = host.used.disk_gib;
    view.servers = host.servers;
    view.remote_disks = host.remote_disks;
    return view;
}

class Selector {
public:
    Selector(db::Transaction& tx, Dependencies& d, const scheduler::Request& request, std::size_t most)
        : tx_(tx), d_(d), request_(request), most_(most) {
        if (!request.near_hosts.empty()) reaches_others_ = repo::any_has_remote_disks(tx);
    }

    /// Of the hosts that the request names, or of the first pages of those with room.
    Selection of_candidates() {
        Selection found;
        if (const auto named = named_hosts()) {
            read_named(*named, found.hosts);
        } else {
            read_pages(found.hosts, kPage, kMostPages);
            auto others = request_.near_hosts;
            for (const auto& host : found.hosts) others.erase(host.name);
            read_named(others, found.hosts);
        }
        return chosen(std::move(found));
    }

    Selection of_all() {
        Selection found;
        if (const auto named = named_hosts())
            read_named(*named, found.hosts);
        else
            read_pages(found.hosts, kLargePage, SIZE_MAX);
        found = chosen(std::move(found));
        if (!found.choice.hosts.empty()) return found;
        explain(found);
        found.may_return = may_return();
        return found;
    }

private:
    std::optional<std::set<std::string>> named_hosts() const {
        if (!request_.wanted_host.empty()) return std::set{request_.wanted_host};
        if (!request_.volume_hosts.empty()) return request_.volume_hosts;
        if (!request_.near_hosts.empty() && !reaches_others_) return request_.near_hosts;
        return request_.same_hosts;
    }

    void read_named(const std::set<std::string>& names, std::vector<Host>& hosts) {
        for (const auto& name : names) {
            if (auto host = repo::find_host(tx_, name)) hosts.push_back(std::move(*host));
        }
    }

    void read_pages(std::vector<Host>& hosts, std::size_t size, std::size_t most_pages) {
        const Amounts wanted{request_.vcpus, request_.memory_mib, request_.disk_gib};
        std::optional<repo::HostMarker> after;
        std::int64_t passed = 0;
        for (std::size_t page = 0; page < most_pages; ++page) {
            auto found = repo::hosts_with_room(tx_, wanted, request_.zone, after, size);
            passed += std::count_if(found.begin(), found.end(), [&](const Host& host) { return passes(host); });
            const bool last = found.size() < size;
            if (!last) after = {found.back().limit.memory_mib - found.back().used.memory_mib, found.back().name};
            std::move(found.begin(), found.end(), std::back_inserter(hosts));
            if (last || passed >= static_cast<std::int64_t>(most_)) return;
        }
    }

    bool passes(const Host& host) const { return !scheduler::reject(seen(host), request_); }

    scheduler::HostView seen(const Host& host) const { return view_of(host, d_.hosts.answers(host.name)); }

    Selection chosen(Selection found) const {
        std::vector<scheduler::HostView> views;
        views.reserve(found.hosts.size());
        for (const auto& host : found.hosts) views.push_back(seen(host));
        found.total = views.size();
        found.choice = scheduler::choose(std::move(views), request_, most_);
        return found;
    }

    /// Why none fits: what the rows tell, counted where they are, and of those that the rows would let pass what is
    /// known here only.
    void explain(Selection& found) const {
        const auto counted = repo::count_refusals(tx_, request_);
        auto& choice = found.choice;
        choice.rejections = counted.by_filter;
        choice.rejection_reasons.clear();
        for (const auto& host : found.hosts) {
            auto by_row = seen(host);
            by_row.up = host.up && !host.service.forced_down;
            if (scheduler::reject(by_row, request_)) continue;
            if (const auto why = scheduler::reject(seen(host), request_)) ++choice.rejections[why->filter];
        }
        for (const auto& host : repo::first_hosts(tx_, scheduler::kReasonsKept)) {
            if (const auto why = scheduler::reject(seen(host), request_))
                choice.rejection_reasons.push_back(scheduler::reason_of(host.name, *why));
        }
        found.total = static_cast<std::size_t>(counted.hosts);
    }

    bool may_return() const {
        const auto is_away = [&](const std::string& name) { return !d_.hosts.is_up(name); };
        const auto up = repo::hosts_that_are_up(tx_, kPage);
        if (std::all_of(up.begin(), up.end(), is_away)) return true;
        if (!request_.wanted_host.empty() && is_away(request_.wanted_host)) return true;
        return std::any_of(request_.volume_hosts.begin(), request_.volume_hosts.end(), is_away);
    }

    db::Transaction& tx_;
    Dependencies& d_;
    const scheduler::Request& request_;
    std::size_t most_;
    bool reaches_others_ = false;  ///< whether any host can use volumes of others; asked when there are near_hosts
};

void add_volume_host(db::Transaction& tx, Dependencies& d, const VolumeId& id, scheduler::Request& request) {
    const auto volume = d.volumes.find(tx, id);
    if (!volume || volume->host.empty()) return;
    switch (d.volumes.reach(tx, id)) {
        case volume::Reach::Anywhere:
            break;
        case volume::Reach::ByNetwork:
            request.near_hosts.insert(volume->host);
            break;
        case volume::Reach::OwnHost:
            request.volume_hosts.insert(volume->host);
            break;
    }
}

}  // namespace

const Host& Selection::host(const std::string& name) const {
    const auto found = std::find_if(hosts.begin(), hosts.end(), [&](const Host& host) { return host.name == name; });
    if (found == hosts.end()) throw Error(ErrorCode::Internal, "host " + name + " wasn't looked at");
    return *found;
}

Selection select_hosts(db::Transaction& tx, Dependencies& d, const scheduler::Request& request, std::size_t most) {
    return Selector(tx, d, request, most).of_candidates();
}

Selection select_of_all_hosts(Dependencies& d, const scheduler::Request& request, std::size_t most) {
    record_hosts(d);
    return d.db.read_with([&](db::Transaction& tx) { return Selector(tx, d, request, most).of_all(); });
}

void add_volume_hosts(db::Transaction& tx, Dependencies& d, const std::vector<BlockDevice>& devices,
                      scheduler::Request& request) {
    for (const auto& device : devices) {
        if (!device.is_volume()) continue;
        if (!device.volume_id.empty()) {
            add_volume_host(tx, d, VolumeId(device.volume_id), request);
        } else if (const auto* source = std::get_if<VolumeFromSnapshot>(&device.kind)) {
            const auto snapshot = d.volumes.find_snapshot(tx, source->snapshot);
            if (snapshot) add_volume_host(tx, d, snapshot->volume, request);
        }
    }
}

}  // namespace virga::compute::flows
