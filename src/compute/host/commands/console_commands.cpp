#include <algorithm>

#include "base/crypto.hpp"
#include "compute/host/context.hpp"
#include "compute/host/file_tail.hpp"

namespace virga::compute::host {
namespace {

constexpr std::int64_t kMaxConsole = 1024 * 1024;  // of one reply

json::object console_output(Context& context, const rpc::Command& call) {
    const auto asked = get_int(call.params, "max_bytes");
    const auto bound = asked > 0 ? std::min(asked, kMaxConsole) : kMaxConsole;
    const auto folder = context.folder(server_of(call.params));
    return {{"output", base64_encode(file_tail(folder.console_log(), bound))}};
}

}  // namespace

void add_console_commands(CommandTable& table, Context& context) {
    table[command::kConsoleOutput] = [&context](const rpc::Command& call) { return console_output(context, call); };
}

}  // namespace virga::compute::host
