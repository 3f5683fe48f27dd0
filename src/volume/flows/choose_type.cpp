#include "volume/flows/choose_type.hpp"

#include "volume/repo/encryption_repo.hpp"
#include "volume/repo/type_access_repo.hpp"
#include "volume/repo/type_repo.hpp"
#include "volume/settings.hpp"

namespace virga::volume::flows {

VolumeType usable_type(db::Transaction& tx, const identity::Auth& auth, const std::string& name_or_id) {
    auto type = repo::get_type(tx, name_or_id);
    if (auth.is_admin() || repo::may_use(tx, type, auth.project)) return type;
    throw Error(ErrorCode::NotFound, "Volume type " + name_or_id + " could not be found.", {}, name_or_id);
}

VolumeType default_type(db::Transaction& tx, Dependencies& d, const ProjectId& project) {
    const auto own = repo::default_type_of(tx, project);
    return repo::get_type(tx, own ? own->type_id : d.config.get(setting::default_type));
}

void check_not_encrypted(db::Transaction& tx, const VolumeType& type) {
    if (!repo::find_encryption(tx, type.id)) return;
    throw Error(ErrorCode::InvalidInput,
                "volume_type: volumes of type " + type.name +
                    " are to be encrypted, which is not supported yet. Choose a type without encryption.",
                {}, type.id);
}

}  // namespace virga::volume::flows
