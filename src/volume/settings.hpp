#pragma once
#include "config/config.hpp"

namespace virga::volume::setting {

inline bool is_default_driver(std::string_view name) {
    return name == "local" || name == "fake";
}

inline const config::Setting<std::string> driver{
    "volume.driver", std::string("local"),
    config::Form{"local or fake; other drivers need a table [volume.backends.NAME]", is_default_driver},
    "Driver of the default backend. Other drivers, and several "
    "backends, are configured as tables [volume.backends.NAME]; the default "
    "backend is there when no such table is."};
inline const config::Setting<std::string> backend{"volume.backend", std::string("local"),
                                                  "Name of the default backend: volume_backend_name."};
inline const config::Setting<std::string> path{"volume.path", std::string(),
                                               "Folder of the local driver; empty: volumes/ in the state folder."};
inline const config::Setting<std::string> format{"volume.format", std::string("raw"), config::OneOf{"raw", "qcow2"},
                                                 "Format of new empty volumes of the local driver."};
inline const config::Setting<std::string> master_key_file{
    "volume.master_key_file", std::string(),
    "File of the control process with the master key, which seals the keys of encrypted volumes: 32 bytes in base64, "
    "readable by its owner only. Keep a copy: without it no encrypted volume can be read. Empty: master.key in the "
    "control process's part of the state folder, made at the first start."};
inline const config::Setting<std::string> default_type{"volume.default_type", std::string("__DEFAULT__"),
                                                       "Volume type of a request that names none."};
inline const config::Setting<std::int64_t> quota_volumes{"quota.volumes", 1000, config::kQuota,
                                                         "Volumes per project; -1: no bound."};
inline const config::Setting<std::int64_t> quota_snapshots{"quota.snapshots", 1000, config::kQuota,
                                                           "Volume snapshots per project; -1: no bound."};
inline const config::Setting<std::int64_t> quota_gigabytes{"quota.gigabytes", 100'000, config::kQuota,
                                                           "GiB of volumes and snapshots per project; -1: no bound."};
inline const config::Setting<std::int64_t> quota_backups{"quota.backups", 1000, config::kQuota,
                                                         "Volume backups per project; -1: no bound."};
inline const config::Setting<std::int64_t> quota_backup_gigabytes{
    "quota.backup_gigabytes", 100'000, config::kQuota, "GiB of backed-up volumes per project; -1: no bound."};
inline const config::Setting<std::int64_t> quota_per_volume_gigabytes{"quota.per_volume_gigabytes", -1, config::kQuota,
                                                                      "GiB of one volume; -1: no bound."};

}  // namespace virga::volume::setting
