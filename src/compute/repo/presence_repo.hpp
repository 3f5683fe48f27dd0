#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "db/database.hpp"

/// SQL of which hosts that run servers there are, and, on a shared database, which process hears them.
namespace virga::compute::repo {

/// Without a beat for so long, what a process hears doesn't count.
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

// Of a shared database. `control` is a process, by a name that it alone has:

/// It is there. False: it is new here, or was held for dead, and what it heard until then was forgotten.
bool beat(db::Transaction& tx, const std::string& control);
/// What is on record that it hears, in no order.
std::vector<std::string> heard_by(db::Transaction& tx, const std::string& control);
/// It hears these from now on, and they are up.
void note_heard(db::Transaction& tx, const std::string& control, const std::vector<std::string>& hosts);
/// It hears them no more. Whether they are down is another matter.
void note_lost(db::Transaction& tx, const std::string& control, const std::vector<std::string>& hosts);
/// Whether align_states() would change something.
bool has_wrong_state(db::Transaction& tx);
/// Whom nobody hears is down, and whom somebody hears is up.
void align_states(db::Transaction& tx);
/// Processes without a beat for a minute.
std::vector<std::string> dead_hearers(db::Transaction& tx);
/// What one of those has heard is forgotten.
void forget_hearer(db::Transaction& tx, const std::string& control);

}  // namespace virga::compute::repo
