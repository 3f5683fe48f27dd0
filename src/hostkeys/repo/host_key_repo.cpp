#include "hostkeys/repo/host_key_repo.hpp"

#include "hostkeys/service.hpp"

namespace virga::hostkeys {

const std::vector<db::Migration>& migrations() {
    static const std::vector<db::Migration> steps{
        {"hostkeys",
         1,
         {
             "CREATE TABLE host_keys (host TEXT PRIMARY KEY, public_key TEXT NOT NULL, joined_us BIGINT NOT NULL,"
             " valid_until_us BIGINT NOT NULL, revoked_us BIGINT NOT NULL, token_hash TEXT NOT NULL,"
             " token_until_us BIGINT NOT NULL)",
         }},
    };
    return steps;
}

}  // namespace virga::hostkeys

namespace virga::hostkeys::repo {
namespace {

HostKey key_of(const db::Row& row) {
    return {row.text("host"),         row.text("public_key"),
            row.number("joined_us"),  row.number("valid_until_us"),
            row.number("revoked_us"), row.number("token_until_us")};
}

std::optional<HostKey> optional_key(const std::optional<db::Row>& row) {
    if (!row) return std::nullopt;
    return key_of(*row);
}

}  // namespace

std::vector<HostKey> host_keys(db::Transaction& tx) {
    std::vector<HostKey> keys;
    for (const auto& row : tx.query("SELECT * FROM host_keys ORDER BY host")) keys.push_back(key_of(row));
    return keys;
}

std::optional<HostKey> find_host(db::Transaction& tx, const std::string& host) {
    return optional_key(tx.query_one("SELECT * FROM host_keys WHERE host = ?", {host}));
}

std::optional<HostKey> find_key(db::Transaction& tx, const std::string& public_key) {
    return optional_key(tx.query_one("SELECT * FROM host_keys WHERE public_key = ?", {public_key}));
}

std::vector<std::string> revoked_hosts(db::Transaction& tx) {
    std::vector<std::string> hosts;
    for (const auto& row : tx.query("SELECT host FROM host_keys WHERE revoked_us > 0"))
        hosts.push_back(row.text("host"));
    return hosts;
}

void put_token(db::Transaction& tx, const std::string& host, const std::string& token_hash, TimestampUs until_us) {
    tx.exec(
        "INSERT INTO host_keys (host, public_key, joined_us, valid_until_us, revoked_us, token_hash, token_until_us)"
        " VALUES (?, '', 0, 0, 0, ?, ?)"
        " ON CONFLICT (host) DO UPDATE SET token_hash = excluded.token_hash, token_until_us = excluded.token_until_us",
        {host, token_hash, until_us});
}

std::optional<HostKey> find_token(db::Transaction& tx, const std::string& token_hash, TimestampUs now_us) {
    return optional_key(
        tx.query_one("SELECT * FROM host_keys WHERE token_hash = ? AND token_until_us > ?", {token_hash, now_us}));
}

void put_key(db::Transaction& tx, const HostKey& key) {
    tx.exec(
        "UPDATE host_keys SET public_key = ?, joined_us = ?, valid_until_us = ?, revoked_us = 0, token_hash = '',"
        " token_until_us = 0 WHERE host = ?",
        {key.public_key, key.joined_us, key.valid_until_us, key.host});
}

void set_valid_until(db::Transaction& tx, const std::string& host, TimestampUs until_us) {
    tx.exec("UPDATE host_keys SET valid_until_us = ? WHERE host = ?", {until_us, host});
}

bool revoke(db::Transaction& tx, const std::string& host, TimestampUs now_us) {
    return tx.exec("UPDATE host_keys SET revoked_us = ?, token_hash = '', token_until_us = 0 WHERE host = ?",
                   {now_us, host}) == 1;
}

}  // namespace virga::hostkeys::repo
