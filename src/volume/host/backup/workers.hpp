#pragma once
#include <atomic>
#include <functional>

namespace virga::volume::host::backup {

/// How many threads work on one backup: one more than there are processors, so that one can wait for the disk.
std::size_t worker_count();

/// Runs `work` on several threads at once and waits for all. The first that throws sets `stop`, which the others look
/// at between two chunks; what it threw is thrown again here.
void run_workers(std::size_t count, const std::function<void(const std::atomic<bool>& stop)>& work);

}  // namespace virga::volume::host::backup
