#include "volume/flows/transfers.hpp"

#include "base/crypto.hpp"
#include "volume/repo/attachment_repo.hpp"
#include "volume/repo/change_repo.hpp"
#include "volume/repo/quota_repo.hpp"
#include "volume/repo/snapshot_repo.hpp"
#include "volume/repo/transfer_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::flows {
namespace {

constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kKeyBytes = 24;

void check_snapshots(const std::vector<SnapshotRecord>& snapshots) {
    for (const auto& snapshot : snapshots) {
        if (snapshot.status == SnapshotStatus::Available) continue;
        throw Error(ErrorCode::InvalidInput,
                    "Invalid snapshot: snapshot " + snapshot.id.value + " is " + text_of(snapshot.status) +
                        ", and must be available to go with its volume.",
                    {}, snapshot.id.value);
    }
}

/// All or nothing: usage is counted with what was let in before.
void check_quota(db::Transaction& tx, Dependencies& d, const ProjectId& project, const VolumeRecord& volume,
                 const std::vector<SnapshotRecord>& snapshots) {
    const auto limits = repo::limits_of(tx, d.config, project);
    auto usage = repo::usage_of(tx, project);
    check_new_volume(limits, usage, volume.size_gib, volume.volume_type);
    auto& of_type = usage.types[volume.volume_type];
    for (auto* count : {&usage.volumes, &of_type.volumes}) ++*count;
    for (auto* gib : {&usage.gigabytes, &of_type.gigabytes}) *gib += volume.size_gib;
    for (const auto& snapshot : snapshots) {
        check_new_snapshot(limits, usage, snapshot.size_gib, volume.volume_type);
        for (auto* count : {&usage.snapshots, &of_type.snapshots}) ++*count;
        for (auto* gib : {&usage.gigabytes, &of_type.gigabytes}) *gib += snapshot.size_gib;
    }
}

}  // namespace

Offer offer_volume(db::Transaction& tx, const VolumeRecord& volume, const std::string& name, bool no_snapshots) {
    if (!no_snapshots) check_snapshots(repo::own_snapshots_of(tx, volume));
    if (!volume.group_id.empty()) {
        throw Error(ErrorCode::InvalidInput,
                    "Invalid volume: volume " + volume.id.value + " is in group " + volume.group_id + ".", {},
                    volume.id.value);
    }
    if (no_snapshots && !volume.encryption_key_id.empty() && !repo::snapshots_of(tx, volume.id).empty()) {
        throw Error(ErrorCode::InvalidInput,
                    "Invalid volume: volume " + volume.id.value +
                        " is encrypted: its snapshots have its key, and must go with it.",
                    {}, volume.id.value);
    }
    repo::require_change(tx, volume_change::kOffer, volume.id);
    Offer offer;
    offer.auth_key = random_token(kKeyBytes);
    offer.transfer = {new_uuid(), volume.id, name, volume.project, no_snapshots, random_token(kSaltBytes),
                      {},         now_us()};
    offer.transfer.key_hash = hmac_sha256_hex(offer.transfer.salt, offer.auth_key);
    repo::insert(tx, offer.transfer);
    return offer;
}

void withdraw_offer(db::Transaction& tx, const Transfer& transfer) {
    repo::try_change(tx, volume_change::kWithdraw, transfer.volume);
    repo::delete_transfer(tx, transfer.id);
}

void check_key(const Transfer& transfer, const std::string& auth_key) {
    if (constant_time_equal(hmac_sha256_hex(transfer.salt, auth_key), transfer.key_hash)) return;
    throw Error(ErrorCode::InvalidInput, "accept.auth_key: is not the key of transfer " + transfer.id + ".", {},
                transfer.id);
}

void accept_offer(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const Transfer& transfer,
                  const std::string& auth_key) {
    check_key(transfer, auth_key);
    const auto volume = repo::get_volume(tx, transfer.volume);
    const auto snapshots = transfer.no_snapshots ? std::vector<SnapshotRecord>() : repo::own_snapshots_of(tx, volume);
    check_snapshots(snapshots);
    if (auth.project != volume.project) check_quota(tx, d, auth.project, volume, snapshots);
    repo::require_change(tx, volume_change::kWithdraw, volume.id);
    repo::delete_attachments(tx, volume.id);  // failed ones: they would be the former owner's to end
    repo::set_owner(tx, volume.id, auth.project, auth.user, !transfer.no_snapshots);
    repo::delete_transfer(tx, transfer.id);
}

}  // namespace virga::volume::flows
