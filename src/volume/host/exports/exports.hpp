#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "volume/host/exports/export_daemon.hpp"

namespace virga::volume::host {

struct Call;

struct ExportOptions {
    std::string host;        ///< this one's name
    std::string address;     ///< by which others reach it
    std::string tls_folder;  ///< its certificates
    std::string folder;      ///< of the records; made when missing
    std::int64_t first_port = 0;
    std::int64_t last_port = 0;
};

/// The volumes of this host that others reach, each by a process of its own. Processes and their ports outlive this
/// object and this process: a new one finds them by its records, and starts those that have ended. One that ends is
/// started again at once. Thread-safe; calls for one volume come one at a time.
class Exports {
public:
    /// Reads the records, and takes over what runs. Starts nothing.
    explicit Exports(ExportOptions options);
    ~Exports();
    Exports(const Exports&) = delete;
    Exports& operator=(const Exports&) = delete;

    const std::string& own_host() const { return options_.host; }
    /// Has the volume exported, to its hosts and to no others: one that was let in before is thrown out. When the files
    /// are others than before, a new process opens them, and what the old one had written is in the old ones. Gives
    /// {host, port, export} to connect to. Throws Error{NoSpace} without a free port, Error{Unavailable} when the
    /// process can't be started; then the hosts are those of before. `backend` and the volume's name are its name here.
    json::object set(const std::string& backend, const ExportedVolume& volume);
    /// Calls `work` while the volume, which is exported, isn't: no process has its files open, and no request is under
    /// way. It gives the files from then on. Clients connect again. Throws what `work` throws, with the files as they
    /// were, and Error{Unavailable} when the process can't be started; then that is tried again and again.
    void interrupt(const std::string& backend, const std::string& volume,
                   const std::function<std::vector<ExportedFile>()>& work);
    /// Copies what the second file of the exported volume holds into the first one, which stands on the third one
    /// afterwards, by the name `below`; without a third one on nothing. Clients notice nothing. One that an earlier
    /// process began is joined. Throws Error{Cancelled}, Error{Internal}; then the files read as before.
    void pull(const std::string& backend, const std::string& volume, const std::string& below, const Call& call);
    /// Ends it when all is written; success when there is none.
    void end(const std::string& backend, const std::string& volume);
    bool has(const std::string& backend, const std::string& volume) const;
    /// The volumes of a backend that are exported.
    std::vector<std::string> of_backend(const std::string& backend) const;
    /// The hosts that are let in, by volume of a backend whose process runs.
    std::map<std::string, std::vector<std::string>> running(const std::string& backend) const;
    /// Processes that export files of the folder, and that no record names.
    std::vector<RunningProcess> strays(const std::string& folder) const;

private:
    struct Entry {
        // These never change.
        std::string backend;
        std::string name;
        std::int64_t port = 0;

        std::mutex mutex;  ///< of what follows
        ExportedVolume volume;
        RunningProcess process;
        bool answers = false;  ///< it was started, or has answered, since this object was made
        bool ended = false;
        int handle = -1;  ///< readable when the process has ended

        ~Entry();
    };
    using EntryPtr = std::shared_ptr<Entry>;

    void read_records();
    EntryPtr find(const std::string& backend, const std::string& volume) const;
    EntryPtr need(const std::string& backend, const std::string& volume) const;
    EntryPtr make(const std::string& backend, const std::string& volume);
    void forget(const EntryPtr& entry);
    void save(const Entry& entry) const;
    void start(Entry& entry);
    void restart(Entry& entry, const std::function<std::vector<ExportedFile>()>& work);
    void adopt(Entry& entry);
    void stop(Entry& entry);
    void undo(const EntryPtr& entry);
    ExportPlace place_of(const Entry& entry) const;
    std::string record_of(std::int64_t port) const;
    void watch();
    bool revive(const EntryPtr& entry);
    bool start_again(Entry& entry);
    std::vector<EntryPtr> all() const;
    void wake() const;

    const ExportOptions options_;
    mutable std::mutex mutex_;
    std::map<std::int64_t, EntryPtr> by_port_;
    int wake_ = -1;
    std::atomic<bool> stopping_{false};
    std::thread watcher_;
};

}  // namespace virga::volume::host
