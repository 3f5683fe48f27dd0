#pragma once
#include "volume/api/api.hpp"

/// Who connects a volume, as the actions of volumes and attachments are told; and when a volume may be connected.
namespace virga::volume::api {

/// Error{InvalidInput} that names the field when it can't be the name of a connector's host.
void check_host(const http::Fields& fields, const char* name, const std::string& host);
/// What is known of the connector that stands under `name` (what os-brick tells, and mountpoint and mode). Types and
/// lengths are checked: Error{InvalidInput} names the field. Its host must be there. Other fields are left out.
json::object read_connector(const http::Fields& parent, const json::object& connector);
/// The same for a required field "connector".
json::object required_connector(http::Fields& fields);

/// Error{InvalidInput} that names the status while something works on the volume's data: its connections can't be
/// changed until that has ended, and nobody is kept waiting for it.
void check_may_connect(const VolumeRecord& volume);
/// The same for the end of a connection: work that an attached volume may have (backups, uploads ...) doesn't forbid
/// it.
void check_may_disconnect(const VolumeRecord& volume);

/// Of a command for a user who waits.
rpc::CallOptions waiting_options(const Call& call, const std::string& command_id);

}  // namespace virga::volume::api
