#pragma once
#include "image/model/image_state.hpp"
#include "lifecycle/machine.hpp"

namespace virga::image {

using ImageChange = lifecycle::Change<ImageStatus>;

/// The life of an image. `saving` belongs to exactly one upload, the one in images.upload_id.
namespace image_change {

using enum ImageStatus;

inline constexpr ImageChange kUpload{"upload", {{Queued}}, {Saving}};
inline constexpr ImageChange kStore{"store", {{Saving}}, {Active}};
inline constexpr ImageChange kAbandon{"abandon", {{Saving}}, {Queued}};
inline constexpr ImageChange kDeactivate{"deactivate", {{Active}}, {Deactivated}};
inline constexpr ImageChange kReactivate{"reactivate", {{Deactivated}}, {Active}};
inline constexpr ImageChange kDelete{"delete", {{Queued, Saving, Active, Killed, Deactivated}}, {Deleted}};

}  // namespace image_change

using ImageMachine = lifecycle::Machine<ImageChange, 1>;
const ImageMachine& image_machine();

}  // namespace virga::image
