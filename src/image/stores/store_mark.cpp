#include "image/stores/store_mark.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/scope_exit.hpp"
#include "base/small_file.hpp"

namespace virga::image {
namespace {

constexpr std::size_t kMarkBytes = 48;

/// It has its name when it is complete, and only if no other was quicker.
void make(const std::string& path) {
    const auto part = path + "." + new_uuid();
    const ScopeExit cleanup([&] { ::unlink(part.c_str()); });
    write_small_file(part, random_token(kMarkBytes));
    if (::link(part.c_str(), path.c_str()) != 0 && errno != EEXIST)
        throw_errno(ErrorCode::Unavailable, "make " + path, errno);
}

}  // namespace

StoreMark mark_store(const std::string& folder) {
    const auto path = folder + "/" + kMarkFile;
    if (::access(path.c_str(), F_OK) != 0) make(path);
    const auto value = read_small_file(path);
    if (!value || value->empty()) throw Error(ErrorCode::Unavailable, "the image store's " + path + " can't be read");
    return {kMarkFile, *value};
}

}  // namespace virga::image
