#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/ids.hpp"
#include "compute/host/context.hpp"

namespace virga::compute::host {
namespace {

json::object fetch_image(Context& context, const rpc::Command& call) {
    const auto source = ImageSource::from_json(get_object(call.params, "image"));
    if (!is_uuid_like(source.image_id)) throw Error(ErrorCode::InvalidInput, "image.image_id is not a UUID");
    const disk::OpenImage image_file(context.images, source);
    failpoint("host.fetch_image.begin");
    const auto image =
        context.cache->fetch(image_file.source, get_int(call.params, "max_virtual_size_bytes"), hooks_of(call));
    failpoint("host.fetch_image.done");
    return {{"base_path", image.base.path},
            {"format", disk::to_string(image.base.format)},
            {"virtual_size_bytes", image.base.virtual_size_bytes},
            {"cache_hit", image.hit},
            {"copied_bytes", image.copied_bytes}};
}

}  // namespace

void add_image_commands(CommandTable& table, Context& context) {
    table[command::kFetchImage] = [&context](const rpc::Command& call) { return fetch_image(context, call); };
}

}  // namespace virga::compute::host
