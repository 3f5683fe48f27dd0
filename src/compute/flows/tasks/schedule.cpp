#include <algorithm>
#include <set>

#include "base/public_text.hpp"
#include "compute/flows/failure_class.hpp"
#include "compute/flows/flow_data.hpp"
#include "compute/flows/select_hosts.hpp"
#include "compute/flows/server_steps.hpp"
#include "compute/flows/tasks/tasks.hpp"
#include "compute/repo/allocation_repo.hpp"
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
        const auto& excluded = context.data.excluded;
        const auto attempts = d_.config.get(setting::max_attempts);
        const auto most = static_cast<std::size_t>(attempts) - std::min(excluded.size(), std::size_t(attempts - 1));
        scheduler::Request request;
        auto selection = d_.db.read_with([&](db::Transaction& tx) {
            request = make_request(tx, context, live_server(tx, context.data.server));
            return select_hosts(tx, d_, request, most);
        });
        if (selection.choice.hosts.empty()) selection = select_of_all_hosts(d_, request, most);
        if (selection.choice.hosts.empty()) {
            const auto error = no_valid_host(context, selection.choice, selection.total);
            if (selection.may_return)
                throw Error(ErrorCode::Unavailable, error.message(),
                            "hosts that aren't connected may come back: tried for " +
                                std::to_string(kHostsReturnSeconds) + " s; " + error.detail());
            throw error;
        }
        return outcome_of(context, request, selection);
    }

    taskflow::RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        taskflow::RevertOutcome outcome;
        const auto id = context.data.server;
        outcome.writers = db::Writers::Together;
        outcome.apply = [id, zone = context.data.wanted_zone, &step = step_of(context)](db::Transaction& tx) {
            repo::unplace_server(tx, id, zone);
            try_advance(tx, id, step);
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
        const auto amounts = amounts_of(server);
        scheduler::Request request;
        request.vcpus = amounts.vcpus;
        request.memory_mib = amounts.memory_mib;
        request.disk_gib = amounts.disk_gib;
        request.zone = context.data.wanted_zone;
        request.wanted_host = context.data.wanted_host;
        if (!context.data.same_host.empty()) request.same_hosts = hosts_of(tx, context.data.same_host);
        request.different_hosts = hosts_of(tx, context.data.different_host);
        add_volume_hosts(tx, d_, devices, request);
        request.excluded.insert(context.data.excluded.begin(), context.data.excluded.end());
        return request;
    }

    taskflow::Outcome outcome_of(const Context& context, const scheduler::Request& request,
                                 const Selection& selection) {
        taskflow::Outcome outcome;
        const auto& choice = selection.choice;
        const auto& host = selection.host(choice.hosts.front());
        const std::vector<std::string> alternates(choice.hosts.begin() + 1, choice.hosts.end());
        outcome.decision = choice.decision;
        for (const auto& alternate : alternates) {
            outcome.decision += (alternate == alternates.front() ? ", alternates " : ", ") + alternate;
        }
        auto data = context.data;
        data.host = host.name;
        data.volume_host = host.storage_zone ? host.name : std::string();
        data.volume_zone = host.storage_zone.value_or("");
        data.alternates = alternates;
        data.round = static_cast<std::int64_t>(data.excluded.size()) + 1;
        outcome.provides = taskflow::encode(data);
        const Amounts amounts{request.vcpus, request.memory_mib, request.disk_gib};
        outcome.writers = db::Writers::Together;
        outcome.apply = [id = context.data.server, name = host.name, zone = host.zone, amounts, round = data.round,
                         &step = step_of(context)](db::Transaction& tx) {
            advance(tx, id, step);
            take_room(tx, id, name, zone, amounts);
            // What the guest of an earlier attempt did doesn't count for this one.
            if (round > 1) repo::set_power_state(tx, id, PowerState::NoState);
        };
        return outcome;
    }

    static void take_room(db::Transaction& tx, const ServerId& id, const std::string& host, const std::string& zone,
                          const Amounts& amounts) {
        if (repo::place_server(tx, id, host, zone, amounts)) return;
        throw Error(ErrorCode::Busy, "The host filled up while it was being chosen.",
                    "host " + host + " has no room any more for " + to_string(amounts));
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
        return !server || server->task_state == TaskState::Deleting;
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
