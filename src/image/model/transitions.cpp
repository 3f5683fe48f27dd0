#include "image/model/transitions.hpp"

namespace virga::image {

const lifecycle::TransitionTable& image_transitions() {
    static const lifecycle::TransitionTable table{
        "image",
        "images",
        "status",
        {
            {"upload", {"queued"}, "saving"},
            {"store", {"saving"}, "active"},
            {"abandon", {"saving"}, "queued"},
            {"deactivate", {"active"}, "deactivated"},
            {"reactivate", {"deactivated"}, "active"},
            {"delete", {"queued", "saving", "active", "killed", "deactivated"}, "deleted"},
        },
    };
    return table;
}

}  // namespace virga::image
