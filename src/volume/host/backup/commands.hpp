#pragma once
#include <functional>
#include <map>
#include <string>

#include "rpc/rpc.hpp"
#include "volume/host/backup/store.hpp"
#include "volume/host/drivers/driver.hpp"

namespace virga::volume::host::backup {

/// Commands that need no volume: what volume/backup_commands.hpp says of them.
using StoreOperation = std::function<json::object(Store&, const rpc::Command&)>;
const std::map<std::string, StoreOperation, std::less<>>& store_operations();

/// Commands that read or write a volume, which the caller has locked.
using VolumeOperation = std::function<json::object(Store&, Driver&, const rpc::Command&)>;
const std::map<std::string, VolumeOperation, std::less<>>& volume_operations();

}  // namespace virga::volume::host::backup
