#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "db/database.hpp"

/// SQL of which hosts that run servers there are, and, on a shared database, when any process last heard them.
namespace virga::compute::repo {

/// Since when a host that nobody hears is down.
inline constexpr std::int64_t kSilence_us = 4'000'000;

struct Presence {
    std::string host;
    json::object report;    ///< what it last said of itself
    bool is_heard = false;  ///< by some process; always false on a database of one
};

/// What the host says of itself. Its being heard is another matter.
void save_report(db::Transaction& tx, const std::string& host, const json::object& report);
/// By name.
std::vector<Presence> presences(db::Transaction& tx, bool is_shared);

// Of a shared database:

/// Those of `hosts` of which nobody has said for a second that they are heard.
std::vector<std::string> hosts_to_tell_of(db::Transaction& tx, const std::vector<std::string>& hosts);
/// They are heard now, and up.
void note_heard(db::Transaction& tx, const std::vector<std::string>& hosts);
/// Whether note_silent() would change something.
bool has_silent(db::Transaction& tx);
/// Whom nobody hears is down.
void note_silent(db::Transaction& tx);

}  // namespace virga::compute::repo
