#pragma once
#include "image/format/inspector.hpp"
#include "image/format/sample.hpp"

namespace virga::image::format {

/// What the content is, from the kept parts of it. Throws Error{InvalidInput} for what is unacceptable.
Inspection verdict(const Sample& sample);

}  // namespace virga::image::format
