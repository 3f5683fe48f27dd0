#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "conformance/volume/backends.hpp"
#include "conformance/volume/export_child.hpp"
#include "conformance/volume/operation.hpp"
#include "conformance/volume/shares.hpp"

namespace {

constexpr const char* kInside = "VIRGA_TEST_NAMESPACES";

// Once more, in mount and process namespaces of its own: mounts and daemons of the tests end with the program, however
// it ends.
int run_inside(char** argv) {
    ::setenv(kInside, "1", 1);
    std::vector<const char*> words{"unshare",
                                   "--mount",
                                   "--pid",
                                   "--fork",
                                   "--kill-child",
                                   "--mount-proc",
                                   "sh",
                                   "-c",
                                   "\"$0\" \"$@\"; exit $?",
                                   "/proc/self/exe"};
    char path[4096] = {};
    if (::readlink("/proc/self/exe", path, sizeof path - 1) < 0) return 1;
    words.back() = path;
    for (char** arg = argv + 1; *arg != nullptr; ++arg) words.push_back(*arg);
    words.push_back(nullptr);
    ::execvp(words[0], const_cast<char**>(words.data()));
    std::perror("unshare");
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    namespace test = virga::volume::host::test;
    if (argc == 5 && std::string(argv[1]) == "--child") return test::child_main(argv);
    if (argc == 6 && std::string(argv[1]) == "--export-child") return test::export_child_main(argv);
    if (std::getenv(kInside) == nullptr) return run_inside(argv);
    ::signal(SIGPIPE, SIG_IGN);  // as the program has it
    ::testing::InitGoogleTest(&argc, argv);
    test::prepare_scratch();
    const int result = RUN_ALL_TESTS();
    test::close_shared_xfs();
    test::stop_gluster();
    return result;
}
