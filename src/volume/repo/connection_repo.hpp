#pragma once
#include <optional>
#include <string>
#include <vector>

#include "db/database.hpp"
#include "volume/model/records.hpp"

/// SQL of connections that no attachment tells of.
namespace virga::volume::repo {

/// A connection that was made without an attachment, or one that is to be ended, and of which it isn't known whether
/// the storage host did so.
struct ConnectionRecord {
    VolumeId volume;
    std::string host;    ///< of the connector
    std::string ending;  ///< id of the command that ends it; empty: nobody asked for that
    TimestampUs created_us = 0;
};

std::vector<ConnectionRecord> all_connections(db::Transaction& tx);
std::vector<ConnectionRecord> connections_of(db::Transaction& tx, const VolumeId& volume);
std::optional<ConnectionRecord> find_connection(db::Transaction& tx, const VolumeId& volume, const std::string& host);
/// Nothing happens when there is one.
void insert(db::Transaction& tx, const ConnectionRecord& connection);
void set_ending(db::Transaction& tx, const VolumeId& volume, const std::string& host, const std::string& command_id);
void delete_connection(db::Transaction& tx, const VolumeId& volume, const std::string& host);

}  // namespace virga::volume::repo
