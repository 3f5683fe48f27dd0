#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "unit/volume/control_fixture.hpp"

namespace virga::volume {

/// Guests that do what they are told, or what a test says.
class ScriptedGuests : public AttachedVolumes {
public:
    bool owns(db::Transaction&, const ServerId&, const AttachmentId& attachment) override {
        return attachment == owned;
    }
    std::vector<FlowId> flows_of(db::Transaction&, const ServerId&) override { return running; }
    void record_action(db::Transaction&, const ServerId&, const std::string& action,
                       const taskflow::FlowSpec&) override {
        actions.push_back(action);
    }
    void moved(db::Transaction&, const ServerId&, const VolumeId&, const json::object& connection_info) override {
        path = path_of(connection_info);
    }
    bool resize(const ServerId&, const VolumeId&, std::int64_t size_gib, const rpc::CallOptions&) override {
        return note("resize " + std::to_string(size_gib));
    }
    bool switch_to(const ServerId&, const VolumeId&, const std::string& file, const std::string&,
                   const rpc::CallOptions&) override {
        return note("switch " + file);
    }
    bool merge(const ServerId&, const VolumeId&, const LayerMerge& merge, const rpc::CallOptions&) override {
        return note("merge " + merge.lower);
    }
    bool mirror(const ServerId&, const VolumeId&, const json::object& connection_info,
                const rpc::CallOptions&) override {
        return note("mirror " + path_of(connection_info));
    }
    bool pivot(const ServerId&, const VolumeId&, const json::object& connection_info,
               const rpc::CallOptions&) override {
        return note("pivot " + path_of(connection_info));
    }
    bool end_mirror(const ServerId&, const VolumeId&, const rpc::CallOptions&) override {
        calls.push_back("end_mirror");
        return runs;
    }

    AttachmentId owned;
    std::vector<FlowId> running;
    std::string path;
    std::vector<std::string> calls;
    std::vector<std::string> actions;
    std::optional<Error> failure;
    bool runs = true;
    std::function<void(const std::string& call)> before;

private:
    static std::string path_of(const json::object& connection_info) {
        return get_string(get_object(connection_info, "data"), "path");
    }
    bool note(const std::string& call) {
        if (before) before(call);
        if (failure) throw *failure;
        calls.push_back(call);
        return runs;
    }
};

}  // namespace virga::volume
