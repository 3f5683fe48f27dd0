#pragma once
#include <string>

#include "base/json.hpp"
#include "volume/host/drivers/driver.hpp"

namespace virga::volume::host::test {

/// One driver call as data, so that a child process can be told to make it (and be killed in it).
/// {op, id, size_gib, source_id, snapshot_id, image}
void apply(Driver& driver, const json::object& operation);
/// Runs it in a process of its own with VIRGA_FAILPOINT=`failpoint` (may be empty), the points passed written to
/// `log`. Returns the exit code.
int apply_in_child(const std::string& kind, const std::string& folder, const json::object& operation,
                   const std::string& failpoint, const std::string& log);
/// main() of such a process: argv = program, "--child", kind, folder, operation.
int child_main(char** argv);

}  // namespace virga::volume::host::test
