#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "db/database.hpp"
#include "volume/model/records.hpp"

/// SQL of volume attachments.
namespace virga::volume::repo {

void insert(db::Transaction& tx, const AttachmentRecord& attachment);
std::optional<AttachmentRecord> find_attachment(db::Transaction& tx, const AttachmentId& id);
/// Throws Error{NotFound} "Volume attachment <id> could not be found."
AttachmentRecord get_attachment(db::Transaction& tx, const AttachmentId& id);
void delete_attachment(db::Transaction& tx, const AttachmentId& id);
void delete_attachments(db::Transaction& tx, const VolumeId& volume);
std::vector<AttachmentRecord> all_attachments(db::Transaction& tx);
std::vector<AttachmentRecord> attachments_of(db::Transaction& tx, const VolumeId& volume);
/// Those that compute made.
std::vector<AttachmentRecord> attachments_of_server(db::Transaction& tx, const ServerId& server);
/// Of many volumes, in one statement and without connection_info; by volume id.
std::map<std::string, std::vector<AttachmentRecord>> attachments_of(db::Transaction& tx,
                                                                    const std::vector<VolumeRecord>& volumes);

/// What a list asks for. Empty fields don't narrow.
struct AttachmentFilter {
    std::string project;
    std::string volume_id;
    std::string server_id;
    std::string attach_status;
    std::vector<std::pair<std::string, bool>> sort;  ///< column, ascending
    std::optional<std::string> marker;
    std::size_t limit = 1000;
    std::size_t offset = 0;
};
std::vector<AttachmentRecord> list_attachments(db::Transaction& tx, const AttachmentFilter& filter);

void set_connection(db::Transaction& tx, const AttachmentId& id, const std::string& host, const std::string& device,
                    const json::object& connection_info);
void set_attached(db::Transaction& tx, const AttachmentId& id, TimestampUs time);
void set_mode(db::Transaction& tx, const AttachmentId& id, const std::string& mode);

}  // namespace virga::volume::repo
