#include "volume/repo/message_repo.hpp"

#include "volume/repo/list_query.hpp"

namespace virga::volume::repo {
namespace {

Message record_of(const db::Row& row) {
    return {row.text("id"),          ProjectId(row.text("project_id")),
            row.text("request_id"),  row.text("resource_type"),
            row.text("resource_id"), row.text("event_id"),
            row.text("message"),     row.number("created_us")};
}

}  // namespace

void insert(db::Transaction& tx, const Message& m) {
    tx.exec(
        "INSERT INTO volume_messages (id, project_id, request_id, resource_type, resource_id, event_id, message, "
        "created_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        {m.id, m.project.value, m.request_id, m.resource_type, m.resource_id, m.event_id, m.text, m.created_us});
}

std::optional<Message> find_message(db::Transaction& tx, const std::string& id) {
    const auto row = tx.query_one("SELECT * FROM volume_messages WHERE id = ?", {id});
    if (!row) return std::nullopt;
    return record_of(*row);
}

std::vector<Message> list_messages(db::Transaction& tx, const MessageFilter& filter) {
    ListQuery query("SELECT m.* FROM volume_messages m", "volume_messages", "m");
    query.visible_project(filter.project);
    query.equals("resource_type", filter.resource_type);
    query.equals("resource_id", filter.resource_id);
    query.equals("event_id", filter.event_id);
    query.equals("request_id", filter.request_id);
    for (const auto& [column, ascending] : filter.sort) query.sort(column, ascending);
    if (filter.marker) query.after(tx, *filter.marker);
    query.page(filter.limit, filter.offset);
    std::vector<Message> out;
    for (const auto& row : query.run(tx)) out.push_back(record_of(row));
    return out;
}

void delete_message(db::Transaction& tx, const std::string& id) {
    tx.exec("DELETE FROM volume_messages WHERE id = ?", {id});
}

void expire_messages(db::Transaction& tx) {
    tx.exec("DELETE FROM volume_messages WHERE created_us < ?", {now_us() - kMessageLifeUs});
}

}  // namespace virga::volume::repo
