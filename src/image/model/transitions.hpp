#pragma once
#include "lifecycle/transitions.hpp"

namespace virga::image {

/// The life of an image. `saving` belongs to exactly one upload, the one in images.upload_id.
const lifecycle::TransitionTable& image_transitions();

}  // namespace virga::image
