#include "compute/virt/libvirt/live_disks.hpp"

#include <libvirt/virterror.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "compute/virt/libvirt/failure.hpp"
#include "compute/virt/libvirt/file_access.hpp"
#include "compute/virt/libvirt/guest_power.hpp"
#include "compute/virt/libvirt/open_files.hpp"
#include "compute/virt/libvirt/xml/disk.hpp"
#include "compute/virt/libvirt/xml/snapshot.hpp"
#include "compute/virt/qcow2_chain.hpp"

namespace virga::compute::virt::libvirt {
namespace {

constexpr unsigned kSnapshotFlags = VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY | VIR_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT |
                                    VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA | VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC;

struct ReleaseSnapshot {
    void operator()(virDomainSnapshot* snapshot) const { virDomainSnapshotFree(snapshot); }
};
using SnapshotHandle = std::unique_ptr<virDomainSnapshot, ReleaseSnapshot>;

bool contains(const std::vector<std::string>& files, const std::string& file) {
    return std::find(files.begin(), files.end(), file) != files.end();
}

/// Files beneath an overlay, as the headers say.
bool stands_on(const DiskFile& overlay, const std::string& file) {
    const auto chain = backing_chain(overlay.path, overlay.format);
    return std::any_of(chain.begin(), chain.end(), [&](const ChainLink& link) { return link.path == file; });
}

/// State of the job on a disk; nullopt when there is none.
std::optional<virDomainBlockJobInfo> job_of(virDomainPtr domain, const std::string& target) {
    virDomainBlockJobInfo info{};
    if (virDomainGetBlockJobInfo(domain, target.c_str(), &info, 0) != 1) return std::nullopt;
    return info;
}

}  // namespace

void end_job(virDomainPtr domain, const std::string& target) {
    if (!job_of(domain, target)) return;
    if (virDomainBlockJobAbort(domain, target.c_str(), 0) < 0 && job_of(domain, target))
        throw last_failure("end the work on disk " + target);
}

std::optional<LiveDisks::Disk> LiveDisks::find(const std::string& server_id, const std::string& volume_id) {
    auto domain = connection_.find(server_id);
    if (!domain || !is_active(domain.get())) return std::nullopt;
    try {
        const TextHandle xml(virDomainGetXMLDesc(domain.get(), 0));
        if (!xml) throw last_failure("read a guest's definition", server_id);
        const auto defined = find_disk(xml.get(), volume_id);
        if (!defined) return std::nullopt;
        auto files = open_files(domain.get(), defined->alias);
        return Disk{std::move(domain), server_id,        defined->target,        defined->alias,
                    defined->format,   std::move(files), defined->source.empty()};
    } catch (const Error&) {
        if (!is_active(domain.get())) return std::nullopt;
        throw;
    }
}

std::vector<std::string> LiveDisks::chain(const std::string& server_id, const std::string& volume_id) {
    const auto disk = find(server_id, volume_id);
    return disk ? disk->files : std::vector<std::string>();
}

bool LiveDisks::resize(const std::string& server_id, const std::string& volume_id, std::int64_t size_bytes) {
    const auto disk = find(server_id, volume_id);
    if (!disk) return false;
    const auto size = static_cast<unsigned long long>(size_bytes);
    virDomainBlockInfo info{};
    const bool known = virDomainGetBlockInfo(disk->domain.get(), disk->target.c_str(), &info, 0) == 0;
    if (known && info.capacity >= size) return true;
    if (known && grow(*disk, size)) return true;
    const auto failure = last_failure("grow volume " + volume_id + " of server " + server_id, server_id);
    if (!is_active(disk->domain.get())) return false;
    throw failure;
}

// The size of an export is told when a connection is made, and that is made only when the disk is used.
bool LiveDisks::grow(const Disk& disk, unsigned long long size_bytes) {
    constexpr std::chrono::seconds kConnectBound{15};
    constexpr std::chrono::milliseconds kTryAgain{100};
    const auto resized = [&] {
        if (disk.exported) touch(disk.domain.get(), disk.alias);
        return virDomainBlockResize(disk.domain.get(), disk.target.c_str(), size_bytes,
                                    VIR_DOMAIN_BLOCK_RESIZE_BYTES) == 0;
    };
    const auto until = std::chrono::steady_clock::now() + kConnectBound;
    while (!resized()) {
        if (!disk.exported || std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(kTryAgain);
    }
    return true;
}

bool LiveDisks::switch_to(const std::string& server_id, const std::string& volume_id, const DiskFile& file) {
    const auto disk = find(server_id, volume_id);
    if (!disk) return false;
    const bool past =
        contains(disk->files, file.path) ||
        (!disk->files.empty() && stands_on({disk->files.front(), disk::format_of(disk->format), ""}, file.path));
    if (past) return true;
    if (disk->files.empty() || !stands_on(file, disk->files.front()))
        throw Error(ErrorCode::Conflict,
                    "the guest of server " + server_id + " has another file of volume " + volume_id +
                        " open than its snapshot stands on",
                    disk->files.empty() ? "" : disk->files.front(), server_id);
    end_job(disk->domain.get(), disk->target);
    const TextHandle xml(virDomainGetXMLDesc(disk->domain.get(), 0));
    if (!xml) throw last_failure("read a guest's definition", server_id);
    if (const auto defined = find_disk(xml.get(), volume_id)) check_same_encryption(*defined, file);
    const auto lease = connection_.secrets().lend({file});
    give_file(connection_.users().find(server_id), file.path);
    const auto snapshot = snapshot_xml(disks_of(xml.get()), disk->target, lease.files().front());
    const SnapshotHandle made(virDomainSnapshotCreateXML(disk->domain.get(), snapshot.c_str(), kSnapshotFlags));
    if (made) return true;
    const auto failure = last_failure("snapshot volume " + volume_id + " of server " + server_id, server_id);
    if (!is_active(disk->domain.get())) return false;
    throw failure;
}

void LiveDisks::await_job(const Disk& disk, const JobHooks& hooks) {
    constexpr std::chrono::seconds kProgressInterval{1};
    std::optional<virDomainBlockJobInfo> job;
    const auto over = [&] {
        job = job_of(disk.domain.get(), disk.target);
        return !job;
    };
    while (!connection_.watch().wait(kProgressInterval, over)) {
        if (hooks.cancelled && hooks.cancelled()) {
            end_job(disk.domain.get(), disk.target);
            throw Error(ErrorCode::Cancelled, "merging layers of a volume was cancelled", {}, disk.server_id);
        }
        if (hooks.progress && job)
            hooks.progress(static_cast<std::int64_t>(job->cur), static_cast<std::int64_t>(job->end));
    }
}

// A job that an earlier try began, or a host that was killed, runs on: it is joined. What counts at the end is the
// chain, not what was told of the job.
bool LiveDisks::take_out(const std::string& server_id, const std::string& volume_id, const std::string& file,
                         const JobHooks& hooks, const std::function<int(const Disk&)>& start) {
    bool started = false;
    while (true) {
        const auto disk = find(server_id, volume_id);
        if (!disk) return false;
        if (!disk->files.empty() && disk->files.front() == file)
            throw Error(ErrorCode::Conflict,
                        "the guest of server " + server_id + " still writes to a layer of volume " + volume_id +
                            " that is to be merged",
                        file, server_id);
        if (!contains(disk->files, file)) {
            // The caller removes the file next, and the emulator may still hold tables of the merged image in memory.
            flush(disk->domain.get(), disk->alias);
            return true;
        }
        if (!job_of(disk->domain.get(), disk->target)) {
            if (started)
                throw Error(ErrorCode::Internal, "merging layers of volume " + volume_id + " failed or was ended");
            if (start(*disk) < 0) {
                const auto failure = last_failure("merge layers of volume " + volume_id, server_id);
                if (!is_active(disk->domain.get())) return false;
                throw failure;
            }
            failpoint("virt.libvirt.block_job.started");
        }
        started = true;
        await_job(*disk, hooks);
        failpoint("virt.libvirt.block_job.ended");
    }
}

bool LiveDisks::commit(const std::string& server_id, const std::string& volume_id, const std::string& upper,
                       const std::string& lower, const JobHooks& hooks) {
    // Beside the layer that takes the other in, the one above is written to: its header names what it stands on.
    std::optional<OpenForMerge> open;
    return take_out(server_id, volume_id, upper, hooks, [&](const Disk& disk) {
        std::vector<std::string> written{lower};
        const auto merged = std::find(disk.files.begin(), disk.files.end(), upper);
        if (merged != disk.files.end() && merged != disk.files.begin()) written.push_back(*std::prev(merged));
        open.emplace(connection_.users().find(server_id), written);
        return virDomainBlockCommit(disk.domain.get(), disk.target.c_str(), lower.c_str(), upper.c_str(), 0,
                                    VIR_DOMAIN_BLOCK_COMMIT_RELATIVE);
    });
}

bool LiveDisks::pull(const std::string& server_id, const std::string& volume_id, const std::string& lower,
                     const std::string& below, const JobHooks& hooks) {
    return take_out(server_id, volume_id, lower, hooks, [&](const Disk& disk) {
        if (below.empty()) return virDomainBlockPull(disk.domain.get(), disk.target.c_str(), 0, 0);
        return virDomainBlockRebase(disk.domain.get(), disk.target.c_str(), below.c_str(), 0,
                                    VIR_DOMAIN_BLOCK_REBASE_RELATIVE);
    });
}

}  // namespace virga::compute::virt::libvirt
