#include "conformance/virt/guest_image.hpp"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/process.hpp"
#include "base/scope_exit.hpp"
#include "base/small_file.hpp"

namespace virga::test {
namespace {

std::filesystem::path source_root() {
    return VIRGA_SOURCE_DIR;  // __FILE__ is relative where a compiler cache makes it so
}

}  // namespace

std::string guest_image() {
    if (const char* given = std::getenv("VIRGA_GUEST_IMAGE"); given != nullptr) return given;
    const auto folder = source_root() / "build" / "guest";
    const auto image = folder / "guest.qcow2";
    if (!std::filesystem::exists(image)) {
        const auto built = run_process({(source_root() / "tools" / "make-guest-image.sh").string(), folder.string()});
        if (built.exit_code != 0) throw Error(ErrorCode::Internal, "the guest image could not be built: " + built.err);
    }
    return image.string();
}

bool wait_for_text(const std::string& path, const std::string& text, std::chrono::seconds bound) {
    const int watch = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    const ScopeExit close([&] { ::close(watch); });
    ::inotify_add_watch(watch, path.c_str(), IN_MODIFY);
    const auto deadline = monotonic_us() + std::chrono::microseconds(bound).count();
    while (true) {
        if (read_small_file(path).value_or("").find(text) != std::string::npos) return true;
        const auto left_ms = (deadline - monotonic_us()) / 1000;
        if (left_ms <= 0) return false;
        pollfd wait{watch, POLLIN, 0};
        ::poll(&wait, 1, static_cast<int>(left_ms));
        char events[4096];
        while (::read(watch, events, sizeof events) > 0) {
        }
    }
}

}  // namespace virga::test
