#pragma once
#include "config/config.hpp"

/// Settings of the tables [volume.backends.NAME].
namespace virga::volume::setting::backends {

inline constexpr const char* kFamily = "volume.backends";

inline const config::NamedSetting<std::string> driver{
    "volume.backends.*.driver", std::string("local"),
    "Driver of this backend: local, glusterfs, nfs or fake. When there is any such table, the backend of volume.driver "
    "is not made."};
inline const config::NamedSetting<std::string> backend_name{
    "volume.backends.*.volume_backend_name", std::string(),
    "What the extra spec volume_backend_name of a volume type asks for; several backends may share it. Empty: the "
    "table's name."};
inline const config::NamedSetting<std::string> path{
    "volume.backends.*.path", std::string(),
    "Folder of the local and fake drivers; empty: volumes-NAME/ in the host's state folder."};
inline const config::NamedSetting<std::string> format{"volume.backends.*.format", std::string("raw"),
                                                      config::OneOf{"raw", "qcow2"},
                                                      "Format of new empty volumes. Both are sparse."};
inline const config::NamedSetting<config::List> shares{
    "volume.backends.*.shares",
    {},
    "Shares of the glusterfs and nfs drivers: \"SERVER:/NAME\" each, mount options may follow as in \"SERVER:/NAME -o "
    "OPTION,OPTION\"."};
inline const config::NamedSetting<std::string> shares_file{
    "volume.backends.*.shares_file", std::string(),
    "File with further shares, one a line, written as in `shares`; a line that begins with # is a comment."};
inline const config::NamedSetting<std::string> mount_point_base{
    "volume.backends.*.mount_point_base", std::string(),
    "Folder under which shares are mounted, here and on every host with a server that uses them, each in a folder "
    "named by the MD5 of the share. Empty: mnt/ in the host's state folder."};
inline const config::NamedSetting<std::string> mount_options{"volume.backends.*.mount_options", std::string(),
                                                             "Mount options of every share, before its own ones."};
inline const config::NamedSetting<std::int64_t> reserved_percentage{
    "volume.backends.*.reserved_percentage", 0, {0, 100}, "Per cent of the size that new volumes leave free."};
inline const config::NamedSetting<double> max_over_subscription_ratio{
    "volume.backends.*.max_over_subscription_ratio",
    20.0,
    {1.0, 1'000'000.0},
    "How many times its size the backend may promise to volumes, since they are sparse."};

}  // namespace virga::volume::setting::backends
