#pragma once
#include <string>

#include "base/error.hpp"

namespace virga::compute::virt::libvirt {

/// The last libvirt error of this thread as an Error: `what` + libvirt's own message, which is the detail of
/// InvalidInput. Call right after the failed call.
Error last_failure(const std::string& what, const std::string& server_id = {});
/// virErrorNumber of the last libvirt error of this thread.
int last_code();
/// Throws last_failure() when a libvirt call gave a negative result.
void check(int result, const std::string& what, const std::string& server_id = {});
/// From now on libvirt's errors go to the debug log instead of standard error, and its warnings (a guest that runs as
/// root is "tainted") nowhere, unless LIBVIRT_DEBUG says otherwise. Call before anything of libvirt.
void silence();

}  // namespace virga::compute::virt::libvirt
