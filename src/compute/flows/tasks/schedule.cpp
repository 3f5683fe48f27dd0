#include <algorithm>
#include <set>

#include "base/public_text.hpp"
#include "compute/flows/failure_class.hpp"
#include "compute/flows/flow_data.hpp"
#include "compute/flows/host_views.hpp"
#include "compute/flows/server_steps.hpp"
#include "compute/flows/tasks/tasks.hpp"
#include "compute/repo/server_repo.hpp"

namespace virga::compute::flows {
namespace {

/// A host that restarts, and every host after a restart of control, is connected again within these seconds.
constexpr int kHostsReturnSeconds = 10;

/// Chooses the host and claims it. The retry point of a boot: its revert may send the build to an alternate.
class Schedule : public TypedComputeTask<BootData> {
public:
    using TypedTask::TypedTask;
    int retry_seconds() const override { return kHostsReturnSeconds; }
    /// That the chosen host filled up says nothing of the others; whatever else goes wrong here does so for all hosts.
    taskflow::Consequence consequence(ErrorCode code, bool in_time) const override {
        const auto usual = taskflow::consequence_of(code, in_time);
        return code == ErrorCode::Busy ? usual : never_elsewhere(usual);
    }

    taskflow::Outcome execute(const Context& context) override {
        auto tx = d_.db.read();
        const auto server = live_server(tx, context.data.server);
        const auto request = make_request(tx, context, server);
        const auto hosts = host_views(tx, d_, request, server.id);
        const auto& excluded = context.data.excluded;
        const auto attempts = std::max<std::int64_t>(d_.config.get(setting::max_attempts), 1);
        const auto wanted = static_cast<std::size_t>(attempts) - std::min(excluded.size(), std::size_t(attempts - 1));
        const auto choice = scheduler::choose(hosts.views, request, allocation(d_.config), wanted);
        if (choice.hosts.empty()) {
            const auto error = no_valid_host(context, choice, hosts.views.size());
            if (is_host_away(request, hosts)) throw Error(ErrorCode::Unavailable, error.message(), error.detail());
            throw error;
        }
        return outcome_of(context, request, hosts, choice);
    }

    taskflow::RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        taskflow::RevertOutcome outcome;
        const auto id = context.data.server;
        outcome.apply = [id, zone = context.data.wanted_zone](db::Transaction& tx) {
            repo::set_host(tx, id, {}, zone);
            try_advance(tx, id, "create.reschedule");
        };
        auto data = context.data;
        data.host.clear();
        const bool lost_race = context.failed_itself(failure) && !failure.aborts();
        const bool again = lost_race ? !context.cancelled : will_reschedule(context, failure, d_.config);
        if (!again || is_being_deleted(id)) {
            outcome.decision = "no reschedule: " + reason_to_stop(context, failure);
            outcome.provides = taskflow::encode(data);
            return outcome;
        }
        outcome.next = taskflow::OnRevert::ExecuteAgain;
        outcome.decision = "reschedule: " + failure.message;
        if (!lost_race) {
            data.excluded.push_back(context.data.host);
            data.last_error = without_paths(failure.message);
            outcome.decision += "; host " + context.data.host + " is excluded";
        }
        outcome.provides = taskflow::encode(data);
        return outcome;
    }

private:
    /// Whether the choice may be another one when hosts that aren't connected now have come back.
    bool is_host_away(const scheduler::Request& request, const HostViews& hosts) const {
        if (hosts.views.empty()) return true;
        if (!request.wanted_host.empty() && !d_.hosts.is_up(request.wanted_host)) return true;
        return std::any_of(request.volume_hosts.begin(), request.volume_hosts.end(),
                           [&](const auto& name) { return !d_.hosts.is_up(name); });
    }

    static std::set<std::string> hosts_of(db::Transaction& tx, const std::vector<std::string>& servers) {
        std::set<std::string> hosts;
        for (const auto& id : servers) {
            const auto server = repo::find_server(tx, ServerId(id));
            if (server && !server->host.empty()) hosts.insert(server->host);
        }
        return hosts;
    }

    scheduler::Request make_request(db::Transaction& tx, const Context& context, const Server& server) {
        const auto devices = repo::block_devices(tx, server.id);
        scheduler::Request request;
        request.vcpus = server.flavor.vcpus;
        request.memory_mib = server.flavor.memory_mib;
        request.disk_gib = local_disk_gib(server, devices);
        request.zone = context.data.wanted_zone;
        request.wanted_host = context.data.wanted_host;
        if (!context.data.same_host.empty()) request.same_hosts = hosts_of(tx, context.data.same_host);
        request.different_hosts = hosts_of(tx, context.data.different_host);
        request.volume_hosts = volume_hosts(tx, d_, devices);
        request.excluded.insert(context.data.excluded.begin(), context.data.excluded.end());
        return request;
    }

    taskflow::Outcome outcome_of(const Context& context, const scheduler::Request& request, const HostViews& hosts,
                                 const scheduler::Choice& choice) {
        taskflow::Outcome outcome;
        const auto& host = choice.hosts.front();
        const auto view = *std::find_if(hosts.views.begin(), hosts.views.end(),
                                        [&](const auto& candidate) { return candidate.name == host; });
        const std::vector<std::string> alternates(choice.hosts.begin() + 1, choice.hosts.end());
        outcome.decision = choice.decision;
        for (const auto& alternate : alternates) {
            outcome.decision += (alternate == alternates.front() ? ", alternates " : ", ") + alternate;
        }
        auto data = context.data;
        data.host = host;
        const auto storage = hosts.storage_zones.find(host);
        const bool has_storage = storage != hosts.storage_zones.end();
        data.volume_host = has_storage ? host : std::string();
        data.volume_zone = has_storage ? storage->second : std::string();
        data.alternates = alternates;
        data.round = static_cast<std::int64_t>(data.excluded.size()) + 1;
        outcome.provides = taskflow::encode(data);
        outcome.apply = [this, id = context.data.server, view, request, round = data.round](db::Transaction& tx) {
            claim(tx, id, view, request, round);
        };
        return outcome;
    }

    /// Usage is counted again in the transaction that takes the room, so two boots can't both get the last of it.
    void claim(db::Transaction& tx, const ServerId& id, scheduler::HostView view, const scheduler::Request& request,
               std::int64_t round) {
        advance(tx, id, "create.reschedule");
        fill_usage(tx, view);
        if (const auto full = scheduler::reject_capacity(view, request, allocation(d_.config))) {
            throw Error(ErrorCode::Busy, "The host filled up while it was being chosen.",
                        "host " + view.name + ": " + full->reason);
        }
        repo::set_host(tx, id, view.name, view.zone);
        // What the guest of an earlier attempt did doesn't count for this one.
        if (round > 1) repo::set_power_state(tx, id, PowerState::NoState);
    }

    static Error no_valid_host(const Context& context, const scheduler::Choice& choice, std::size_t total) {
        const auto reasons = scheduler::explain_rejections(choice, total);
        const auto& last_error = context.data.last_error;
        if (!last_error.empty()) {
            return {ErrorCode::NoSpace,
                    "Exceeded maximum number of retries. Exhausted all hosts available for retrying build failures "
                    "for instance " +
                        context.data.server.value + ". Last error: " + last_error,
                    reasons};
        }
        // The reasons name hosts: they are for admins (fault details, trace), not for the message.
        return {ErrorCode::NoSpace, "No valid host was found. There are not enough hosts available.", reasons};
    }

    bool is_being_deleted(const ServerId& id) {
        const auto server = d_.db.read_with([&](db::Transaction& tx) { return repo::find_server(tx, id); });
        return !server || server->task_state == "deleting";
    }

    std::string reason_to_stop(const Context& context, const taskflow::Failure& failure) const {
        if (context.cancelled) return "the build was cancelled";
        if (context.failed_itself(failure)) return failure.detail.empty() ? failure.message : failure.detail;
        if (failure.aborts()) return "the build is aborted, since no host could do it: " + failure.message;
        return "attempts and alternates are used up";
    }
};

}  // namespace

TaskPtr make_schedule(Dependencies& d) {
    return std::make_shared<Schedule>(d);
}

}  // namespace virga::compute::flows
