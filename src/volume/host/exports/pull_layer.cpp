#include <chrono>
#include <optional>
#include <string>
#include <thread>

#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "volume/host/drivers/driver.hpp"
#include "volume/host/exports/export_daemon.hpp"
#include "volume/host/exports/qmp.hpp"

namespace virga::volume::host {
namespace {

/// Long: while it merges, on a disk that is busy, it may not look at anything else for many seconds.
constexpr std::chrono::seconds kAnswerBound{60};
constexpr std::chrono::milliseconds kLookAgain{100};
constexpr const char* kJob = "pull";

std::optional<json::object> find_job(Qmp& qmp) {
    const auto jobs = qmp.run("query-jobs");
    for (const auto& job : jobs.as_array())
        if (get_string(job.as_object(), "id") == kJob) return job.as_object();
    return std::nullopt;
}

// It stays known when it has ended, so that its result isn't lost with a process of ours.
void begin(Qmp& qmp, const ExportedVolume& volume, const std::string& below) {
    json::object arguments{{"job-id", kJob}, {"device", disk_node(0)}, {"auto-dismiss", false}};
    if (volume.files.size() > 2) {
        arguments["base-node"] = disk_node(2);
        arguments["backing-file"] = below;
    }
    qmp.run("block-stream", arguments);
    failpoint("volume.exports.pull.begun");
}

void check_result(const json::object& job, bool cancelled) {
    const auto failure = get_string(job, "error");
    if (failure.empty()) return;
    if (cancelled) throw Error(ErrorCode::Cancelled, "merging layers of a volume was cancelled");
    throw Error(ErrorCode::Internal, "layers of an exported volume could not be merged", failure);
}

}  // namespace

void pull_layer(const ExportPlace& place, const ExportedVolume& volume, const std::string& below, const Call& call) {
    Qmp qmp(place.monitor, kAnswerBound);
    if (!find_job(qmp)) begin(qmp, volume, below);
    bool cancelled = false;
    while (const auto job = find_job(qmp)) {
        if (get_string(*job, "status") == "concluded") {
            qmp.run("job-dismiss", {{"id", kJob}});
            return check_result(*job, cancelled);
        }
        if (call.progress) call.progress(get_int(*job, "current-progress"), get_int(*job, "total-progress"));
        if (!cancelled && call.cancelled && call.cancelled()) {
            cancelled = true;
            qmp.run("job-cancel", {{"id", kJob}});
        }
        std::this_thread::sleep_for(kLookAgain);
    }
    throw Error(ErrorCode::Internal, "layers of an exported volume could not be merged", "the job is gone");
}

}  // namespace virga::volume::host
