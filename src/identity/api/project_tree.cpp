#include "identity/api/project_tree.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "identity/repo/project_repo.hpp"

namespace virga::identity::api {

// One step suffices, since both are kept for each project of the tree.

void require_enabled_above(db::Transaction& tx, const Project& project) {
    const auto above = repo::find_project(tx, project.parent_id);
    if (!above || above->enabled) return;
    throw Error(ErrorCode::Forbidden,
                "A project can't be enabled below a disabled one: enable " + above->id + " first.");
}

void require_disabled_below(db::Transaction& tx, const Project& project) {
    const auto below = repo::list_projects_below(tx, project.id);
    const auto enabled = std::find_if(below.begin(), below.end(), [](const Project& each) { return each.enabled; });
    if (enabled == below.end()) return;
    throw Error(ErrorCode::Forbidden, "Cannot disable project " + project.id +
                                          " since its subtree contains enabled projects: disable " + enabled->id +
                                          " first.");
}

}  // namespace virga::identity::api
