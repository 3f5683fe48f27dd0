#pragma once
#include <string>

#include "identity/service.hpp"
#include "volume/flows/dependencies.hpp"
#include "volume/model/transfer.hpp"

/// Giving a volume to another project. Each function is whole in the caller's transaction: no data moves.
namespace virga::volume::flows {

struct Offer {
    Transfer transfer;
    std::string auth_key;  ///< for the answer to the request, and nothing else
};
/// The volume must be available, its snapshots too when they go with it: Error{InvalidInput}. It is awaiting-transfer
/// then.
Offer offer_volume(db::Transaction& tx, const VolumeRecord& volume, const std::string& name, bool no_snapshots);
/// The volume is available again, in its old project.
void withdraw_offer(db::Transaction& tx, const Transfer& transfer);
/// Error{InvalidInput} for a wrong key.
void check_key(const Transfer& transfer, const std::string& auth_key);
/// Volume and snapshots belong to the caller's project, whose quota must have room for them: Error{QuotaExceeded}.
/// Error{InvalidInput} for a wrong key. Its connections must have been ended before: see end_leftovers.
void accept_offer(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const Transfer& transfer,
                  const std::string& auth_key);

}  // namespace virga::volume::flows
