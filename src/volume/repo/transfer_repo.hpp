#pragma once
#include <optional>
#include <string>
#include <vector>

#include "db/database.hpp"
#include "volume/model/transfer.hpp"

/// SQL of transfers. One volume has at most one.
namespace virga::volume::repo {

void insert(db::Transaction& tx, const Transfer& transfer);
/// Throws Error{NotFound} "Transfer <id> could not be found."
Transfer get_transfer(db::Transaction& tx, const std::string& id);
void delete_transfer(db::Transaction& tx, const std::string& id);

/// What a list asks for. Empty fields don't narrow.
struct TransferFilter {
    std::string project;
    std::string volume_id;
    std::string name;
    std::vector<std::pair<std::string, bool>> sort;  ///< column, ascending
    std::optional<std::string> marker;
    std::size_t limit = 1000;
    std::size_t offset = 0;
};
std::vector<Transfer> list_transfers(db::Transaction& tx, const TransferFilter& filter);

std::vector<VolumeId> offered_volumes(db::Transaction& tx);

/// Moves a volume, and its owner's snapshots of it when asked, to another project. They leave their group snapshots.
void set_owner(db::Transaction& tx, const VolumeId& volume, const ProjectId& project, const UserId& user,
               bool with_snapshots);

}  // namespace virga::volume::repo
