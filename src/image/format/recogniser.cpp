#include "image/format/recogniser.hpp"

namespace virga::image::format {

const std::array<const Recogniser*, 9>& recognisers() {
    static const Qcow2 qcow2;
    static const Qed qed;
    static const Vmdk vmdk;
    static const Vhd vhd;
    static const Vhdx vhdx;
    static const Vdi vdi;
    static const Iso iso;
    static const Gpt gpt;
    static const Luks luks;
    static const std::array<const Recogniser*, 9> all{&qcow2, &qed, &vmdk, &vhd, &vhdx, &vdi, &iso, &gpt, &luks};
    return all;
}

}  // namespace virga::image::format
