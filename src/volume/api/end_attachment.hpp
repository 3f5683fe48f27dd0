#pragma once
#include "volume/api/api.hpp"

/// How the API ends an attachment, by whichever of its routes.
namespace virga::volume::api {

/// The connector of its connection, also of one that may have been made; empty when nothing was given to anybody.
json::object recorded_connector(db::Transaction& tx, const AttachmentRecord& attachment);

/// Forgets the attachment in the transaction, and answers.
using ForgetAttachment = http::Response (*)(db::Transaction& tx, const AttachmentRecord& attachment);

/// Error{Conflict} for one that a server has, Error{InvalidInput} while something works on the volume. Ends the
/// connection of `connector`, if there is one and no other attachment of its host needs it, and then lets `forget`
/// finish, which commits. When a host must be asked, `tx` is given up, and nothing changes before it is this request's
/// turn: from then on nobody can use the attachment. A connection that is just being made is waited for and ended. A
/// host that doesn't answer leaves it detaching, and the request can be repeated; one that has other work with the
/// volume leaves all as it was.
http::Response end_attachment(const Call& call, db::Transaction& tx, const AttachmentRecord& attachment,
                              const json::object& connector, ForgetAttachment forget);

}  // namespace virga::volume::api
