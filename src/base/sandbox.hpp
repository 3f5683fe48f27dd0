#pragma once
#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

/// Where programs run that read what others wrote: QEMU's tools above all. See docs/design/sandbox.md.
namespace virga {

/// A file that a confined program may open, by exactly this name and no other.
struct SandboxFile {
    std::string name;       ///< as the program says it: absolute
    bool writable = false;  ///< may also be truncated; never made
    int fd = -1;            ///< an open file in place of the one of this name
};

/// A folder in every room with empty files, named as those of certificate_file that a server of TLS needs: QEMU's
/// programs look whether they are there before they open them. Who is to have certificates is given files in their
/// place. The known group, which is no secret, is there for all.
inline constexpr const char* kSandboxCertificates = "/certificates";

/// Rooms for confined programs: an unprivileged user of their own, none of the host's processes, network or files but
/// /usr and the libraries, read-only; a filter of system calls. What a program works on isn't there either: its
/// attempts to open it are answered with open descriptors by the process that started it (open_server.hpp), so that
/// neither owners nor modes have to be changed, on whatever file system.
///
/// The rooms are made once and entered by each run; processes are apart in each run.
class Sandbox {
public:
    struct Options {
        std::string user = "virga-helper";  ///< must exist
        bool enabled = true;                ///< false: programs run unconfined, as this process
    };

    /// For this process, before the first use.
    static void configure(Options options);
    /// nullptr: switched off. Makes the rooms at the first call. Throws Error{Unavailable} that says why they can't be
    /// made: not root, no such user, no namespaces.
    static const Sandbox* instance();

    Sandbox(const Options& options);
    ~Sandbox();
    Sandbox(const Sandbox&) = delete;
    Sandbox& operator=(const Sandbox&) = delete;

    /// In a new process, between clone and exec: makes only system calls. Sends the descriptor on which the filter
    /// asks for files through `socket`. The process ends with the thread that made it, or outlives even its process;
    /// then it can open nothing any more. Returns the name of the step that failed, with errno; nullptr: all is well.
    const char* enter(int socket, bool outlives = false) const noexcept;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace virga
