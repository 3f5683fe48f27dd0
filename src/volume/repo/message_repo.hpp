#pragma once
#include <optional>
#include <string>
#include <vector>

#include "http/schema.hpp"
#include "volume/model/records.hpp"

/// SQL of user messages.
namespace virga::volume::repo {

/// Idempotent by Message::id.
void insert(db::Transaction& tx, const Message& message);
std::optional<Message> find_message(db::Transaction& tx, const std::string& id);
/// Newest first; an empty project lists all.
std::vector<Message> list_messages(db::Transaction& tx, const std::string& project, const std::string& resource_id,
                                   const http::Page& page);
void delete_message(db::Transaction& tx, const std::string& id);
/// Removes those older than kMessageLifeUs.
void expire_messages(db::Transaction& tx);

}  // namespace virga::volume::repo
