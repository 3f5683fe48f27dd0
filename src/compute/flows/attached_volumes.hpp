#pragma once
#include "compute/flows/flows.hpp"

namespace virga::compute::flows {

/// Volumes in the hands of guests, for the volume service: asks the host that the server lives on.
class AttachedVolumes : public volume::AttachedVolumes {
public:
    explicit AttachedVolumes(Dependencies& dependencies) : d_(dependencies) {}

    bool owns(db::Transaction& tx, const ServerId& server, const AttachmentId& attachment) override;
    std::vector<FlowId> flows_of(db::Transaction& tx, const ServerId& server) override;
    void record_action(db::Transaction& tx, const ServerId& server, const std::string& action,
                       const taskflow::FlowSpec& flow) override;
    void moved(db::Transaction& tx, const ServerId& server, const VolumeId& volume,
               const json::object& connection_info) override;
    bool resize(const ServerId& server, const VolumeId& volume, std::int64_t size_gib,
                const rpc::CallOptions& options) override;
    bool switch_to(const ServerId& server, const VolumeId& volume, const std::string& path, const std::string& format,
                   const rpc::CallOptions& options) override;
    bool merge(const ServerId& server, const VolumeId& volume, const volume::LayerMerge& merge,
               const rpc::CallOptions& options) override;
    bool mirror(const ServerId& server, const VolumeId& volume, const json::object& connection_info,
                const rpc::CallOptions& options) override;
    bool pivot(const ServerId& server, const VolumeId& volume, const json::object& connection_info,
               const rpc::CallOptions& options) override;
    bool end_mirror(const ServerId& server, const VolumeId& volume, const rpc::CallOptions& options) override;

private:
    /// False when the server is gone or has no host: then no guest runs.
    bool ask(const ServerId& server, const VolumeId& volume, std::string_view method, json::object params,
             const rpc::CallOptions& options);

    Dependencies& d_;
};

}  // namespace virga::compute::flows
