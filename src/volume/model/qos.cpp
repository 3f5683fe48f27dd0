#include "volume/model/qos.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/error.hpp"

namespace virga::volume {
namespace {

constexpr std::int64_t kMaxBound = 1'000'000'000'000'000;  ///< QEMU takes no more
constexpr const char* kUnits[] = {"bytes_sec", "iops_sec"};
constexpr const char* kDirections[] = {"total", "read", "write"};

[[noreturn]] void fail(const std::string& key, const std::string& why) {
    throw Error(ErrorCode::InvalidInput, "qos_specs." + key + ": " + why);
}

std::optional<std::int64_t> number_of(const std::string& key, const json::object& specs) {
    const auto* value = specs.if_contains(key);
    if (value == nullptr || !value->is_string()) return std::nullopt;
    const auto& text = value->get_string();
    std::int64_t number = -1;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc{} || end != text.data() + text.size() || number < 0 || number > kMaxBound) {
        fail(key, "'" + std::string(text).substr(0, 64) + "' is not an integer from 0 to " + std::to_string(kMaxBound));
    }
    return number;
}

bool is_front_end(const QosSpecs& qos) {
    return qos.consumer != "back-end";
}

/// The bound for a volume of `size_gib`, whichever way it was written.
std::optional<std::int64_t> bound_of(const std::string& name, const json::object& specs, std::int64_t size_gib) {
    const auto per_gb = number_of(name + "_per_gb", specs);
    if (!per_gb) return number_of(name, specs);
    const auto least = number_of(name + "_per_gb_min", specs).value_or(0);
    const auto scaled = *per_gb > kMaxBound / std::max<std::int64_t>(size_gib, 1) ? kMaxBound : *per_gb * size_gib;
    return std::min(kMaxBound, std::max(least, scaled));
}

void check_pair(const std::string& name, const json::object& specs) {
    const auto bound = bound_of(name, specs, 1);
    const auto peak = bound_of(name + "_max", specs, 1);
    if (!peak || *peak == 0) return;
    if (!bound || *bound == 0) fail(name + "_max", "is a peak above " + name + ", which must be given too");
    if (*peak < *bound) fail(name + "_max", "must not be below " + name);
}

void check_unit(const std::string& unit, const json::object& specs) {
    for (const auto* direction : kDirections) check_pair(std::string(direction) + "_" + unit, specs);
    const auto is_set = [&](const std::string& direction, const std::string& suffix) {
        return bound_of(direction + "_" + unit + suffix, specs, 1).value_or(0) != 0;
    };
    for (const auto* suffix : {"", "_max"}) {
        if (is_set("total", suffix) && (is_set("read", suffix) || is_set("write", suffix))) {
            fail("total_" + unit + suffix, "bounds reads and writes together: leave out the bounds of either");
        }
    }
}

}  // namespace

void check_specs(const QosSpecs& qos) {
    if (!is_front_end(qos)) return;
    for (const auto* unit : kUnits) check_unit(unit, qos.specs);
    number_of("size_iops_sec", qos.specs);
}

json::value front_end_specs(const QosSpecs& qos, std::int64_t size_gib) {
    if (!is_front_end(qos) || qos.specs.empty()) return nullptr;
    json::object out;
    for (const auto* unit : kUnits) {
        for (const auto* direction : kDirections) {
            const auto name = std::string(direction) + "_" + unit;
            const auto bound = bound_of(name, qos.specs, size_gib);
            const auto peak = bound_of(name + "_max", qos.specs, size_gib);
            if (bound) out[name] = std::to_string(*bound);
            // A large volume's bound may have grown past a fixed peak, which then bounds nothing.
            if (bound && peak && *peak >= *bound) out[name + "_max"] = std::to_string(*peak);
        }
    }
    if (const auto size = number_of("size_iops_sec", qos.specs)) out["size_iops_sec"] = std::to_string(*size);
    for (const auto& item : qos.specs) {
        if (item.key().find("_sec") == std::string::npos) out[item.key()] = item.value();
    }
    return out;
}

}  // namespace virga::volume
