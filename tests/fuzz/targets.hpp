#pragma once
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// What `make fuzz` feeds with bytes. Each target takes any input; memory errors are for the sanitizers to find, what
/// else must not be throws Finding. tests/fuzz/corpus/NAME has inputs of each, which unit_fuzz replays in every build.
namespace virga::fuzz {

class Finding : public std::logic_error {
    using std::logic_error::logic_error;
};

/// A connection to the HTTP server: requests as they come from the wire.
void http(std::string_view input);
/// One request to the API of a cloud, by an administrator: "METHOD TARGET", header lines, an empty line, the body.
/// "{volume_id}" and the like, anywhere, stand for the id of one that exists.
void api(std::string_view input);
/// The query of every kind of list: the first byte chooses the route.
void query(std::string_view input);
/// A caller (first byte) asks for a route (the next two) with words for its parameters and a body: what he gets, a rule
/// must give him, and nothing of another project.
void policy(std::string_view input);
/// Lines "METHOD {params}": commands to a running host, over its socket. "{secret}", "{images}", "{volumes}" and
/// "{state}" stand for paths.
void host(std::string_view input);
/// A token in X-Auth-Token and X-Subject-Token.
void token(std::string_view input);
/// The content of an image; the first byte chooses the size of the pieces in which it arrives.
void image(std::string_view input);
/// What a host sends to the control process (first byte even), and the other way round (odd).
void rpc(std::string_view input);
/// Messages by NATS, each "KIND NAME TEXT" without the first blank, with 0x1e between them: KIND is the letter of the
/// subject (docs/design/rpc.md), which says who hears it.
void nats(std::string_view input);
/// A qcow2 and the file beneath it: two bytes give the length of the first. Its header, as each reader of one takes it.
void qcow2(std::string_view input);
/// The same, as backups read a volume: its tables, place by place.
void layers(std::string_view input);
/// The manifest of a backup, also with a right checksum; a chunk of an encrypted one.
void backup(std::string_view input);
/// The record of a volume that lies beside its file.
void sidecar(std::string_view input);
/// A file of settings; each line also as --set takes it.
void config(std::string_view input);

struct Target {
    std::string name;
    void (*run)(std::string_view input);
};
const std::vector<Target>& targets();

}  // namespace virga::fuzz
