#pragma once
#include <string>

namespace virga::db {

/// SQL of the time in microseconds as the server of a shared database sees it, which no clock of a process is compared
/// with: of now, not of the beginning of a transaction that had to wait. PostgreSQL's.
inline const std::string kServerNow_us = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)";

}  // namespace virga::db
