#include "taskflow/repo/lease_repo.hpp"

namespace virga::taskflow::repo {
namespace {

/// Of now, not of the beginning of a transaction that had to wait.
const std::string kNow = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)";

}  // namespace

void add_lease(db::Transaction& tx, const std::string& id) {
    tx.exec("INSERT INTO replicas (id, beat_us) VALUES (?, " + kNow + ")", {id});
}

bool beat(db::Transaction& tx, const std::string& id) {
    return tx.exec("UPDATE replicas SET beat_us = " + kNow + " WHERE id = ?", {id}) > 0;
}

bool has_lease(db::Transaction& tx, const std::string& id) {
    return tx.query_one("SELECT id FROM replicas WHERE id = ?", {id}).has_value();
}

void end_lease(db::Transaction& tx, const std::string& id) {
    tx.exec("DELETE FROM replicas WHERE id = ?", {id});
}

bool any_expired(db::Transaction& tx, std::int64_t age_us) {
    return tx.query_one("SELECT id FROM replicas WHERE beat_us < " + kNow + " - ? LIMIT 1", {age_us}).has_value();
}

void end_expired(db::Transaction& tx, std::int64_t age_us) {
    tx.exec("DELETE FROM replicas WHERE beat_us < " + kNow + " - ?", {age_us});
}

}  // namespace virga::taskflow::repo
