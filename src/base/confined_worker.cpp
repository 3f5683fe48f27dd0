#include "base/confined_worker.hpp"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.hpp"
#include "base/sandbox.hpp"
#include "base/scope_exit.hpp"

namespace virga {
namespace {

constexpr int kPatienceMs = 60'000;  ///< a call takes milliseconds
constexpr int kChannel = 0;          ///< the only descriptor of the process

struct Request {
    std::uint64_t in_bytes;
    std::uint64_t room;
};

struct Ends {
    int ours = -1;
    int theirs = -1;

    Ends() {
        int both[2];
        if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, both) != 0)
            throw_errno(ErrorCode::Internal, "socketpair", errno);
        ours = both[0];
        theirs = both[1];
    }
    ~Ends() {
        if (ours >= 0) ::close(ours);
        ::close(theirs);
    }
    Ends(const Ends&) = delete;
    Ends& operator=(const Ends&) = delete;
    int take() {
        const int taken = ours;
        ours = -1;
        return taken;
    }
};

/// False: the process has ended, or is stuck.
bool receive(int socket, std::int64_t& number) {
    pollfd state{socket, POLLIN, 0};
    int ready = 0;
    while ((ready = ::poll(&state, 1, kPatienceMs)) < 0 && errno == EINTR) {
    }
    return ready == 1 && ::recv(socket, &number, sizeof number, MSG_DONTWAIT) == sizeof number;
}

struct Start {
    const Sandbox* sandbox;
    ConfinedWorker::Work work;
    void* context;
    char* shared;
    std::size_t most_bytes;
    int channel;
    int control;
};

// In the copy of a process with threads: system calls only. Answers 0 once it is confined.
[[noreturn]] void serve(const Start& start) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const rlimit nothing{0, 0};
    ::setrlimit(RLIMIT_CORE, &nothing);
    ::setrlimit(RLIMIT_FSIZE, &nothing);
    if (start.sandbox->enter(start.control) != nullptr) ::_exit(1);
    ::dup2(start.channel, kChannel);
    ::close_range(kChannel + 1, ~0U, 0);
    std::int64_t result = 0;
    Request request{};
    do {
        if (::write(kChannel, &result, sizeof result) != sizeof result) ::_exit(1);
        if (::read(kChannel, &request, sizeof request) != sizeof request) ::_exit(0);
        result =
            start.work(start.context, {start.shared, request.in_bytes}, start.shared + start.most_bytes, request.room);
    } while (true);
}

}  // namespace

ConfinedWorker::ConfinedWorker(Work work, void* context, std::size_t most_bytes)
    : work_(work), context_(context), most_bytes_(most_bytes), confined_(Sandbox::instance() != nullptr) {
    if (!confined_) return;
    void* memory = ::mmap(nullptr, 2 * most_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw_errno(ErrorCode::Internal, "shared memory", errno);
    shared_ = static_cast<char*>(memory);
    ScopeExit cleanup([this] {
        end();
        ::munmap(shared_, 2 * most_bytes_);
    });
    start();
    cleanup.dismiss();
}

ConfinedWorker::~ConfinedWorker() {
    end();
    if (shared_ != nullptr) ::munmap(shared_, 2 * most_bytes_);
}

void ConfinedWorker::start() {
    Ends channel;
    const Ends control;
    const Start start{Sandbox::instance(), work_, context_, shared_, most_bytes_, channel.theirs, control.theirs};
    process_ = static_cast<int>(::syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0));
    if (process_ < 0) throw_errno(ErrorCode::Internal, "clone", errno);
    if (process_ == 0) serve(start);
    socket_ = channel.take();
    std::int64_t confined = -1;
    if (!receive(socket_, confined) || confined != 0)
        throw Error(ErrorCode::Unavailable, "a process can't be put in the sandbox");
    // Nobody answers its attempts to open files: the descriptor for that went into `control` and ends with it.
}

void ConfinedWorker::end() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
    process_ = -1;
}

/// False: there is no process any more.
bool ConfinedWorker::ask(std::size_t in_bytes, std::size_t room, std::int64_t& result) {
    if (socket_ < 0) start();
    const Request request{in_bytes, room};
    if (::send(socket_, &request, sizeof request, MSG_NOSIGNAL) == sizeof request && receive(socket_, result))
        return true;
    end();
    return false;
}

bool ConfinedWorker::call(std::string_view in, std::string& out) {
    if (in.size() > most_bytes_ || out.size() > most_bytes_) return false;
    const auto size = static_cast<std::int64_t>(out.size());
    if (!confined_) return work_(context_, in, out.data(), out.size()) == size;
    std::memcpy(shared_, in.data(), in.size());
    std::int64_t result = -1;
    if (!ask(in.size(), out.size(), result)) {
        std::memcpy(shared_, in.data(), in.size());  // a dying process may have written anything there
        if (!ask(in.size(), out.size(), result))
            throw Error(ErrorCode::Unavailable,
                        "The process in the sandbox that does this has died, and so did a new one.");
    }
    if (result != size) return false;
    std::memcpy(out.data(), shared_ + most_bytes_, out.size());
    return true;
}

}  // namespace virga
