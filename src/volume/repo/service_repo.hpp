#pragma once
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "db/database.hpp"

/// SQL of what operators decided about services. A service without a row is enabled.
namespace virga::volume::repo {

struct ServiceRecord {
    std::string binary;  ///< cinder-scheduler, cinder-volume, cinder-backup
    std::string host;    ///< "host@backend" of a storage service
    bool disabled = false;
    std::string disabled_reason;
    bool frozen = false;
    TimestampUs updated_us = 0;
    /// Takes no new volumes.
    bool closed() const { return disabled || frozen; }
};

std::vector<ServiceRecord> services(db::Transaction& tx);
ServiceRecord service(db::Transaction& tx, const std::string& binary, const std::string& host);
void save(db::Transaction& tx, const ServiceRecord& service);
/// "host@backend" of the storage services that take no new volumes.
std::set<std::string> closed_backends(db::Transaction& tx);

}  // namespace virga::volume::repo
