#include "compute/model/hardware.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "compute/virt/qemu/buses.hpp"

namespace virga::compute {
namespace {

enum class Kind { Choice, Whole, Switch, Text };

constexpr std::string_view kAll = "*";
constexpr std::string_view kNone = "";
constexpr std::string_view kBuses = "fdc ide lxc nvme sata scsi uml usb virtio xen";
constexpr std::string_view kUsableBuses = "ide sata scsi virtio";
constexpr std::string_view kArchitectures =
    "aarch64 alpha armv6 armv7b armv7l cris i686 ia64 lm32 loongarch64 m68k microblaze microblazeel mips mips64 "
    "mips64el mipsel openrisc parisc parisc64 ppc ppc64 ppc64le ppcemb ppcle riscv64 s390 s390x sh4 sh4eb sparc "
    "sparc64 "
    "unicore32 x86_64 amd64 i386 xtensa xtensaeb";
constexpr std::string_view kHypervisors =
    "baremetal bhyve docker fake hyperv hyper-v ironic kqemu kvm lxc lxd openvz parallels phyp qemu test uml vbox "
    "vmware "
    "vz xen xenapi powervm virtuozzo zvm";

/// `values`: of a choice, all that the property may have. `usable`: those that a server can get; of a switch, "true" if
/// it may be on.
struct Property {
    std::string_view name;
    Kind kind;
    std::string_view values;
    std::string_view usable;
};

constexpr Property kProperties[] = {
    {"architecture", Kind::Choice, kArchitectures, "x86_64 amd64 i686 i386"},
    {"hw_architecture", Kind::Choice, kArchitectures, "x86_64 amd64 i686 i386"},
    {"hw_emulation_architecture", Kind::Choice, kArchitectures, "x86_64 amd64"},
    {"hypervisor_type", Kind::Choice, kHypervisors, "kvm qemu"},
    {"img_hv_type", Kind::Choice, kHypervisors, "kvm qemu"},
    {"hypervisor_version_requires", Kind::Text, kAll, kNone},
    {"img_hv_requested_version", Kind::Text, kAll, kNone},
    {"vm_mode", Kind::Choice, "exe hvm uml xen hv", "hvm hv"},
    {"hw_vm_mode", Kind::Choice, "exe hvm uml xen hv", "hvm hv"},
    {"hw_boot_menu", Kind::Switch, kAll, "true"},
    {"hw_cdrom_bus", Kind::Choice, kBuses, kUsableBuses},
    {"hw_cpu_cores", Kind::Whole, kAll, kAll},
    {"hw_cpu_sockets", Kind::Whole, kAll, kAll},
    {"hw_cpu_threads", Kind::Whole, kAll, kAll},
    {"hw_cpu_max_cores", Kind::Whole, kAll, kAll},
    {"hw_cpu_max_sockets", Kind::Whole, kAll, kAll},
    {"hw_cpu_max_threads", Kind::Whole, kAll, kAll},
    {"hw_cpu_policy", Kind::Choice, "dedicated mixed shared", "shared"},
    {"hw_cpu_thread_policy", Kind::Choice, "isolate prefer require", kNone},
    {"hw_cpu_realtime_mask", Kind::Text, kAll, kNone},
    {"hw_disk_bus", Kind::Choice, kBuses, kUsableBuses},
    {"hw_ephemeral_encryption", Kind::Switch, kAll, kNone},
    {"hw_ephemeral_encryption_format", Kind::Choice, "luks plain", kNone},
    {"hw_firmware_type", Kind::Choice, "bios uefi", "bios uefi"},
    {"hw_firmware_stateless", Kind::Switch, kAll, kNone},
    {"hw_floppy_bus", Kind::Choice, kBuses, kNone},
    {"hw_input_bus", Kind::Choice, "usb virtio", kAll},     // there is no screen to point at
    {"hw_pointer_model", Kind::Choice, "usbtablet", kAll},  // nor here
    {"hw_locked_memory", Kind::Switch, kAll, kNone},
    {"hw_machine_type", Kind::Text, kAll, kAll},
    {"hw_maxphysaddr_mode", Kind::Choice, "emulate passthrough", kNone},
    {"hw_maxphysaddr_bits", Kind::Whole, kAll, kNone},
    {"hw_mem_encryption", Kind::Switch, kAll, kNone},
    {"hw_mem_encryption_model", Kind::Choice, "amd-sev amd-sev-es", kNone},
    {"hw_mem_page_size", Kind::Text, kAll, "any small"},
    {"hw_numa_nodes", Kind::Whole, kAll, "1"},
    {"hw_pci_numa_affinity_policy", Kind::Choice, "legacy preferred required socket",
     kAll},  // of devices passed through
    {"hw_pmu", Kind::Switch, kAll, "true"},
    {"hw_qemu_guest_agent", Kind::Switch, kAll, "true"},
    {"hw_rescue_bus", Kind::Choice, kBuses, kUsableBuses},
    {"hw_rescue_device", Kind::Choice, "cdrom disk floppy", "cdrom disk"},
    {"hw_rng_model", Kind::Choice, "virtio", kAll},
    {"hw_scsi_model", Kind::Choice,
     "auto buslogic ibmvscsi lsilogic lsisas1068 lsisas1078 virtio-scsi vmpvscsi lsiLogic lsiLogicsas busLogic "
     "paraVirtual",
     "auto lsilogic virtio-scsi"},
    {"hw_serial_port_count", Kind::Whole, kAll, "1 2 3 4"},
    {"hw_sound_model", Kind::Choice, "sb16 es1370 pcspk ac97 ich6 ich9 usb virtio", kNone},
    {"hw_time_hpet", Kind::Switch, kAll, "true"},
    {"hw_tpm_model", Kind::Choice, "tpm-crb tpm-tis", kNone},
    {"hw_tpm_version", Kind::Choice, "1.2 2.0", kNone},
    {"hw_video_model", Kind::Choice, "bochs cirrus gop none qxl vga virtio vmvga xen", "bochs cirrus none vga virtio"},
    {"hw_video_ram", Kind::Whole, kAll, kNone},
    {"hw_vif_model", Kind::Choice,
     "e1000 e1000e igb lan9118 ne2k_pci netfront pcnet rtl8139 spapr-vlan sriov virtio vmxnet vmxnet3 VirtualE1000 "
     "VirtualE1000e VirtualPCNet32 VirtualSriovEthernetCard VirtualVmxnet VirtualVmxnet3",
     "e1000 e1000e ne2k_pci pcnet rtl8139 virtio vmxnet3"},
    {"hw_vif_multiqueue_enabled", Kind::Switch, kAll, kNone},
    {"hw_viommu_model", Kind::Choice, "auto intel smmuv3 virtio", kNone},
    {"hw_virtio_packed_ring", Kind::Switch, kAll, kNone},
    {"hw_watchdog_action", Kind::Choice, "disabled none pause poweroff reset", "disabled none pause poweroff reset"},
    {"img_hide_hypervisor_id", Kind::Switch, kAll, kNone},
    {"kernel_id", Kind::Text, kAll, kNone},
    {"ramdisk_id", Kind::Text, kAll, kNone},
    {"os_require_quiesce", Kind::Switch, kAll, kNone},
    {"os_secure_boot", Kind::Choice, "disabled optional required", "disabled optional"},
    {"os_shutdown_timeout", Kind::Whole, kAll, kAll},
    {"os_type", Kind::Text, kAll, kAll},
};

/// Extra specs that say what an image's property says under another name than with the first ':' as '_'.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kOtherNames{{
    {"hw:hide_hypervisor_id", "img_hide_hypervisor_id"},
    {"hw:cpu_realtime", "hw_cpu_realtime_mask"},
    {"os:secure_boot", "os_secure_boot"},
}};
/// Bounds on what images may ask for, nothing that a server would get by itself.
constexpr std::string_view kHarmlessSpecs = "hw_video:ram_max_mb hw_rng:allowed";
constexpr std::string_view kForeignNamespaces =
    "accel aggregate_instance_extra_specs capabilities hw hw_rng hw_video os pci_passthrough quota resources trait "
    "vmware powervm";

bool lists(std::string_view words, std::string_view word) {
    if (words == kAll) return true;
    if (word.empty() || word.find(' ') != std::string_view::npos) return false;
    for (std::size_t at = words.find(word); at != std::string_view::npos; at = words.find(word, at + 1)) {
        const auto end = at + word.size();
        if ((at == 0 || words[at - 1] == ' ') && (end == words.size() || words[end] == ' ')) return true;
    }
    return false;
}

std::string with_commas(std::string_view words) {
    std::string text;
    for (const char c : words) text += c == ' ' ? ", " : std::string(1, c);
    return text;
}

const Property* find_property(std::string_view name) {
    const auto* found =
        std::find_if(std::begin(kProperties), std::end(kProperties), [&](const auto& p) { return p.name == name; });
    return found == std::end(kProperties) ? nullptr : found;
}

bool is_on(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    return lists("1 t true on y yes", lower);
}

std::optional<std::int64_t> whole(std::string_view text) {
    std::int64_t value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec != std::errc() || result.ptr != text.data() + text.size() || value < 0) return std::nullopt;
    return value;
}

[[noreturn]] void invalid(const std::string& where, const std::string& why) {
    throw Error(ErrorCode::InvalidInput, where + ": " + why);
}

[[noreturn]] void unusable(const std::string& where, const std::string& value, std::string_view usable) {
    invalid(where,
            "this cloud can't give a server '" + value + "'" + (usable.empty() ? "" : ", only " + with_commas(usable)));
}

/// What follows the prefix: "7.2", "rhel8.6.0", "jammy-hpb".
bool is_machine_version(std::string_view text) {
    constexpr std::size_t kLongest = 30;
    const auto is_part = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
    };
    return !text.empty() && text.size() <= kLongest && std::all_of(text.begin(), text.end(), is_part);
}

void check_machine(const std::string& where, const std::string& value) {
    if (value == "pc" || value == "q35") return;
    for (const std::string_view prefix : {"pc-i440fx-", "pc-q35-"})
        if (value.starts_with(prefix) && is_machine_version(std::string_view(value).substr(prefix.size()))) return;
    unusable(where, value.substr(0, 64), "pc q35 pc-i440fx-VERSION pc-q35-VERSION");
}

void check_value(const std::string& where, const Property& property, const std::string& value) {
    switch (property.kind) {
        case Kind::Choice:
            if (!lists(property.values, value))
                invalid(where, "'" + value.substr(0, 64) + "' is not one of " + with_commas(property.values));
            if (!lists(property.usable, value)) unusable(where, value, property.usable);
            return;
        case Kind::Whole:
            if (!whole(value)) invalid(where, "'" + value.substr(0, 64) + "' is not a whole number");
            if (*whole(value) > 0 && !lists(property.usable, value)) unusable(where, value, property.usable);
            return;
        case Kind::Switch:
            if (is_on(value) && property.usable != "true") unusable(where, value, property.usable);
            return;
        case Kind::Text:
            if (!value.empty() && !lists(property.usable, value)) unusable(where, value.substr(0, 64), property.usable);
            if (property.name == "hw_machine_type") check_machine(where, value);
            return;
    }
}

/// The image's name for what an extra spec says; empty: there is none.
std::string property_of_spec(std::string_view spec) {
    for (const auto& [name, property] : kOtherNames)
        if (name == spec) return std::string(property);
    if (!spec.starts_with("hw:")) return {};
    auto name = "hw_" + std::string(spec.substr(3));
    return find_property(name) != nullptr ? name : std::string();
}

// What no property of an image says: refused where the name space is one that means something to Nova.
void check_other_spec(const std::string& where, std::string_view spec, const std::string& value) {
    if (lists(kHarmlessSpecs, spec)) return;
    const auto colon = spec.find(':');
    if (colon == std::string_view::npos) return;
    auto space = spec.substr(0, colon);
    while (!space.empty() && space.back() >= '0' && space.back() <= '9') space.remove_suffix(1);  // resources1:...
    if (space.starts_with("resources_")) space = "resources";
    if (space.starts_with("trait_")) space = "trait";
    if (space == "trait" && value == "forbidden") return;
    if (lists(kForeignNamespaces, space)) unusable(where, value, kNone);
}

void check_specs(const json::object& image_properties, const json::object& extra_specs) {
    for (const auto& spec : extra_specs) {
        const std::string name(spec.key());
        const auto where = "flavor extra spec '" + name + "'";
        const auto value = get_string(extra_specs, spec.key());
        const auto property = property_of_spec(name);
        if (property.empty()) {
            check_other_spec(where, name, value);
            continue;
        }
        check_value(where, *find_property(property), value);
        if (image_properties.contains(property) && get_string(image_properties, property) != value)
            invalid(where, "the image asks for " + property + "='" + get_string(image_properties, property) +
                               "', the flavor for '" + value + "': choose another flavor or image");
    }
}

// numa_cpus.0, hw_numa_mem.1; trait:X=required
void check_pattern(const std::string& name, const std::string& value) {
    const auto where = "image property '" + name + "'";
    if (name.starts_with("hw_numa_cpus.") || name.starts_with("hw_numa_mem.")) unusable(where, value, kNone);
    if (name.starts_with("trait:") && value != "forbidden") unusable(where, value, kNone);
}

void check_together(const json::object& hardware) {
    const bool q35 = virt::qemu::is_q35(get_string(hardware, "hw_machine_type"));
    for (const auto* name : {"hw_disk_bus", "hw_cdrom_bus"})
        if (q35 && get_string(hardware, name) == "ide")
            invalid("image property '" + std::string(name) + "'", "a q35 machine has no ide bus, use sata");
}

std::int64_t number_of(const json::object& properties, const std::string& name) {
    return whole(get_string(properties, name)).value_or(0);
}

struct CpuTopology {
    std::int64_t sockets = 1;
    std::int64_t cores = 1;
    std::int64_t threads = 1;
};

/// The one that the properties leave, with as many sockets as can be; nullopt when they say nothing.
std::optional<CpuTopology> cpu_topology(const json::object& properties, std::int64_t vcpus) {
    struct Bound {
        std::int64_t exact = 0;
        std::int64_t most = 0;
        bool allows(std::int64_t count) const { return (exact == 0 || count == exact) && (most == 0 || count <= most); }
    };
    const auto bound = [&](const std::string& what) {
        return Bound{number_of(properties, "hw_cpu_" + what), number_of(properties, "hw_cpu_max_" + what)};
    };
    const auto sockets = bound("sockets");
    const auto cores = bound("cores");
    const auto threads = bound("threads");
    const bool is_asked = sockets.exact + sockets.most + cores.exact + cores.most + threads.exact + threads.most > 0;
    if (!is_asked) return std::nullopt;
    for (auto s = vcpus; s >= 1; --s) {
        if (vcpus % s != 0 || !sockets.allows(s)) continue;
        for (auto c = vcpus / s; c >= 1; --c) {
            if ((vcpus / s) % c != 0 || !cores.allows(c) || !threads.allows(vcpus / s / c)) continue;
            return CpuTopology{s, c, vcpus / s / c};
        }
    }
    throw Error(ErrorCode::InvalidInput,
                "image property 'hw_cpu_sockets', 'hw_cpu_cores', 'hw_cpu_threads' or "
                "'hw_cpu_max_*': " +
                    std::to_string(vcpus) + " VCPUs can't be divided up like that");
}

json::object merged_hardware(const json::object& image_properties, const json::object& extra_specs) {
    auto merged = image_properties;
    for (const auto& spec : extra_specs)
        if (const auto property = property_of_spec(spec.key()); !property.empty())
            merged[property] = get_string(extra_specs, spec.key());
    return merged;
}

}  // namespace

void check_hardware(const json::object& image_properties, const json::object& extra_specs, std::int64_t vcpus) {
    for (const auto& entry : image_properties) {
        const std::string name(entry.key());
        const auto value = get_string(image_properties, entry.key());
        if (const auto* property = find_property(name)) check_value("image property '" + name + "'", *property, value);
        check_pattern(name, value);
    }
    check_specs(image_properties, extra_specs);
    const auto hardware = merged_hardware(image_properties, extra_specs);
    check_together(hardware);
    cpu_topology(hardware, vcpus);
}

json::object guest_hardware(const json::object& image_properties, const json::object& extra_specs, std::int64_t vcpus) {
    auto hardware = merged_hardware(image_properties, extra_specs);
    for (const auto& property : kProperties)
        if (property.kind == Kind::Switch && hardware.contains(property.name))
            hardware[property.name] = is_on(get_string(hardware, property.name)) ? "true" : "false";
    if (const auto topology = cpu_topology(hardware, vcpus)) {
        hardware["hw_cpu_sockets"] = std::to_string(topology->sockets);
        hardware["hw_cpu_cores"] = std::to_string(topology->cores);
        hardware["hw_cpu_threads"] = std::to_string(topology->threads);
    }
    return hardware;
}

}  // namespace virga::compute
