#include "compute/flows/flow_data.hpp"
#include "compute/flows/guest_spec.hpp"
#include "compute/flows/host_calls.hpp"
#include "compute/flows/image_base.hpp"
#include "compute/flows/server_steps.hpp"
#include "compute/flows/tasks/tasks.hpp"
#include "compute/repo/server_repo.hpp"

namespace virga::compute::flows {
namespace {

/// virt.libvirt.imagebackend.*.create_image: the local disks of a server.
class CreateImage : public TypedComputeTask<ServerData> {
public:
    using TypedTask::TypedTask;

    taskflow::Outcome execute(const Context& context) override {
        const auto image = get_string(context.arg, "image");
        const auto [server, disks] = prepare(context);
        const auto reply = create_disks(context, server, disks, image);
        taskflow::Outcome outcome;
        outcome.decision = describe_disks(reply, image);
        return outcome;
    }

    taskflow::RevertOutcome revert(const Context& context, const taskflow::Failure&) override {
        taskflow::RevertOutcome outcome;
        const auto host = context.data.host;
        const bool done =
            clean_up(d_, host, command::kRemoveServerFiles, json::object{{"server_id", context.data.server.value}},
                     revert_options(context, "remove_files", kDestroyDeadline));
        outcome.decision =
            done ? "local disks are removed" : "host " + host + " is down: its disks are removed when it comes back";
        return outcome;
    }

private:
    std::pair<Server, std::vector<GuestDisk>> prepare(const Context& context) {
        return context.write(
            [&](db::Transaction& tx) {
                auto server = advance(tx, context.data.server, step_of(context));
                auto disks = local_disks(server, repo::block_devices(tx, server.id));
                return std::make_pair(std::move(server), std::move(disks));
            },
            db::Durability::Grouped, db::Writers::Together);
    }

    json::object create_disks(const Context& context, const Server& server, const std::vector<GuestDisk>& disks,
                              const std::string& image) {
        json::array list;
        for (const auto& disk : disks) list.push_back(disk.to_json());
        const json::object params{{"server_id", server.id.value},
                                  {"image_id", image},
                                  {"root_size_mib", image.empty() ? 0 : disks.front().size_mib},
                                  {"disks", list}};
        try {
            return d_.hosts.call(context.data.host, command::kCreateDisks, params,
                                 call_options(context, "create_disks", kImageDeadline));
        } catch (const Error& error) {
            if (error.code() != ErrorCode::NotFound || image.empty()) throw;
        }
        // The base was removed from the cache after it had been fetched: fetch it again.
        const auto source = d_.db.read_with(
            [&](db::Transaction& tx) { return d_.images.source(tx, ImageId(image), context.data.host); });
        fetch_base(d_, context, source, server.flavor.root_gib);
        return d_.hosts.call(context.data.host, command::kCreateDisks, params,
                             call_options(context, "create_disks_again", kImageDeadline));
    }

    static std::string describe_disks(const json::object& reply, const std::string& image) {
        const auto backend = get_string(reply, "backend", "Qcow2");
        std::string text = "booted_from_volume = true: no image is fetched, only local disks are made";
        if (!image.empty()) {
            text = "booted_from_volume = false: root disk is " +
                   std::string(backend == "Raw" ? "a raw copy of" : "a qcow2 overlay on") +
                   " the cached base of image " + image;
        }
        for (const auto& entry : get_array(reply, "disks")) {
            const auto& disk = entry.as_object();
            text += ", " + get_string(disk, "file") + " (" + get_string(disk, "format") + ")";
        }
        return text + "; image backend " + backend;
    }
};

/// A boot from volume without local disks: the branch is on record, and nothing is asked of the host.
class NoImage : public TypedComputeTask<ServerData> {
public:
    using TypedTask::TypedTask;

    taskflow::Outcome execute(const Context& context) override {
        taskflow::Outcome outcome;
        outcome.decision =
            "booted_from_volume = true: no image is fetched and no local disk is made, the disks are the volumes that "
            "_prep_block_device attached";
        outcome.writers = db::Writers::Together;
        outcome.apply = [id = context.data.server, &step = step_of(context)](db::Transaction& tx) {
            advance(tx, id, step);
        };
        return outcome;
    }
};

}  // namespace

TaskPtr make_create_image(Dependencies& d) {
    return std::make_shared<CreateImage>(d);
}

TaskPtr make_no_image(Dependencies& d) {
    return std::make_shared<NoImage>(d);
}

}  // namespace virga::compute::flows
