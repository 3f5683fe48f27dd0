#pragma once
#include <string_view>

namespace virga {

/// A named place where a test can make the process fail. Set VIRGA_FAILPOINT to a comma separated list of
/// `name:exit` (SIGKILL to the own process), `name:error` (throws Error{Internal}), `name:hang` (for ever),
/// `name:delay=MS` or `name:hold=PATH` (until the file PATH is gone: for a test whose own step must come in time on a
/// machine of any speed). Each entry fires once per process. With VIRGA_FAILPOINT_LOG=FILE each point that is passed is
/// appended to FILE, which is how the recovery tests learn every boundary. VIRGA_FAILPOINT_FILE=FILE arms a running
/// process: entries that appear in FILE (written elsewhere and renamed) are taken at the next point, and FILE is
/// removed then. Compiled to nothing without VIRGA_FAILPOINTS.
#ifdef VIRGA_FAILPOINTS
void failpoint(std::string_view name);
#else
inline void failpoint(std::string_view) {}
#endif

}  // namespace virga
