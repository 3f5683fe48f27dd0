#include "compute/model/flavor.hpp"

namespace virga::compute {

json::object Flavor::to_json() const {
    return {{"id", id},
            {"name", name},
            {"vcpus", vcpus},
            {"memory_mib", memory_mib},
            {"root_gib", root_gib},
            {"ephemeral_gib", ephemeral_gib},
            {"swap_mib", swap_mib},
            {"is_public", is_public},
            {"disabled", disabled},
            {"description", description},
            {"extra_specs", extra_specs}};
}

Flavor Flavor::from_json(const json::object& object) {
    Flavor flavor;
    flavor.id = get_string(object, "id");
    flavor.name = get_string(object, "name");
    flavor.vcpus = get_int(object, "vcpus", 1);
    flavor.memory_mib = get_int(object, "memory_mib");
    flavor.root_gib = get_int(object, "root_gib");
    flavor.ephemeral_gib = get_int(object, "ephemeral_gib");
    flavor.swap_mib = get_int(object, "swap_mib");
    flavor.is_public = get_bool(object, "is_public", true);
    flavor.disabled = get_bool(object, "disabled");
    flavor.description = get_string(object, "description");
    flavor.extra_specs = get_object(object, "extra_specs");
    return flavor;
}

}  // namespace virga::compute
