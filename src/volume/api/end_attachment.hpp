#pragma once
#include "volume/api/api.hpp"

/// How the API ends an attachment, by whichever of its routes.
namespace virga::volume::api {

/// The connector of its connection, also of one that may have been made; empty when nothing was given to anybody.
json::object recorded_connector(const AttachmentRecord& attachment);

/// Of the command by which the storage host makes the connection of an attachment: whoever asks again joins it.
rpc::CallOptions connect_options(const Call& call, const AttachmentRecord& attachment, const std::string& host);

/// Forgets the attachment in the transaction, and answers.
using ForgetAttachment = http::Response (*)(db::Transaction& tx, const AttachmentRecord& attachment);

/// Error{Conflict} for one that a server has. Ends the connection of `connector`, if there is one and no other
/// attachment of its host needs it, and then lets `forget` finish. Commits `tx`: from then on nobody can use the
/// attachment. A connection that is just being made is waited for and ended. A host that doesn't answer leaves it
/// detaching, and the request can be repeated.
http::Response end_attachment(const Call& call, db::Transaction& tx, const AttachmentRecord& attachment,
                              const json::object& connector, ForgetAttachment forget);

}  // namespace virga::volume::api
