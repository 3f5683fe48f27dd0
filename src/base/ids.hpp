#pragma once
#include <compare>
#include <functional>
#include <string>
#include <string_view>

namespace virga {

/// A UUID of one kind of resource. Kinds don't convert into each other; `value` is the lowercase dashed form.
template <class Tag>
struct Id {
    std::string value;

    Id() = default;
    explicit Id(std::string v) : value(std::move(v)) {}

    const std::string& str() const { return value; }
    bool empty() const { return value.empty(); }
    auto operator<=>(const Id&) const = default;
};

using ServerId = Id<struct ServerTag>;
using FlavorId = Id<struct FlavorTag>;
using ImageId = Id<struct ImageTag>;
using VolumeId = Id<struct VolumeTag>;
using SnapshotId = Id<struct SnapshotTag>;
using BackupId = Id<struct BackupTag>;
using AttachmentId = Id<struct AttachmentTag>;
using NetworkId = Id<struct NetworkTag>;
using SubnetId = Id<struct SubnetTag>;
using PortId = Id<struct PortTag>;
using ProjectId = Id<struct ProjectTag>;
using UserId = Id<struct UserTag>;
using FlowId = Id<struct FlowTag>;
using BdmId = Id<struct BdmTag>;

/// A random (version 4) UUID.
std::string new_uuid();

/// A name-based (version 5) UUID: the same parent and name always give the same id, so that a retried task
/// can't create a second resource.
std::string derived_uuid(std::string_view parent_uuid, std::string_view name);

/// True for 8-4-4-4-12 or 32 hex digits (OpenStack's "uuid-like").
bool is_uuid_like(std::string_view text);
/// Lowercase dashed form of a uuid-like text.
std::string canonical_uuid(std::string_view text);

template <class I>
I new_id() {
    return I(new_uuid());
}

}  // namespace virga

template <class Tag>
struct std::hash<virga::Id<Tag>> {
    std::size_t operator()(const virga::Id<Tag>& id) const noexcept { return std::hash<std::string>()(id.value); }
};
