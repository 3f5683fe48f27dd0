#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace virga {

/// A process in the sandbox that goes on beside this one and does one thing with untrusted bytes again and again, by
/// code that is linked into this program: a copy of this process, so that nothing is loaded for it. It has neither
/// descriptors nor rights, sees nothing of the host, and dies with the thread that made it. For one thread at a time.
class ConfinedWorker {
public:
    /// From `in` to at most `room` bytes of `out`: how many, or below 0 for a failure. Runs in a copy of a process with
    /// threads: it must not allocate, lock or open anything. `context` is what it needs, made beforehand.
    using Work = std::int64_t (*)(void* context, std::string_view in, char* out, std::size_t room);

    /// Calls take and give at most `most_bytes`. Throws Error{Unavailable} where there is no sandbox; where it is
    /// switched off, the work is done here.
    ConfinedWorker(Work work, void* context, std::size_t most_bytes);
    ~ConfinedWorker();
    ConfinedWorker(const ConfinedWorker&) = delete;
    ConfinedWorker& operator=(const ConfinedWorker&) = delete;

    /// Fills `out` to its size; false when the work failed or gave another number of bytes. A process that has died, or
    /// that takes over a minute, says nothing about `in`: the work is done once more by a new one. Throws
    /// Error{Unavailable} when that ends so, too; the next call starts anew.
    bool call(std::string_view in, std::string& out);

private:
    void start();
    bool ask(std::size_t in_bytes, std::size_t room, std::int64_t& result);
    void end();

    Work work_;
    void* context_;
    std::size_t most_bytes_;
    char* shared_ = nullptr;  ///< what goes in, then what comes out
    int socket_ = -1;         ///< -1 with no process
    int process_ = -1;
    bool confined_ = false;
};

}  // namespace virga
