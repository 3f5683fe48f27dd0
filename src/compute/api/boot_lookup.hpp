#pragma once
#include "compute/flows/flows.hpp"
#include "compute/model/boot_lookup.hpp"

namespace virga::compute::api {

/// What the caller of a request may see of images and volumes, read in one transaction.
class ServiceLookup : public BootLookup {
public:
    ServiceLookup(db::Transaction& tx, flows::Dependencies& d, const identity::Auth& auth)
        : tx_(tx), d_(d), auth_(auth) {}

    std::optional<image::Image> image(const std::string& id) override;
    std::optional<volume::Volume> volume(const std::string& id) override;
    std::optional<volume::Snapshot> snapshot(const std::string& id) override;
    std::optional<std::string> volume_type(const std::string& id_or_name) override;

private:
    db::Transaction& tx_;
    flows::Dependencies& d_;
    const identity::Auth& auth_;
};

}  // namespace virga::compute::api
