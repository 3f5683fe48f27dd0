#pragma once
#include <atomic>

#include "compute/service.hpp"
#include "http/http.hpp"
#include "identity/service.hpp"
#include "image/service.hpp"
#include "network/service.hpp"
#include "taskflow/runner.hpp"
#include "volume/service.hpp"

namespace virga::app {

/// What no OpenStack service has, under /virga/v1: the trace of a resource, and the comparison of the database with
/// reality.
class CloudApi {
public:
    CloudApi(db::Database& database, identity::Service& identity, image::Service& images, volume::Service& volumes,
             network::Service& networks, compute::Service& compute, taskflow::Runner& runner,
             std::size_t most_followers)
        : database_(database),
          identity_(identity),
          images_(images),
          volumes_(volumes),
          networks_(networks),
          compute_(compute),
          runner_(runner),
          most_followers_(most_followers) {}

    void register_routes(http::Router& router);

private:
    /// {"resource", "progress", "flows": [{id, kind, state, started_us, ended_us, failure, progress, tasks: [...],
    /// children: [...]}], "version"}; the flows of another project are not shown: 404 when none is left. `progress`:
    /// {percent, done_bytes, total_bytes} of the copying that runs now, or null.
    ///
    /// With ?wait=SECONDS&unless=VERSION the answer comes when it is another one than the caller has ("version" of the
    /// last answer), or when the time is over; at once when too many wait already.
    http::Response trace(http::Request& request, const identity::Auth& auth);
    json::object trace_view(const std::string& resource, const identity::Auth& auth);
    /// {"differences": ["..."]}
    http::Response check();
    http::Response differences();
    /// `whole`: with what tells of hosts, files and failures.
    json::object flow_view(db::Transaction& tx, const taskflow::FlowRecord& flow, bool whole);

    db::Database& database_;
    identity::Service& identity_;
    image::Service& images_;
    volume::Service& volumes_;
    network::Service& networks_;
    compute::Service& compute_;
    taskflow::Runner& runner_;
    std::size_t most_followers_;
    std::atomic<std::size_t> followers_{0};
};

}  // namespace virga::app
