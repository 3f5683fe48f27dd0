#include <libnbd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/process.hpp"
#include "base/scope_exit.hpp"
#include "disk/file.hpp"
#include "disk/keyed.hpp"
#include "disk/layers.hpp"
#include "disk/reserve.hpp"
#include "volume/host/backup/disks.hpp"

namespace virga::volume::host::backup {
namespace {

constexpr std::int64_t kMostZeroed = 1LL << 30;  ///< bytes of one request
constexpr std::int64_t kMostAsked = 2LL << 30;   ///< bytes of one question for data and holes
constexpr std::uint64_t kAddressSpace = 4ULL << 30;
constexpr std::chrono::seconds kPatience{5};
constexpr const char* kAllocation = LIBNBD_CONTEXT_BASE_ALLOCATION;

/// A socket that takes one connection, and that connection. Nobody else can find it.
struct Connection {
    int listening = -1;
    int connected = -1;

    Connection() {
        char folder[] = "/tmp/virga-nbd-XXXXXX";
        if (::mkdtemp(folder) == nullptr) throw_errno(ErrorCode::Internal, "folder for a socket", errno);
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        const auto path = std::string(folder) + "/socket";
        path.copy(name.sun_path, sizeof name.sun_path - 1);
        const auto* address = reinterpret_cast<const sockaddr*>(&name);
        listening = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        connected = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const bool made = ::bind(listening, address, sizeof name) == 0 && ::listen(listening, 1) == 0 &&
                          ::connect(connected, address, sizeof name) == 0;
        const int failure = errno;
        ::unlink(path.c_str());
        ::rmdir(folder);
        if (made) return;
        ::close(listening);
        ::close(connected);
        throw_errno(ErrorCode::Internal, "socket for a volume's disk", failure);
    }
    ~Connection() {
        if (listening >= 0) ::close(listening);
        if (connected >= 0) ::close(connected);
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
};

/// An NBD connection to a qemu-nbd of its own in the sandbox, which serves one qcow2 with its backing files and ends
/// with the connection, also when this process is killed.
class NbdDisk : public VolumeDisk {
public:
    NbdDisk(const std::string& path, Access access, const Secret& key) : path_(path), nbd_(nbd_create()) {
        if (!nbd_) throw Error(ErrorCode::Internal, "no NBD client");
        if (!disk::exists(path)) throw Error(ErrorCode::NotFound, "the file of the volume is missing", path);
        connect(access, key);
    }

    ~NbdDisk() override {
        nbd_.reset();
        if (program_) program_->wait(kPatience);  // ends when its client has gone
    }

    std::int64_t size() const override { return size_; }

    std::int64_t next_data(std::int64_t offset) override {
        while (offset < size_) {
            Extents extents{offset, -1};
            const auto asked = std::min(size_ - offset, kMostAsked);
            check(nbd_block_status(nbd_.get(), static_cast<std::uint64_t>(asked), static_cast<std::uint64_t>(offset),
                                   {.callback = take_extents, .user_data = &extents, .free = nullptr}, 0),
                  "allocation");
            if (extents.data >= 0) return extents.data;
            if (extents.end <= offset) throw Error(ErrorCode::Internal, "no allocation told of " + path_);
            offset = extents.end;
        }
        return size_;
    }

    void read(std::int64_t offset, std::span<char> into) override {
        check(nbd_pread(nbd_.get(), into.data(), into.size(), static_cast<std::uint64_t>(offset), 0), "read");
    }

    void write(std::int64_t offset, std::string_view data) override {
        disk::require_reserve(disk::folder_of(path_));
        check(nbd_pwrite(nbd_.get(), data.data(), data.size(), static_cast<std::uint64_t>(offset), 0), "write");
    }

    void zero(std::int64_t offset, std::int64_t length) override {
        while (length > 0) {
            const auto part = std::min(length, kMostZeroed);
            check(nbd_zero(nbd_.get(), static_cast<std::uint64_t>(part), static_cast<std::uint64_t>(offset), 0),
                  "zero");
            offset += part;
            length -= part;
        }
    }

    void sync() override { check(nbd_flush(nbd_.get(), 0), "sync"); }

private:
    struct Close {
        void operator()(nbd_handle* handle) const { nbd_close(handle); }
    };

    struct Extents {
        std::int64_t end;   ///< of what was told so far
        std::int64_t data;  ///< first that isn't zero; -1: none
    };

    static int take_extents(void* user, const char* context, std::uint64_t, std::uint32_t* entries, std::size_t count,
                            int*) {
        auto& extents = *static_cast<Extents*>(user);
        if (std::string_view(context) != kAllocation) return 0;
        for (std::size_t i = 0; i + 1 < count; i += 2) {
            const bool zero = (entries[i + 1] & LIBNBD_STATE_ZERO) != 0;
            if (!zero && extents.data < 0) extents.data = extents.end;
            extents.end += entries[i];
        }
        return 0;
    }

    void connect(Access access, const Secret& key) {
        auto files = disk::files_of(path_, "qcow2", access == Access::Read ? disk::Use::Read : disk::Use::Write);
        std::vector<std::string> words{"qemu-nbd", "--discard=unmap", "--cache=writeback"};
        if (access == Access::Read) words.emplace_back("--read-only");
        std::optional<disk::KeyFile> key_file;  // read before the connection is there
        if (key.empty()) {
            words.insert(words.end(), {"--format=qcow2", path_});
        } else {
            for (auto& word : key_file.emplace(key).arguments()) words.push_back(std::move(word));
            words.push_back(disk::keyed_disk(path_, "qcow2"));
            files.push_back(key_file->file());
        }
        Connection connection;
        program_.emplace(words, std::move(files), ProcessLimits{.address_space_bytes = kAddressSpace},
                         connection.listening);
        // The program has the only other end now: when it ends early, the connection says so.
        ::close(std::exchange(connection.listening, -1));
        check(nbd_add_meta_context(nbd_.get(), kAllocation), "ask for allocation of");
        if (nbd_connect_socket(nbd_.get(), std::exchange(connection.connected, -1)) != 0) {
            const std::string why = nbd_get_error();
            throw Error(ErrorCode::Busy, "The volume's disk can't be opened: it may be in use by a running server.",
                        path_ + ": " + why + "; " + program_->wait(kPatience));
        }
        size_ = nbd_get_size(nbd_.get());
        check(size_ < 0 ? -1 : 0, "size of");
    }

    void check(int result, const std::string& what) const {
        if (result >= 0) return;
        const auto code = nbd_get_errno() == ENOSPC ? ErrorCode::NoSpace : ErrorCode::Internal;
        throw Error(
            code, code == ErrorCode::NoSpace ? "No space is left for the volume's data." : "The volume's disk failed.",
            what + " " + path_ + ": " + nbd_get_error());
    }

    std::string path_;
    std::optional<SandboxedService> program_;  ///< ended last
    std::unique_ptr<nbd_handle, Close> nbd_;
    std::int64_t size_ = 0;
};

}  // namespace

std::unique_ptr<VolumeDisk> open_with_qemu(const std::string& path, Access access, const Secret& key) {
    return std::make_unique<NbdDisk>(path, access, key);
}

}  // namespace virga::volume::host::backup
