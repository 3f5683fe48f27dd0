#include "image/model/image_changes.hpp"

#include <array>

namespace virga::image {

const ImageMachine& image_machine() {
    using namespace image_change;
    static constexpr std::array<const ImageChange*, 6> kChanges{&kUpload,     &kStore,      &kAbandon,
                                                                &kDeactivate, &kReactivate, &kDelete};
    static constexpr ImageMachine kMachine{"image", "images", {"status"}, kChanges};
    return kMachine;
}

}  // namespace virga::image
