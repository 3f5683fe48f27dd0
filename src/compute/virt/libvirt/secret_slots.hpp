#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/secret.hpp"
#include "compute/virt/driver.hpp"
#include "compute/virt/libvirt/handle.hpp"

namespace virga::compute::virt::libvirt {

/// Hands keys of encrypted disks to libvirt, in memory only. libvirt looks them up by the UUIDs of "secrets" while it
/// starts a guest or plugs a disk, and passes them to the emulator encrypted; nothing needs them afterwards. So there
/// is a fixed set of secrets, lent for the time of one call.
///
/// That the set is fixed, and known to libvirt before its secret driver opens, isn't a choice: in embedded mode the
/// driver of libvirt 9 ends the process when a secret that isn't written to the disk is defined or removed at run time.
/// The embedded QEMU driver finds the secret driver by thread-local variables of libvirt that have no public function;
/// docs/design/encrypted-volumes.md has the whole story. Thread-safe after open().
class SecretSlots {
public:
    explicit SecretSlots(std::string root) : root_(std::move(root)) {}
    ~SecretSlots() { close(); }
    SecretSlots(const SecretSlots&) = delete;
    SecretSlots& operator=(const SecretSlots&) = delete;

    /// Before the QEMU driver is opened, after the event loop runs. Throws Error{Unavailable}.
    void open();
    void close();

    /// Secrets with the keys of the files that have one, for calls of this thread, until it is destroyed. Not to be
    /// taken twice by a thread.
    class Lease {
    public:
        ~Lease();
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        /// The files, with `secret` set where they have a key.
        const std::vector<DiskFile>& files() const { return files_; }

    private:
        friend class SecretSlots;
        Lease(SecretSlots& slots, std::vector<DiskFile> files);
        void release();

        SecretSlots& slots_;
        std::vector<DiskFile> files_;
        std::vector<std::size_t> taken_;
    };
    /// Waits while others have the slots that it needs. Throws Error{NotSupported}: this libvirt can't pass keys on.
    Lease lend(std::vector<DiskFile> files);

private:
    void write_definitions() const;
    std::vector<std::size_t> take(std::size_t count);
    void give_back(const std::vector<std::size_t>& slots);
    void set_value(std::size_t slot, const std::string& value);

    std::string root_;
    ConnectionHandle connection_;
    std::mutex mutex_;
    std::condition_variable freed_;
    std::vector<bool> busy_;
};

}  // namespace virga::compute::virt::libvirt
