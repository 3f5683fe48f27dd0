#include "volume/flows/choose_type.hpp"

#include "volume/flows/volume_keys.hpp"
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

bool is_encrypted(db::Transaction& tx, const VolumeType& type) {
    const auto encryption = repo::find_encryption(tx, type.id);
    if (encryption) check_encryption(type, *encryption);
    return encryption.has_value();
}

}  // namespace virga::volume::flows
