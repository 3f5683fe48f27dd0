#pragma once
#include <chrono>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "compute/flows/flows.hpp"

/// Which hosts run servers, as all control processes of a database agree. Each hears its own picture of the hosts; a
/// host is up as long as any of them hears it.
namespace virga::compute::flows {

/// How often a process of a shared database says that it is there: see HostHearing::tell.
inline constexpr std::chrono::milliseconds kTellOfHosts{1'000};

/// What this process tells the others of the hosts that it hears. Only changes are written: there may be ten thousand
/// hosts. Safe for use by several threads.
class HostHearing {
public:
    explicit HostHearing(Dependencies& d) : d_(d) {}

    /// What the host says of itself is kept for when it is away, and for processes that it isn't connected to.
    void keep_report(const std::string& host, const json::object& report);
    /// Says that this process is there, which hosts it hears that it didn't before and the other way round; brings the
    /// states of all hosts in line with what all say. On a shared database only. Doesn't throw.
    void tell();

private:
    void tell_changes();
    void tell_what_is_heard();
    void note(const std::vector<std::string>& hosts,
              void (*change)(db::Transaction&, const std::string&, const std::vector<std::string>&));

    Dependencies& d_;
    const std::string control_ = new_uuid();
    std::mutex mutex_;  ///< also while they are written
    std::set<std::string> told_;
    bool is_in_doubt_ = true;  ///< whether what is on record is `told_`: a commit may have failed and be there
};

/// Hosts that run servers, by name: as this process sees them or as was last said of them. One that is away doesn't
/// answer.
std::vector<rpc::HostState> all_compute_hosts(Dependencies& d);

}  // namespace virga::compute::flows
