#include "db/postgresql/failure.hpp"

#include <array>
#include <utility>

namespace virga::db::postgresql {
namespace {

std::string field(const PGresult* result, int code) {
    const char* text = PQresultErrorField(result, code);
    return text == nullptr ? "" : text;
}

}  // namespace

/// PostgreSQL manual, appendix A.
FailureKind classify(std::string_view sqlstate) {
    constexpr std::array<std::pair<std::string_view, FailureKind>, 18> kinds{{
        {"23", FailureKind::Conflict},      // integrity constraint violation
        {"40001", FailureKind::RunAgain},   // serialization_failure
        {"40P01", FailureKind::RunAgain},   // deadlock_detected
        {"55P03", FailureKind::RunAgain},   // lock_not_available
        {"0A000", FailureKind::Prepare},    // cached plan must not change result type
        {"26000", FailureKind::Prepare},    // invalid_sql_statement_name
        {"42P05", FailureKind::Prepare},    // duplicate_prepared_statement
        {"08", FailureKind::Lost},          // connection exception
        {"57P", FailureKind::Lost},         // the server is stopped or starts
        {"53300", FailureKind::Lost},       // too_many_connections
        {"25006", FailureKind::Lost},       // read_only_sql_transaction: it is a standby now
        {"25P03", FailureKind::Lost},       // idle_in_transaction_session_timeout
        {"57014", FailureKind::Cancelled},  // query_canceled
        {"53100", FailureKind::DiskFull},   // disk_full
        {"58030", FailureKind::DiskFull},   // io_error
        {"22021", FailureKind::BadText},    // character_not_in_repertoire
        {"22P05", FailureKind::BadText},    // untranslatable_character
        {"25P02", FailureKind::Other},      // in_failed_sql_transaction
    }};
    // Not the server's word, but that of libpq, which could not talk to it.
    if (sqlstate.empty()) return FailureKind::Lost;
    for (const auto& [prefix, kind] : kinds) {
        if (sqlstate.starts_with(prefix)) return kind;
    }
    return FailureKind::Other;
}

std::string sqlstate_of(const PGresult* result) {
    return field(result, PG_DIAG_SQLSTATE);
}

std::string describe(const PGresult* result, std::string_view sql) {
    const auto state = sqlstate_of(result);
    auto text = "SQLSTATE " + state;
    // Messages of data exceptions quote the value.
    if (!state.starts_with("22")) text += ": " + field(result, PG_DIAG_MESSAGE_PRIMARY);
    if (!sql.empty()) text += " in: " + std::string(sql);
    return text;
}

}  // namespace virga::db::postgresql
