#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "rpc/nats/keys.hpp"

namespace virga::rpc::nats {

/// What a process shows to a NATS server: the signed statement (JWT) who has its key, and the key's seed.
struct Credentials {
    std::string statement;
    Secret seed;
};

/// As the file of the setting rpc.credentials.
Secret file_text(const Credentials& credentials);
/// Throws Error{InvalidInput}: it holds none.
Credentials credentials_of(std::string_view file_text);

/// What a statement says. Nothing is proved by it: the server looks at the signature.
struct Statement {
    std::string name;  ///< of the process
    std::string key;   ///< the public name of its key
    std::int64_t from_s = 0;
    std::int64_t until_s = 0;  ///< 0: for ever
};
/// Throws Error{InvalidInput}: it is none.
Statement read_statement(std::string_view text);

/// A statement of `issuer` on the one with the key `subject`. `claims` is the part of NATS itself; `until_s` is 0 for
/// ever.
std::string make_statement(const Key& issuer, const std::string& subject, const std::string& name, json::object claims,
                           std::int64_t until_s = 0);

}  // namespace virga::rpc::nats
