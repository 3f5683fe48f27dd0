#include "compute/flows/flow_data.hpp"
#include "compute/flows/host_calls.hpp"
#include "compute/flows/tasks/tasks.hpp"
#include "compute/host_commands.hpp"
#include "compute/repo/server_repo.hpp"
#include "compute/settings.hpp"

namespace virga::compute::flows {
namespace {

/// A delete is never given up: its tasks are tried again until they succeed, and have no revert.
template <class Data>
class DeleteTask : public TypedComputeTask<Data> {
public:
    using TypedComputeTask<Data>::TypedTask::TypedTask;
    int retry_seconds() const override { return kForeverSeconds; }
};

/// Waits until the flows that the delete has cancelled have reverted.
class ApiDelete : public DeleteTask<DeleteServerData> {
public:
    using DeleteTask::DeleteTask;

    taskflow::Outcome execute(const Context& context) override {
        const auto& cancelled = context.data.cancelled;
        taskflow::Outcome outcome;
        d_.db.read_with([&](db::Transaction& tx) {
            outcome.wait_for.clear();
            for (const auto& id : cancelled) {
                if (is_unfinished(tx, id)) outcome.wait_for.push_back(id);
            }
        });
        outcome.decision = "task_state deleting";
        if (!cancelled.empty()) {
            outcome.decision += outcome.wait_for.empty() ? "; the flows that were cancelled for it have reverted"
                                                         : "; waiting until the cancelled flows have reverted";
        }
        return outcome;
    }

private:
    bool is_unfinished(db::Transaction& tx, const FlowId& id) {
        const auto flow = d_.runner.find(tx, id);
        return flow && (flow->state == taskflow::FlowState::Running || flow->state == taskflow::FlowState::Reverting);
    }
};

/// A step of the delete on the server's host.
class DeleteOnHost : public DeleteTask<ServerData> {
public:
    using DeleteTask::DeleteTask;

    taskflow::Outcome execute(const Context& context) override {
        const auto id = context.data.server;
        const auto host = d_.db.read_with([&](db::Transaction& tx) {
            const auto server = repo::find_server(tx, id);
            return server ? server->host : std::string();
        });
        taskflow::Outcome outcome;
        if (host.empty()) {
            outcome.decision = "the server has no host: there is nothing to remove";
        } else if (clean(context, host)) {
            outcome.decision = what() + " on host " + host + " are removed";
        } else {
            outcome.decision = "local delete: host " + host + " is down; it removes them when it comes back";
        }
        return outcome;
    }

protected:
    virtual std::string what() const = 0;
    /// False: the host is down.
    virtual bool clean(const Context& context, const std::string& host) = 0;

    bool destroy_guest(const Context& context, const std::string& host) {
        const auto& id = context.data.server;
        const auto nics =
            d_.db.read_with([&](db::Transaction& tx) { return d_.networks.plugged_nics_of_server(tx, id); });
        return clean_up(d_, host, command::kDestroyGuest,
                        json::object{{"server_id", id.value}, {"nics", nics_to_json(nics)}},
                        call_options(context, "destroy_guest", kDestroyDeadline));
    }
    bool remove_files(const Context& context, const std::string& host) {
        return clean_up(d_, host, command::kRemoveServerFiles, json::object{{"server_id", context.data.server.value}},
                        call_options(context, "remove_server_files", kDestroyDeadline));
    }
};

/// compute.manager.destroy_guest: ends the guest and removes its taps.
class DestroyGuest : public DeleteOnHost {
public:
    using DeleteOnHost::DeleteOnHost;

protected:
    std::string what() const override { return "guest and taps"; }
    bool clean(const Context& context, const std::string& host) override { return destroy_guest(context, host); }
};

/// compute.manager.remove_server_files: removes what the server has on its host's own disk.
class RemoveServerFiles : public DeleteOnHost {
public:
    using DeleteOnHost::DeleteOnHost;

protected:
    std::string what() const override { return "files of the server"; }
    bool clean(const Context& context, const std::string& host) override { return remove_files(context, host); }
};

/// compute.manager.destroy: both at once, in deletes that were begun by a version that had one task for it.
class DestroyAtOnce : public DeleteOnHost {
public:
    using DeleteOnHost::DeleteOnHost;

protected:
    std::string what() const override { return "guest, disks and taps"; }
    bool clean(const Context& context, const std::string& host) override {
        return destroy_guest(context, host) && remove_files(context, host);
    }
};

class DeallocateNetworks : public DeleteTask<ServerData> {
public:
    using DeleteTask::DeleteTask;

    taskflow::Outcome execute(const Context& context) override {
        taskflow::Outcome outcome;
        outcome.decision = "ports made for the server are deleted, ports that the user brought are unbound";
        outcome.writers = db::Writers::Together;
        outcome.apply = [this, id = context.data.server](db::Transaction& tx) { d_.networks.release(tx, id); };
        return outcome;
    }
};

class DeleteRow : public DeleteTask<ServerData> {
public:
    using DeleteTask::DeleteTask;

    taskflow::Outcome execute(const Context& context) override {
        constexpr std::int64_t kMostKept = 10'000;
        constexpr TimestampUs kHour = 3'600'000'000;
        const auto hours = d_.config.get(setting::deleted_servers_kept_hours);
        forget_older(now_us() - hours * kHour, hours == 0 ? 0 : kMostKept - 1);
        taskflow::Outcome outcome;
        outcome.tell("the server and its block device mapping are gone; its actions stay on record");
        outcome.writers = db::Writers::Together;
        outcome.apply = [this, id = context.data.server,
                         line = hours == 0 ? repo::Line::None : repo::Line::Kept](db::Transaction& tx) {
            d_.volumes.boot_ended(tx, id);  // of a build that was ended before its first task
            repo::delete_server(tx, id, line);
        };
        return outcome;
    }

private:
    /// In a transaction of its own: the server's locks its host's row, for which others would wait meanwhile.
    void forget_older(TimestampUs time, std::int64_t most) {
        d_.db.write_with([&](db::Transaction& tx) { repo::forget_deleted_servers(tx, time, most); },
                         db::Durability::Grouped, db::Writers::Together);
    }
};

}  // namespace

TaskPtr make_api_delete(Dependencies& d) {
    return std::make_shared<ApiDelete>(d);
}

TaskPtr make_destroy_guest(Dependencies& d) {
    return std::make_shared<DestroyGuest>(d);
}

TaskPtr make_remove_server_files(Dependencies& d) {
    return std::make_shared<RemoveServerFiles>(d);
}

TaskPtr make_destroy_at_once(Dependencies& d) {
    return std::make_shared<DestroyAtOnce>(d);
}

TaskPtr make_deallocate_networks(Dependencies& d) {
    return std::make_shared<DeallocateNetworks>(d);
}

TaskPtr make_delete_row(Dependencies& d) {
    return std::make_shared<DeleteRow>(d);
}

}  // namespace virga::compute::flows
