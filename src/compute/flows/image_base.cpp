#include "compute/flows/image_base.hpp"

#include "compute/flows/flow_data.hpp"
#include "compute/flows/host_calls.hpp"
#include "compute/host_commands.hpp"

namespace virga::compute::flows {

ImageBase fetch_base(Dependencies& d, const taskflow::TaskContext& context, const ImageSource& source,
                     std::int64_t root_gib) {
    constexpr std::int64_t kBytesPerGib = 1024LL * 1024 * 1024;
    const auto reply =
        d.hosts.call(taskflow::decode<ServerData>(context.data).host, command::kFetchImage,
                     json::object{{"image", source.to_json()}, {"max_virtual_size_bytes", root_gib * kBytesPerGib}},
                     call_options(context, "fetch", kImageDeadline));
    const auto path = get_string(reply, "base_path");
    ImageBase base;
    base.file = path.substr(path.rfind('/') + 1);
    base.format = get_string(reply, "format");
    base.copied_bytes = get_int(reply, "copied_bytes");
    base.cache_hit = get_bool(reply, "cache_hit");
    return base;
}

std::string describe(const ImageBase& base) {
    return "base " + base.file + ", " + base.format +
           (base.cache_hit ? std::string(" (cache hit)")
                           : " (cache miss, " + std::to_string(base.copied_bytes) + " bytes copied)");
}

}  // namespace virga::compute::flows
