#include "taskflow/repo/lease_repo.hpp"

#include "db/server_clock.hpp"

namespace virga::taskflow::repo {

using db::kServerNow_us;

void add_lease(db::Transaction& tx, const std::string& id) {
    tx.exec("INSERT INTO replicas (id, beat_us) VALUES (?, " + kServerNow_us + ")", {id});
}

bool beat(db::Transaction& tx, const std::string& id) {
    return tx.exec("UPDATE replicas SET beat_us = " + kServerNow_us + " WHERE id = ?", {id}) > 0;
}

bool has_lease(db::Transaction& tx, const std::string& id) {
    return tx.query_one("SELECT id FROM replicas WHERE id = ?", {id}).has_value();
}

void end_lease(db::Transaction& tx, const std::string& id) {
    tx.exec("DELETE FROM replicas WHERE id = ?", {id});
}

bool any_expired(db::Transaction& tx, std::int64_t age_us) {
    return tx.query_one("SELECT id FROM replicas WHERE beat_us < " + kServerNow_us + " - ? LIMIT 1", {age_us})
        .has_value();
}

void end_expired(db::Transaction& tx, std::int64_t age_us) {
    tx.exec("DELETE FROM replicas WHERE beat_us < " + kServerNow_us + " - ?", {age_us});
}

}  // namespace virga::taskflow::repo
