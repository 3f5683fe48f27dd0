#include "compute/virt/libvirt/dead_guests.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <pugixml.hpp>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/scope_exit.hpp"
#include "base/small_file.hpp"

namespace virga::compute::virt::libvirt {
namespace {

constexpr int kKillBoundMs = 5000;

/// One running guest as <root>/run/qemu/<name>.xml records it.
struct Record {
    std::string name;
    std::string reason;
    int pid = 0;
    std::string lib_folder;
};

void need_exclusive(const std::string& run_folder) {
    const int fd = ::open((run_folder + "/driver.pid").c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;  // it was never open
    const ScopeExit close([&] { ::close(fd); });
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    if (::fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK && lock.l_pid != ::getpid())
        throw Error(ErrorCode::Unavailable, "process " + std::to_string(lock.l_pid) +
                                                " has the hypervisor of this state folder open: end it first");
}

Record read_record(const std::string& text) {
    pugi::xml_document document;
    document.load_string(text.c_str());  // what can't be read names no process, and counts as dead
    const auto status = document.child("domstatus");
    return {status.child("domain").child_value("name"), status.attribute("reason").value(),
            status.attribute("pid").as_int(), status.child("libDir").attribute("path").value()};
}

// A number alone may belong to anybody by now: only an emulator started for this guest counts.
bool is_emulator_of(int pid, const std::string& name) {
    if (pid <= 1 || name.empty()) return false;
    const auto command = read_small_file("/proc/" + std::to_string(pid) + "/cmdline");
    return command && command->find("guest=" + name + ",") != std::string::npos;
}

int find_emulator(const std::string& run_folder, const Record& record) {
    if (is_emulator_of(record.pid, record.name)) return record.pid;
    const auto text = read_small_file(run_folder + "/" + record.name + ".pid").value_or("");
    const int pid = std::atoi(text.c_str());
    return is_emulator_of(pid, record.name) ? pid : 0;
}

void end_process(int pid) {
    const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (handle < 0) return;  // gone
    const ScopeExit close([&] { ::close(handle); });
    ::kill(pid, SIGKILL);
    pollfd ended{handle, POLLIN, 0};
    ::poll(&ended, 1, kKillBoundMs);
}

void remove_record(const std::string& root, const std::string& run_folder, const std::string& file,
                   const Record& record) {
    ::unlink((run_folder + "/" + file).c_str());
    if (!record.name.empty()) ::unlink((run_folder + "/" + record.name + ".pid").c_str());
    std::error_code ignored;  // only sockets of a dead process are in there
    if (record.lib_folder.starts_with(root + "/lib/qemu/domain-"))
        std::filesystem::remove_all(record.lib_folder, ignored);
}

void look_at(const std::string& root, const std::string& run_folder, const std::string& file) {
    const auto record = read_record(read_small_file(run_folder + "/" + file).value_or(""));
    const int pid = find_emulator(run_folder, record);
    const bool incomplete = record.reason == "starting up" || record.pid == 0;
    if (pid > 0 && !incomplete) return;
    if (pid > 0) end_process(pid);
    remove_record(root, run_folder, file, record);
    log::info("guest of an earlier process is not running any more", {{"guest", record.name}, {"pid", pid}});
}

}  // namespace

void forget_dead_guests(const std::string& root) {
    const auto run_folder = root + "/run/qemu";
    need_exclusive(run_folder);
    for (const auto& file : folder_entries(run_folder))
        if (file.ends_with(".xml")) look_at(root, run_folder, file);
}

}  // namespace virga::compute::virt::libvirt
