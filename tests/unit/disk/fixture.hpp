#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/process.hpp"
#include "disk/disk.hpp"
#include "disk/file.hpp"

namespace virga::disk {

/// A folder of its own for each test, and the real tools.
class DiskTest : public ::testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/virga-disk-XXXXXX";
        ASSERT_NE(::mkdtemp(name), nullptr);
        folder_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::string at(const std::string& name) const { return folder_ + "/" + name; }
    static std::string tool(const std::vector<std::string>& argv) {
        const auto result = run_process(argv);
        EXPECT_EQ(result.exit_code, 0) << argv[0] << " " << argv[1] << ": " << result.err << result.out;
        return result.out;
    }
    static void io(const std::string& path, const std::string& format, const std::string& command) {
        const auto out = tool({"qemu-io", "-f", format, "-c", command, path});
        EXPECT_EQ(out.find("Pattern verification failed"), std::string::npos) << out;
        EXPECT_EQ(out.find("error"), std::string::npos) << out;
    }
    static json::object info(const std::string& path, const std::string& format) {
        return json::parse(tool({"qemu-img", "info", "--output=json", "-f", format, path})).as_object();
    }
    static std::string sha512_of(const std::string& path) { return hash_hex(HashAlgorithm::Sha512, read_file(path)); }
    bool leftovers() const {
        for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
            const auto name = entry.path().filename().string();
            if (name.find(".part") != std::string::npos || name.find(".tmp") != std::string::npos) return true;
        }
        return false;
    }

    std::string folder_;
};

template <class F>
ErrorCode code_of(F function) {
    try {
        function();
    } catch (const Error& e) {
        return e.code();
    }
    ADD_FAILURE() << "nothing was thrown";
    return ErrorCode::Internal;
}

}  // namespace virga::disk
