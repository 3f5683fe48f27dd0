#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/virt/restart_child.hpp"

namespace {

// Guests are daemons: they become children of the nearest subreaper, and libvirt takes a second or more to end one
// that nobody reaps. The tests run in a child, since a process that uses libvirt must not wait for "any child" itself.
int run_below_a_reaper(int argc, char** argv) {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    const pid_t tests = ::fork();
    if (tests == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        testing::InitGoogleTest(&argc, argv);
        std::exit(RUN_ALL_TESTS());
    }
    int result = 1;
    int status = 0;
    while (true) {
        const pid_t ended = ::waitpid(-1, &status, 0);
        if (ended < 0) break;
        if (ended != tests) continue;
        result = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
        break;
    }
    return result;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 1 && std::string_view(argv[1]) == virga::test::kRestartChild)
        return virga::test::restart_child(argc, argv);
    return run_below_a_reaper(argc, argv);
}
