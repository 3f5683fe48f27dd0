#include <gtest/gtest.h>

#include <string>

#include "conformance/volume/backends.hpp"
#include "conformance/volume/operation.hpp"

int main(int argc, char** argv) {
    namespace test = virga::volume::host::test;
    if (argc == 5 && std::string(argv[1]) == "--child") return test::child_main(argv);
    ::testing::InitGoogleTest(&argc, argv);
    const int result = RUN_ALL_TESTS();
    test::close_shared_xfs();
    return result;
}
