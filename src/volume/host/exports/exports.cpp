#include "volume/host/exports/exports.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "base/scope_exit.hpp"
#include "base/small_file.hpp"
#include "disk/disk.hpp"
#include "disk/file.hpp"

namespace virga::volume::host {
namespace {

constexpr int kTryAgain_ms = 5'000;
constexpr const char* kRecord = ".json";

json::array to_json(const std::vector<ExportedFile>& files) {
    json::array list;
    for (const auto& file : files) list.push_back(json::object{{"path", file.path}, {"format", file.format}});
    return list;
}

ExportedVolume volume_in(const json::object& record) {
    ExportedVolume volume{get_string(record, "volume"), {}, {}};
    for (const auto& file : get_objects(record, "files"))
        volume.files.push_back({get_string(file, "path"), get_string(file, "format")});
    for (auto& host : get_strings(record, "hosts")) volume.hosts.insert(std::move(host));
    return volume;
}

bool is_less(const std::set<std::string>& now, const std::set<std::string>& before) {
    return !std::includes(now.begin(), now.end(), before.begin(), before.end());
}

}  // namespace

Exports::Entry::~Entry() {
    if (handle >= 0) ::close(handle);
}

Exports::Exports(ExportOptions options) : options_(std::move(options)), wake_(::eventfd(0, EFD_CLOEXEC)) {
    std::filesystem::create_directories(options_.folder);
    ::chmod(options_.folder.c_str(), 0700);
    read_records();
    watcher_ = std::thread([this] { watch(); });
}

Exports::~Exports() {
    stopping_ = true;
    wake();
    watcher_.join();
    ::close(wake_);
}

void Exports::read_records() {
    for (const auto& file : folder_entries(options_.folder)) {
        if (!file.ends_with(kRecord)) continue;
        try {
            const auto record = parse_object(disk::read_file(options_.folder + "/" + file));
            auto entry = std::make_shared<Entry>();
            entry->backend = get_string(record, "backend");
            entry->port = get_int(record, "port");
            entry->volume = volume_in(record);
            entry->name = entry->volume.name;
            entry->process = RunningProcess::from_json(get_object(record, "process"));
            entry->handle = entry->process.open();
            if (record_of(entry->port) != options_.folder + "/" + file || entry->volume.files.empty())
                throw Error(ErrorCode::Corrupt, "it names another port, or no files");
            by_port_[entry->port] = entry;
        } catch (const Error& failure) {
            log::error("the record of an export can't be read", {{"file", file}, {"error", failure.message()}});
        }
    }
}

std::string Exports::record_of(std::int64_t port) const {
    return options_.folder + "/" + std::to_string(port) + kRecord;
}

ExportPlace Exports::place_of(const Entry& entry) const {
    return {options_.address, entry.port, options_.tls_folder,
            options_.folder + "/" + std::to_string(entry.port) + ".qmp"};
}

void Exports::save(const Entry& entry) const {
    json::array hosts;
    for (const auto& host : entry.volume.hosts) hosts.emplace_back(host);
    const json::object record{{"backend", entry.backend},
                              {"volume", entry.name},
                              {"port", entry.port},
                              {"hosts", std::move(hosts)},
                              {"files", to_json(entry.volume.files)},
                              {"process", entry.process.to_json()}};
    disk::write_file_atomically(record_of(entry.port), json::serialize(record));
}

Exports::EntryPtr Exports::find(const std::string& backend, const std::string& volume) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [port, entry] : by_port_)
        if (entry->backend == backend && entry->name == volume) return entry;
    return nullptr;
}

Exports::EntryPtr Exports::make(const std::string& backend, const std::string& volume) {
    if (auto found = find(backend, volume)) return found;
    const std::lock_guard lock(mutex_);
    for (auto port = options_.first_port; port <= options_.last_port; ++port) {
        if (by_port_.contains(port) || !is_port_free(options_.address, port)) continue;
        auto entry = std::make_shared<Entry>();
        entry->backend = backend;
        entry->name = volume;
        entry->port = port;
        return by_port_[port] = entry;
    }
    throw Error(ErrorCode::NoSpace,
                "No more volumes of this host can be used on others: all ports of its setting host.export_ports are "
                "taken.",
                {}, volume);
}

void Exports::forget(const EntryPtr& entry) {
    disk::remove_file(record_of(entry->port));
    const std::lock_guard lock(mutex_);
    by_port_.erase(entry->port);
}

// The record names the process before that does anything: a kill of this process leaves none that isn't known. It names
// the files before they are written to: whoever starts the export anew starts it with them, never with those of before.
void Exports::start(Entry& entry) {
    const auto before = std::exchange(entry.process, {});
    try {
        save(entry);
        start_export(place_of(entry), entry.volume, [&](const RunningProcess& process) {
            entry.process = process;
            save(entry);
            failpoint("volume.exports.start.recorded");
        });
    } catch (const Error&) {
        entry.process = before;  // it has ended, which the watcher sees
        throw;
    }
    failpoint("volume.exports.start.started");
    entry.answers = true;
    if (entry.handle >= 0) ::close(entry.handle);
    entry.handle = entry.process.open();
    wake();
    log::info("volume is exported", {{"volume", entry.name}, {"port", entry.port}, {"pid", entry.process.pid}});
}

void Exports::restart(Entry& entry, const std::function<std::vector<ExportedFile>()>& work) {
    end_export(place_of(entry), entry.process);
    failpoint("volume.exports.restart.ended");
    try {
        entry.volume.files = work();
    } catch (const Error&) {
        start_again(entry);
        throw;
    }
    start(entry);
}

// One that an earlier process recorded and was killed before it let it begin is about to end.
void Exports::adopt(Entry& entry) {
    if (entry.answers || !entry.process.is_alive()) return;
    try {
        set_export_hosts(place_of(entry), entry.volume, false);
        entry.answers = true;
    } catch (const Error& failure) {
        log::warning("an export doesn't answer and is started again",
                     {{"volume", entry.name}, {"port", entry.port}, {"error", failure.message()}});
        entry.process.kill();
    }
}

void Exports::stop(Entry& entry) {
    entry.ended = true;
    end_export(place_of(entry), entry.process);
}

json::object Exports::set(const std::string& backend, const ExportedVolume& volume) {
    const auto entry = make(backend, volume.name);
    const ScopeExit watch_it([this] { wake(); });  // when the entry can be locked again
    const std::lock_guard lock(entry->mutex);
    const auto before = std::exchange(entry->volume, volume);
    try {
        adopt(*entry);
        if (!entry->process.is_alive()) {
            start(*entry);
        } else if (before.files != volume.files) {
            restart(*entry, [&] { return volume.files; });
        } else if (before.hosts != volume.hosts) {
            set_export_hosts(place_of(*entry), volume, is_less(volume.hosts, before.hosts));
            save(*entry);
        }
    } catch (const Error&) {
        entry->volume.hosts = before.hosts;
        undo(entry);
        throw;
    }
    return {{"host", options_.address}, {"port", entry->port}, {"export", volume.name}};
}

Exports::EntryPtr Exports::need(const std::string& backend, const std::string& volume) const {
    if (auto found = find(backend, volume)) return found;
    throw Error(ErrorCode::NotFound, "volume " + volume + " is not exported", {}, volume);
}

void Exports::interrupt(const std::string& backend, const std::string& volume,
                        const std::function<std::vector<ExportedFile>()>& work) {
    const auto entry = need(backend, volume);
    const ScopeExit watch_it([this] { wake(); });
    const std::lock_guard lock(entry->mutex);
    restart(*entry, work);
}

void Exports::pull(const std::string& backend, const std::string& volume, const std::string& below, const Call& call) {
    const auto entry = need(backend, volume);
    std::unique_lock lock(entry->mutex);
    const auto exported = entry->volume;
    lock.unlock();  // it may take long, and changes nothing that is on record
    pull_layer(place_of(*entry), exported, below, call);
}

// What was exported before stays on record, so that a repeat sees what is left to do.
void Exports::undo(const EntryPtr& entry) {
    if (!entry->volume.hosts.empty()) return save(*entry);
    stop(*entry);
    forget(entry);
}

void Exports::end(const std::string& backend, const std::string& volume) {
    const auto entry = find(backend, volume);
    if (!entry) return;
    const std::lock_guard lock(entry->mutex);
    stop(*entry);
    failpoint("volume.exports.end.ended");
    forget(entry);
    log::info("volume is exported no more", {{"volume", volume}, {"port", entry->port}});
}

bool Exports::has(const std::string& backend, const std::string& volume) const {
    return find(backend, volume) != nullptr;
}

std::vector<Exports::EntryPtr> Exports::all() const {
    const std::lock_guard lock(mutex_);
    std::vector<EntryPtr> list;
    for (const auto& [port, entry] : by_port_) list.push_back(entry);
    return list;
}

std::vector<std::string> Exports::of_backend(const std::string& backend) const {
    std::vector<std::string> names;
    for (const auto& entry : all())
        if (entry->backend == backend) names.push_back(entry->name);
    return names;
}

std::map<std::string, std::vector<std::string>> Exports::running(const std::string& backend) const {
    std::map<std::string, std::vector<std::string>> hosts;
    for (const auto& entry : all()) {
        const std::lock_guard lock(entry->mutex);
        if (entry->backend == backend && !entry->ended && entry->process.is_alive())
            hosts[entry->name].assign(entry->volume.hosts.begin(), entry->volume.hosts.end());
    }
    return hosts;
}

// A process is on record before it is of that kind, so it is looked for first.
std::vector<RunningProcess> Exports::strays(const std::string& folder) const {
    auto found = export_processes(folder);
    for (const auto& entry : all()) {
        const std::lock_guard lock(entry->mutex);
        std::erase_if(found, [&](const RunningProcess& one) { return one.pid == entry->process.pid; });
    }
    std::erase_if(found, [](const RunningProcess& one) { return !one.is_alive(); });
    return found;
}

void Exports::wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto ignored = ::write(wake_, &one, sizeof one);
}

// True: it runs, or is to run no more. Whoever works on it now sees to that himself.
bool Exports::revive(const EntryPtr& entry) {
    const std::unique_lock lock(entry->mutex, std::try_to_lock);
    if (!lock.owns_lock()) return false;
    if (entry->ended || entry->process.pid == 0 || entry->process.is_alive()) return true;
    log::warning("an export has ended by itself and is started again",
                 {{"volume", entry->name}, {"port", entry->port}, {"pid", entry->process.pid}});
    return start_again(*entry);
}

bool Exports::start_again(Entry& entry) {
    try {
        start(entry);
        return true;
    } catch (const Error& failure) {
        log::error(
            "a volume can't be exported again",
            {{"volume", entry.name}, {"port", entry.port}, {"error", failure.message()}, {"detail", failure.detail()}});
        return false;
    }
}

void Exports::watch() {
    while (!stopping_) {
        std::vector<pollfd> fds{{wake_, POLLIN, 0}};
        std::vector<EntryPtr> watched;
        bool all_run = true;
        for (auto& entry : all()) {
            const std::unique_lock lock(entry->mutex, std::try_to_lock);
            const bool runs = lock.owns_lock() && entry->handle >= 0 && entry->process.is_alive();
            all_run = all_run && runs;
            if (!runs) continue;
            fds.push_back({entry->handle, POLLIN, 0});
            watched.push_back(std::move(entry));
        }
        ::poll(fds.data(), fds.size(), all_run ? -1 : kTryAgain_ms);
        std::uint64_t count = 0;
        if (fds.front().revents != 0) [[maybe_unused]]
            const auto ignored = ::read(wake_, &count, sizeof count);
        if (stopping_) return;
        for (const auto& entry : all()) revive(entry);
    }
}

}  // namespace virga::volume::host
