#include "compute/flows/flow_data.hpp"
#include "compute/flows/image_base.hpp"
#include "compute/flows/server_steps.hpp"
#include "compute/flows/tasks/tasks.hpp"

namespace virga::compute::flows {
namespace {

/// virt.libvirt.imagecache.fetch_image. The base stays in the cache whatever becomes of the boot: nothing to revert.
class FetchImage : public TypedComputeTask<ServerData> {
public:
    using TypedTask::TypedTask;

    taskflow::Outcome execute(const Context& context) override {
        const auto [source, root_gib] = context.write(
            [&](db::Transaction& tx) {
                const auto server = advance(tx, context.data.server, step_of(context));
                return std::make_pair(
                    d_.images.source(tx, ImageId(get_string(context.arg, "image")), context.data.host),
                    server.flavor.root_gib);
            },
            db::Durability::Grouped, db::Writers::Together);
        const auto base = fetch_base(d_, context, source, root_gib);
        taskflow::Outcome outcome;
        outcome.decision = "booted_from_volume = false: root disk is fetched from the image cache: " + describe(base);
        return outcome;
    }
};

}  // namespace

TaskPtr make_fetch_image(Dependencies& d) {
    return std::make_shared<FetchImage>(d);
}

}  // namespace virga::compute::flows
