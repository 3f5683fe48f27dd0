#pragma once
#include <libpq-fe.h>

#include <string>
#include <string_view>

namespace virga::db::postgresql {

/// What a failed statement means for who wanted it.
enum class FailureKind {
    Conflict,   ///< a unique constraint
    RunAgain,   ///< the same transaction may work now: a deadlock, a serialization failure
    Prepare,    ///< the same, after statements are prepared again: the schema has changed, or a pooler was in between
    Lost,       ///< there is no connection any more
    Cancelled,  ///< by us
    DiskFull,   ///< of the server
    BadText,    ///< text that is no UTF-8
    Other,
};

FailureKind classify(std::string_view sqlstate);
std::string sqlstate_of(const PGresult* result);
/// For the log: without the values that were bound, which may be secrets.
std::string describe(const PGresult* result, std::string_view sql);

}  // namespace virga::db::postgresql
