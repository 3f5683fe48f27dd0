#pragma once
#include <optional>
#include <string>
#include <vector>

#include "db/database.hpp"
#include "volume/model/records.hpp"

/// SQL of user messages.
namespace virga::volume::repo {

/// Idempotent by Message::id.
void insert(db::Transaction& tx, const Message& message);
std::optional<Message> find_message(db::Transaction& tx, const std::string& id);

/// What a list asks for. Empty fields don't narrow.
struct MessageFilter {
    std::string project;
    std::string resource_type;
    std::string resource_id;
    std::string event_id;
    std::string request_id;
    std::vector<std::pair<std::string, bool>> sort;  ///< column, ascending
    std::optional<std::string> marker;
    std::size_t limit = 1000;
    std::size_t offset = 0;
};
/// Newest first unless sorted otherwise.
std::vector<Message> list_messages(db::Transaction& tx, const MessageFilter& filter);
void delete_message(db::Transaction& tx, const std::string& id);
/// Removes those older than kMessageLifeUs.
void expire_messages(db::Transaction& tx);

}  // namespace virga::volume::repo
