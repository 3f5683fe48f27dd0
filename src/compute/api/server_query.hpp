#pragma once
#include <optional>
#include <string>

#include "compute/api/api.hpp"

namespace virga::compute::api {

inline constexpr int kChangesBeforeSince = 66;

/// The query of GET /servers and /servers/detail as a filter. Error{InvalidInput} for bad values, Error{Forbidden} for
/// all_tenants by others than admins. `tx` is used by the filter while the list is read.
repo::ServerFilter server_filter(const Call& call, db::Transaction& tx);

/// "2026-11-23T02:24:29Z" with optional fraction and offset; Error{InvalidInput} naming `field`.
TimestampUs parse_time(const std::string& text, std::string_view field);
/// The last moment of a time that was given in whole seconds, as times are shown.
TimestampUs end_of_second(TimestampUs time);
/// Error{InvalidInput} for a window of changes that ends before it begins.
void check_change_window(const std::optional<TimestampUs>& since, const std::optional<TimestampUs>& before);

}  // namespace virga::compute::api
