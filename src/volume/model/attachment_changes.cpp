#include "volume/model/attachment_changes.hpp"

namespace virga::volume {

const AttachmentMachine& attachment_machine() {
    using namespace attachment_change;
    static constexpr std::array<const AttachmentChange*, 5> kAlone{&kConnect, &kFailConnect, &kRollConnect, &kComplete,
                                                                   &kEnd};
    static constexpr auto kChanges = lifecycle::with(kAlone, kRollEnds);
    static constexpr AttachmentMachine kMachine{"attachment", "volume_attachments", {"attach_status"}, kChanges};
    return kMachine;
}

}  // namespace virga::volume
