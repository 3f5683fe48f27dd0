#include "compute/virt/libvirt/secret_slots.hpp"

#include <dlfcn.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "base/small_file.hpp"
#include "compute/virt/libvirt/failure.hpp"
#include "compute/virt/libvirt/uri.hpp"

namespace virga::compute::virt::libvirt {
namespace {

/// More than the disks of one guest, which are lent at once.
constexpr std::size_t kSlots = 64;
/// What a secret has while it isn't lent: it can't be empty.
constexpr const char* kNothing = "-";

std::string uuid_of(std::size_t slot) {
    static constexpr const char* kNamespace = "5f7f4e2c-8c1b-4d39-9a57-1f0f6f1f4f10";
    return derived_uuid(kNamespace, "secret/" + std::to_string(slot));
}

std::string definition_of(std::size_t slot) {
    return "<secret ephemeral='yes' private='no'>\n  <uuid>" + uuid_of(slot) +
           "</uuid>\n  <usage type='volume'><volume>virga-" + std::to_string(slot) + "</volume></usage>\n</secret>\n";
}

/// What libvirt's own daemons do for each of their threads, and its public functions don't.
struct ThreadBinding {
    int (*set_secret_connection)(virConnectPtr) = nullptr;
    int (*set_identity)(void*) = nullptr;
    void* identity = nullptr;

    bool works() const { return set_secret_connection != nullptr && set_identity != nullptr && identity != nullptr; }
};

template <class Function>
void find(Function& function, const char* name) {
    function = reinterpret_cast<Function>(::dlsym(RTLD_DEFAULT, name));
}

// The identity says nothing; only that there is one matters. It lives as long as the process.
const ThreadBinding& binding() {
    static const ThreadBinding found = [] {
        ThreadBinding result;
        void* (*new_identity)() = nullptr;
        find(new_identity, "virIdentityNew");
        find(result.set_secret_connection, "virSetConnectSecret");
        find(result.set_identity, "virIdentitySetCurrent");
        if (new_identity != nullptr) result.identity = new_identity();
        return result;
    }();
    return found;
}

void bind_thread(virConnectPtr connection) {
    const auto& found = binding();
    if (!found.works())
        throw Error(ErrorCode::NotSupported,
                    "Encrypted volumes can't be given to guests by the libvirt of this host: its functions for that "
                    "are missing.");
    if (found.set_identity(connection == nullptr ? nullptr : found.identity) < 0 ||
        found.set_secret_connection(connection) < 0)
        throw last_failure("tell libvirt of keys");
}

struct ReleaseSecret {
    void operator()(virSecret* secret) const { virSecretFree(secret); }
};
using SecretHandle = std::unique_ptr<virSecret, ReleaseSecret>;

}  // namespace

// Made afresh, so that nothing of an earlier process is there.
void SecretSlots::write_definitions() const {
    const auto folder = root_ + "/etc/secrets";
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    ::chmod(folder.c_str(), 0700);
    for (std::size_t i = 0; i < kSlots; ++i) write_small_file(folder + "/" + uuid_of(i) + ".xml", definition_of(i));
}

void SecretSlots::open() {
    write_definitions();
    connection_.reset(virConnectOpen(embedded_uri("secret", root_).c_str()));
    if (!connection_) throw Error(ErrorCode::Unavailable, last_failure("open the hypervisor's secrets").message());
    busy_.assign(kSlots, false);
    if (!binding().works()) log::warning("this libvirt can't give encrypted volumes to guests");
}

void SecretSlots::close() {
    connection_.reset();
}

std::vector<std::size_t> SecretSlots::take(std::size_t count) {
    if (count > kSlots) throw Error(ErrorCode::InvalidInput, "a guest can't have so many encrypted volumes");
    std::vector<std::size_t> slots;
    std::unique_lock lock(mutex_);
    const auto enough = [&] {
        return static_cast<std::size_t>(std::count(busy_.begin(), busy_.end(), false)) >= count;
    };
    freed_.wait(lock, enough);
    for (std::size_t i = 0; slots.size() < count; ++i) {
        if (busy_[i]) continue;
        busy_[i] = true;
        slots.push_back(i);
    }
    return slots;
}

void SecretSlots::give_back(const std::vector<std::size_t>& slots) {
    {
        const std::lock_guard lock(mutex_);
        for (const auto slot : slots) busy_[slot] = false;
    }
    freed_.notify_all();
}

void SecretSlots::set_value(std::size_t slot, const std::string& value) {
    const SecretHandle secret(virSecretLookupByUUIDString(connection_.get(), uuid_of(slot).c_str()));
    if (!secret) throw last_failure("find a secret");
    check(virSecretSetValue(secret.get(), reinterpret_cast<const unsigned char*>(value.data()), value.size(), 0),
          "set a secret");
}

SecretSlots::Lease SecretSlots::lend(std::vector<DiskFile> files) {
    return {*this, std::move(files)};
}

SecretSlots::Lease::Lease(SecretSlots& slots, std::vector<DiskFile> files) : slots_(slots), files_(std::move(files)) {
    const auto count = std::count_if(files_.begin(), files_.end(), [](const auto& file) { return !file.key.empty(); });
    if (count == 0) return;
    bind_thread(slots_.connection_.get());
    taken_ = slots_.take(static_cast<std::size_t>(count));
    auto next = taken_.begin();
    try {
        for (auto& file : files_) {
            if (file.key.empty()) continue;
            file.secret = uuid_of(*next);
            slots_.set_value(*next++, file.key.reveal());
        }
    } catch (const Error&) {
        release();
        throw;
    }
}

SecretSlots::Lease::~Lease() {
    if (!taken_.empty()) release();
}

void SecretSlots::Lease::release() {
    try {
        for (const auto slot : taken_) slots_.set_value(slot, kNothing);
        bind_thread(nullptr);
    } catch (const Error& failure) {
        log::error("a secret was not taken back", {{"error", failure.message()}});
    }
    slots_.give_back(taken_);
}

}  // namespace virga::compute::virt::libvirt
