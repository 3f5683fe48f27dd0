#pragma once
#include "lifecycle/changes_to.hpp"
#include "volume/model/volume_state.hpp"

namespace virga::volume {

/// One allowed change of an attachment's status.
struct AttachmentChange : lifecycle::Change<AttachStatus> {};

/// The life of an attachment.
namespace attachment_change {

using enum AttachStatus;

constexpr AttachmentChange change(std::string_view name, lifecycle::StateSet<AttachStatus> from,
                                  std::optional<AttachStatus> to) {
    return {{name, {from}, {to}}};
}

inline constexpr AttachmentChange kConnect = change("connect", {Reserved, Attaching, Attached}, Attaching);
inline constexpr AttachmentChange kFailConnect = change("fail_connect", {Reserved, Attaching}, ErrorAttaching);
inline constexpr AttachmentChange kRollConnect = change("roll_connect", {Attaching}, Reserved);
inline constexpr AttachmentChange kComplete = change("complete", {Attaching, Reserved, Attached}, Attached);
inline constexpr AttachmentChange kEnd =
    change("end", {Reserved, Attaching, Attached, Detaching, ErrorAttaching, ErrorDetaching}, Detaching);

template <AttachStatus... status>
constexpr std::array<AttachmentChange, sizeof...(status)> roll_ends_to() {
    return {{change(lifecycle::name_to<"roll_end.", status>(), {Detaching}, status)...}};
}
/// Its end was refused: it is again what it was before.
inline constexpr auto kRollEnds = roll_ends_to<Reserved, Attaching, Attached, ErrorAttaching, ErrorDetaching>();

}  // namespace attachment_change

using AttachmentMachine = lifecycle::Machine<AttachmentChange, 1>;
const AttachmentMachine& attachment_machine();

}  // namespace virga::volume
