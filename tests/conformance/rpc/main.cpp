#include <gtest/gtest.h>

#include "conformance/rpc/host_process.hpp"

int main(int argc, char** argv) {
    if (argc > 1 && std::string_view(argv[1]) == virga::rpc::test::kHostProcess)
        return virga::rpc::test::host_process(argc, argv);
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
