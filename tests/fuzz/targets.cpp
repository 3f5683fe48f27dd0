#include "fuzz/targets.hpp"

namespace virga::fuzz {

const std::vector<Target>& targets() {
    static const std::vector<Target> all{{"http", http},       {"api", api},     {"query", query},   {"token", token},
                                         {"image", image},     {"rpc", rpc},     {"config", config}, {"policy", policy},
                                         {"host", host},       {"qcow2", qcow2}, {"layers", layers}, {"backup", backup},
                                         {"sidecar", sidecar}, {"nats", nats}};
    return all;
}

}  // namespace virga::fuzz
