#include "volume/model/group_states.hpp"

namespace virga::volume {
namespace {

using lifecycle::Transition;
using lifecycle::TransitionTable;

}  // namespace

const TransitionTable& group_states() {
    static const TransitionTable table{
        "group",
        "volume_groups",
        "status",
        {
            Transition{"finish_create", {"creating"}, "available"},
            Transition{"fail_create", {"creating"}, "error"},
            Transition{"update", {"available"}, ""},
            Transition{"snapshot", {"available"}, ""},
            Transition{"delete", {"available", "error", "error_deleting"}, "deleting"},
            Transition{"fail_delete", {"deleting"}, "error_deleting"},
        },
    };
    return table;
}

const TransitionTable& group_snapshot_states() {
    static const TransitionTable table{
        "group snapshot",
        "volume_group_snapshots",
        "status",
        {
            Transition{"finish_create", {"creating"}, "available"},
            Transition{"fail_create", {"creating"}, "error"},
            Transition{"delete", {"available", "error", "error_deleting"}, "deleting"},
            Transition{"fail_delete", {"deleting"}, "error_deleting"},
        },
    };
    return table;
}

const std::vector<std::string>& resettable_group_statuses() {
    static const std::vector<std::string> statuses{"creating", "available",      "deleting",
                                                   "error",    "error_deleting", "updating"};
    return statuses;
}

}  // namespace virga::volume
