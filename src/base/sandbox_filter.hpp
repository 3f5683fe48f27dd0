#pragma once
#include <linux/filter.h>

#include <vector>

namespace virga {

/// The filter of a confined program: what QEMU's tools and the C library need on files that are open already; opening
/// is asked of the process that started it. Anything else is answered as if the kernel didn't have it. Throws
/// Error{Unavailable}.
std::vector<sock_filter> sandbox_filter();

}  // namespace virga
