#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "db/database.hpp"
#include "volume/model/qos.hpp"
#include "volume/model/records.hpp"

/// SQL of QoS specs and of the volume types that have them.
namespace virga::volume::repo {

/// Throws Error{Conflict} when the name is taken.
void insert(db::Transaction& tx, const QosSpecs& qos);
std::optional<QosSpecs> find_qos(db::Transaction& tx, const std::string& id);
/// Throws Error{NotFound}.
QosSpecs get_qos(db::Transaction& tx, const std::string& id);

/// What a list asks for. Empty fields don't narrow.
struct QosFilter {
    std::string id;
    std::string name;
    std::string consumer;
    std::vector<std::pair<std::string, bool>> sort;  ///< column, ascending
    std::optional<std::string> marker;
    std::size_t limit = 1000;
    std::size_t offset = 0;
};
std::vector<QosSpecs> list_qos(db::Transaction& tx, const QosFilter& filter);
void update(db::Transaction& tx, const QosSpecs& qos);
void delete_qos(db::Transaction& tx, const std::string& id);

std::vector<VolumeType> types_with_qos(db::Transaction& tx, const std::string& qos_id);
void set_qos(db::Transaction& tx, const std::string& type_id, const std::string& qos_id);
void disassociate_all(db::Transaction& tx, const std::string& qos_id);

}  // namespace virga::volume::repo
