#include "volume/host/drivers/registry.hpp"

#include "base/error.hpp"
#include "base/own_folder.hpp"
#include "volume/host/drivers/fake/fake_driver.hpp"
#include "volume/host/drivers/files/folder_store.hpp"
#include "volume/host/drivers/glusterfs/glusterfs_driver.hpp"
#include "volume/host/drivers/local/local_driver.hpp"
#include "volume/host/drivers/nfs/nfs_driver.hpp"

namespace virga::volume::host {
namespace {

std::unique_ptr<Driver> make_local(const BackendConfig& config) {
    return std::make_unique<local::LocalDriver>(files::Options{config.path, config.format, config.cache}, config.name,
                                                config.exports);
}

std::unique_ptr<Driver> make_fake(const BackendConfig& config) {
    return std::make_unique<fake::FakeDriver>(config.path);
}

template <class D>
std::unique_ptr<Driver> make_remote(const BackendConfig& config) {
    return std::make_unique<D>(config);
}

}  // namespace

const std::map<std::string, DriverFactory>& drivers() {
    static const std::map<std::string, DriverFactory> table{{"fake", make_fake},
                                                            {"glusterfs", make_remote<glusterfs::GlusterFsDriver>},
                                                            {"local", make_local},
                                                            {"nfs", make_remote<nfs::NfsDriver>}};
    return table;
}

namespace {

const DriverFactory& factory_of(const BackendConfig& config) {
    const auto found = drivers().find(config.driver);
    if (found != drivers().end()) return found->second;
    std::string known;
    for (const auto& [name, factory] : drivers()) known += (known.empty() ? "" : ", ") + name;
    throw Error(ErrorCode::InvalidInput,
                "backend " + config.name + ": driver '" + config.driver + "' is unknown; there are " + known);
}

}  // namespace

void check_driver(const BackendConfig& config) {
    const auto& make = factory_of(config);
    // A driver of shares touches none of them before it is used.
    if (config.driver == "glusterfs" || config.driver == "nfs") {
        make(config);
    } else if (config.driver == "local") {
        check_own_folder(config.path_setting, config.path, files::kOwnFolders);
    }
}

std::unique_ptr<Driver> make_driver(const BackendConfig& config) {
    return factory_of(config)(config);
}

}  // namespace virga::volume::host
