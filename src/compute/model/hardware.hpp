#pragma once
#include <cstdint>
#include <string>

#include "base/json.hpp"

/// What images and flavors ask of a guest's hardware: `hw_*`, `os_*`, `img_*` of an image (or a volume's image
/// metadata), `hw:*` and the like of a flavor. Names and values are those of Nova's ImageMetaProps and its flavor extra
/// specs. What can't be had is refused when the server is asked for, never ignored. Pure functions.
namespace virga::compute {

/// Throws Error{InvalidInput} that names the first property or extra spec with a value that it can't have, or that no
/// server of this cloud gets.
void check_hardware(const json::object& image_properties, const json::object& extra_specs, std::int64_t vcpus);

/// What a hypervisor driver is told: the properties of the image with those extra specs of the flavor that say the
/// same, under the image's names. What can be on or off is "true" or "false", and the CPU topology is settled:
/// hw_cpu_sockets, hw_cpu_cores and hw_cpu_threads are all there, or none of them.
json::object guest_hardware(const json::object& image_properties, const json::object& extra_specs, std::int64_t vcpus);

}  // namespace virga::compute
