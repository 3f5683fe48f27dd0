#pragma once
#include <string>

#include "base/clock.hpp"
#include "base/json.hpp"

/// QoS specs: bounds on the I/O of volumes of a type.
namespace virga::volume {

struct QosSpecs {
    std::string id;
    std::string name;
    std::string consumer;  ///< front-end (the hypervisor), back-end (the storage) or both
    json::object specs;    ///< name -> string
    TimestampUs created_us = 0;
};

/// Specs that the hypervisor applies must be ones that it takes. Throws Error{InvalidInput}: a bound that is not an
/// integer from 0 to 10^15, a bound for all I/O beside one for reads or writes, a peak without its bound. Specs of
/// other names are kept and ignored.
void check_specs(const QosSpecs& qos);

/// What the hypervisor has to do for a volume of this size: plain bounds in digits, those per GiB (NAME_per_gb, at
/// least NAME_per_gb_min) multiplied out. null when there is nothing to do.
json::value front_end_specs(const QosSpecs& qos, std::int64_t size_gib);

}  // namespace virga::volume
