#include "config/config.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "fuzz/targets.hpp"

namespace virga::fuzz {
namespace {

/// Whatever is wrong with a setting is told as such.
template <class F>
void try_input(F&& function) {
    try {
        function();
    } catch (const Error& failure) {
        if (failure.code() != ErrorCode::InvalidInput) throw Finding("not refused as input: " + failure.message());
    }
}

void load(std::string_view text) {
    const int fd = ::memfd_create("settings", MFD_CLOEXEC);
    const ScopeExit close([fd] { ::close(fd); });
    if (::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) return;
    virga::config::Config config;
    try_input([&] { config.load_file("/proc/self/fd/" + std::to_string(fd)); });
}

void set(std::string_view line) {
    const auto equals = line.find('=');
    if (equals == line.npos) return;
    virga::config::Config config;
    try_input([&] { config.set(line.substr(0, equals), line.substr(equals + 1)); });
}

}  // namespace

void config(std::string_view input) {
    load(input);
    while (!input.empty()) {
        const auto end = input.find('\n');
        set(input.substr(0, end));
        input.remove_prefix(end == input.npos ? input.size() : end + 1);
    }
}

}  // namespace virga::fuzz
