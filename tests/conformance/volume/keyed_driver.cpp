#include "conformance/volume/keyed_driver.hpp"

namespace virga::volume::host::test {
namespace {

class KeyedDriver : public Driver {
    template <class F>
    auto with(const std::string& id, F&& work) {
        const KeyRing::Held held(driver_->keys(), id, test_key());
        return work();
    }

public:
    explicit KeyedDriver(std::unique_ptr<Driver> driver) : driver_(std::move(driver)) {}

    std::string name() const override { return driver_->name(); }
    Capabilities capabilities() const override { return driver_->capabilities(); }
    VolumeFile create(const std::string& id, std::int64_t size) override {
        return with(id, [&] { return driver_->create(id, size); });
    }
    Created create_from_image(const std::string& id, std::int64_t size, const ImageSource& image,
                              const Call& call) override {
        return with(id, [&] { return driver_->create_from_image(id, size, image, call); });
    }
    Created create_from_snapshot(const std::string& id, std::int64_t size, const std::string& source,
                                 const std::string& snapshot, const Call& call) override {
        const KeyRing::Held held(driver_->keys(), source, test_key());
        return with(id, [&] { return driver_->create_from_snapshot(id, size, source, snapshot, call); });
    }
    Created clone(const std::string& id, std::int64_t size, const std::string& source, const Call& call) override {
        const KeyRing::Held held(driver_->keys(), source, test_key());
        return with(id, [&] { return driver_->clone(id, size, source, call); });
    }
    std::vector<std::string> remove(const std::string& id) override { return driver_->remove(id); }
    Flattened flatten(const std::string& id, const Call& call) override {
        return with(id, [&] { return driver_->flatten(id, call); });
    }
    VolumeFile extend(const std::string& id, std::int64_t size) override {
        return with(id, [&] { return driver_->extend(id, size); });
    }
    VolumeFile create_snapshot(const std::string& id, const std::string& snapshot) override {
        return with(id, [&] { return driver_->create_snapshot(id, snapshot); });
    }
    VolumeFile revert(const std::string& id, const std::string& snapshot, const Call& call) override {
        return with(id, [&] { return driver_->revert(id, snapshot, call); });
    }
    Created reimage(const std::string& id, const ImageSource& image, const Call& call) override {
        return with(id, [&] { return driver_->reimage(id, image, call); });
    }
    void read(const std::string& id, const std::function<void(const VolumeFile&)>& use) override {
        with(id, [&] { driver_->read(id, use); });
    }
    VolumeFile create_snapshot_online(const std::string& id, const std::string& snapshot) override {
        return with(id, [&] { return driver_->create_snapshot_online(id, snapshot); });
    }
    LayerMerge next_merge(const std::string& id) override { return driver_->next_merge(id); }
    VolumeFile finish_merge(const std::string& id, const LayerMerge& merge) override {
        return driver_->finish_merge(id, merge);
    }
    VolumeFile delete_snapshot(const std::string& id, const std::string& snapshot) override {
        return with(id, [&] { return driver_->delete_snapshot(id, snapshot); });
    }
    json::object initialize_connection(const std::string& id, const std::string& host) override {
        return driver_->initialize_connection(id, host);
    }
    void terminate_connection(const std::string& id, const std::string& host) override {
        driver_->terminate_connection(id, host);
    }
    std::vector<Manageable> manageable() override { return driver_->manageable(); }
    VolumeFile manage(const std::string& id, const std::string& name, const std::string& format) override {
        return driver_->manage(id, name, format);
    }
    Created create_from_disk(const std::string& id, std::int64_t size, const VolumeFile& disk,
                             const Call& call) override {
        return with(id, [&] { return driver_->create_from_disk(id, size, disk, call); });
    }
    void unmanage(const std::string& id) override { driver_->unmanage(id); }
    std::int64_t manage_snapshot(const std::string& id, const std::string& name, const std::string& to) override {
        return driver_->manage_snapshot(id, name, to);
    }
    void unmanage_snapshot(const std::string& id, const std::string& snapshot) override {
        driver_->unmanage_snapshot(id, snapshot);
    }
    Inventory inventory() override { return driver_->inventory(); }
    void recover() override { driver_->recover(); }

private:
    std::unique_ptr<Driver> driver_;
};

}  // namespace

const Secret& test_key() {
    static const Secret key("the-key-of-every-volume-of-the-conformance-tests");
    return key;
}

std::unique_ptr<Driver> with_keys(std::unique_ptr<Driver> driver) {
    return std::make_unique<KeyedDriver>(std::move(driver));
}

}  // namespace virga::volume::host::test
