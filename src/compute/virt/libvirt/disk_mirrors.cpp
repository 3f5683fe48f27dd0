#include "compute/virt/libvirt/disk_mirrors.hpp"

#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "compute/virt/libvirt/failure.hpp"
#include "compute/virt/libvirt/file_access.hpp"
#include "compute/virt/libvirt/guest_power.hpp"
#include "compute/virt/libvirt/live_disks.hpp"
#include "compute/virt/libvirt/open_files.hpp"

namespace virga::compute::virt::libvirt {
namespace {

/// With synchronous writes a complete mirror is the same as the disk at every instant, not just now and then. The
/// target exists, and its format is told.
constexpr unsigned kMirrorFlags =
    VIR_DOMAIN_BLOCK_COPY_REUSE_EXT | VIR_DOMAIN_BLOCK_COPY_TRANSIENT_JOB | VIR_DOMAIN_BLOCK_COPY_SYNCHRONOUS_WRITES;
constexpr std::chrono::seconds kProgressInterval{1};
constexpr std::chrono::seconds kPivotBound{60};
constexpr std::chrono::seconds kEndBound{10};

/// nullopt: the guest is gone, or has no such disk.
std::optional<DefinedDisk> look(virDomainPtr domain, const std::string& volume_id) {
    const TextHandle xml(virDomainGetXMLDesc(domain, 0));
    if (xml && is_active(domain)) return find_disk(xml.get(), volume_id);
    if (!is_active(domain)) return std::nullopt;
    throw last_failure("read a guest's definition");
}

}  // namespace

std::optional<DiskMirrors::Disk> DiskMirrors::find(const std::string& server_id, const std::string& volume_id) {
    auto domain = connection_.find(server_id);
    if (!domain || !is_active(domain.get())) return std::nullopt;
    auto defined = look(domain.get(), volume_id);
    if (!defined) return std::nullopt;
    return Disk{std::move(*defined), std::move(domain)};
}

bool DiskMirrors::has_ended(const Disk& disk) {
    try {
        open_files(disk.domain.get(), disk.alias);
        return false;
    } catch (const Error&) {
        return connection_.watch().wait(kEndBound, [&] { return !is_active(disk.domain.get()); });
    }
}

void DiskMirrors::await_ready(const Disk& disk, const DiskFile& file, const JobHooks& hooks) {
    const auto over = [&] {
        const auto now = look(disk.domain.get(), disk.serial);
        return !now || now->mirror != file.path || now->mirror_ready;
    };
    while (!connection_.watch().wait(kProgressInterval, over)) {
        if (hooks.cancelled && hooks.cancelled()) {
            end_job(disk.domain.get(), disk.target);
            throw Error(ErrorCode::Cancelled, "moving a volume was cancelled");
        }
        virDomainBlockJobInfo job{};
        if (hooks.progress && virDomainGetBlockJobInfo(disk.domain.get(), disk.target.c_str(), &job, 0) == 1)
            hooks.progress(static_cast<std::int64_t>(job.cur), static_cast<std::int64_t>(job.end));
    }
}

bool DiskMirrors::make(const std::string& server_id, const std::string& volume_id, const DiskFile& file,
                       const JobHooks& hooks) {
    bool started = false;
    while (true) {
        const auto disk = find(server_id, volume_id);
        if (!disk) return false;
        if (disk->source == file.path || (disk->mirror == file.path && disk->mirror_ready)) return true;
        if (disk->mirror != file.path) {
            if (started && has_ended(*disk)) return false;
            if (started)
                throw Error(ErrorCode::Internal, "copying volume " + volume_id + " failed or was ended", file.path,
                            server_id);
            end_job(disk->domain.get(), disk->target);
            check_same_encryption(*disk, file);
            give_file(connection_.users().find(server_id), file.path);
            const auto lease = connection_.secrets().lend({file});
            if (virDomainBlockCopy(disk->domain.get(), disk->target.c_str(), mirror_xml(lease.files().front()).c_str(),
                                   nullptr, 0, kMirrorFlags) < 0) {
                const auto failure = last_failure("copy volume " + volume_id + " of server " + server_id, server_id);
                if (has_ended(*disk)) return false;
                throw failure;
            }
            failpoint("virt.libvirt.mirror.started");
        }
        started = true;
        await_ready(*disk, file, hooks);
        failpoint("virt.libvirt.mirror.ended");
    }
}

bool DiskMirrors::pivot(const std::string& server_id, const std::string& volume_id, const DiskFile& file) {
    const auto disk = find(server_id, volume_id);
    if (!disk) return false;
    if (disk->source == file.path) return true;
    if (disk->mirror != file.path || !disk->mirror_ready) {
        if (has_ended(*disk)) return false;
        throw Error(ErrorCode::Conflict,
                    "the guest of server " + server_id + " writes to another file of volume " + volume_id +
                        " and has no complete copy of it",
                    disk->source, server_id);
    }
    failpoint("virt.libvirt.pivot.begin");
    const bool asked =
        virDomainBlockJobAbort(disk->domain.get(), disk->target.c_str(), VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT) == 0;
    const auto failure = last_failure("move server " + server_id + " to the copy of volume " + volume_id, server_id);
    std::optional<DefinedDisk> now;
    const auto over = [&] {
        now = look(disk->domain.get(), volume_id);
        return !now || now->source == file.path || now->mirror.empty();
    };
    if (!over() && asked) connection_.watch().wait(kPivotBound, over);
    if (!now || has_ended(*disk)) return false;
    if (now->source == file.path) return true;
    throw failure;
}

bool DiskMirrors::end(const std::string& server_id, const std::string& volume_id) {
    const auto disk = find(server_id, volume_id);
    if (!disk) return false;
    try {
        if (!disk->mirror.empty()) end_job(disk->domain.get(), disk->target);
        return true;
    } catch (const Error&) {
        if (has_ended(*disk)) return false;
        throw;
    }
}

}  // namespace virga::compute::virt::libvirt
