#include "volume/repo/qos_repo.hpp"

#include "volume/repo/list_query.hpp"
#include "volume/repo/type_repo.hpp"

namespace virga::volume::repo {
namespace {

QosSpecs record_of(const db::Row& row) {
    return {row.text("id"), row.text("name"), row.text("consumer"), parse_object(row.text("specs")),
            row.number("created_us")};
}

}  // namespace

void insert(db::Transaction& tx, const QosSpecs& qos) {
    if (tx.scalar("SELECT COUNT(*) FROM volume_qos_specs WHERE name = ?", {qos.name}) != 0) {
        throw Error(ErrorCode::Conflict, "QoS specs " + qos.name + " already exist.", {}, qos.name);
    }
    tx.exec("INSERT INTO volume_qos_specs (id, name, consumer, specs, created_us) VALUES (?, ?, ?, ?, ?)",
            {qos.id, qos.name, qos.consumer, json::serialize(qos.specs), qos.created_us});
}

std::optional<QosSpecs> find_qos(db::Transaction& tx, const std::string& id) {
    const auto row = tx.query_one("SELECT * FROM volume_qos_specs WHERE id = ?", {id});
    if (!row) return std::nullopt;
    return record_of(*row);
}

QosSpecs get_qos(db::Transaction& tx, const std::string& id) {
    auto qos = find_qos(tx, id);
    if (!qos) throw Error(ErrorCode::NotFound, "QoS specs " + id + " could not be found.", {}, id);
    return *qos;
}

std::vector<QosSpecs> list_qos(db::Transaction& tx, const QosFilter& filter) {
    ListQuery query("SELECT q.* FROM volume_qos_specs q", "volume_qos_specs", "q");
    query.equals("id", filter.id);
    query.equals("name", filter.name);
    query.equals("consumer", filter.consumer);
    for (const auto& [column, ascending] : filter.sort) query.sort(column, ascending);
    if (filter.marker) query.after(tx, *filter.marker);
    query.page(filter.limit, filter.offset);
    std::vector<QosSpecs> out;
    for (const auto& row : query.run(tx)) out.push_back(record_of(row));
    return out;
}

void update(db::Transaction& tx, const QosSpecs& qos) {
    tx.exec("UPDATE volume_qos_specs SET consumer = ?, specs = ? WHERE id = ?",
            {qos.consumer, json::serialize(qos.specs), qos.id});
}

void delete_qos(db::Transaction& tx, const std::string& id) {
    disassociate_all(tx, id);
    tx.exec("DELETE FROM volume_qos_specs WHERE id = ?", {id});
}

std::vector<VolumeType> types_with_qos(db::Transaction& tx, const std::string& qos_id) {
    std::vector<VolumeType> out;
    for (auto& type : all_types(tx)) {
        if (type.qos_specs_id == qos_id) out.push_back(std::move(type));
    }
    return out;
}

void set_qos(db::Transaction& tx, const std::string& type_id, const std::string& qos_id) {
    tx.exec("UPDATE volume_types SET qos_specs_id = ? WHERE id = ?", {qos_id, type_id});
}

void disassociate_all(db::Transaction& tx, const std::string& qos_id) {
    tx.exec("UPDATE volume_types SET qos_specs_id = '' WHERE qos_specs_id = ?", {qos_id});
}

}  // namespace virga::volume::repo
