#include "disk/format.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace virga::disk {
namespace {

TEST(Format, IsWhatItsWordSays) {
    for (const auto format : {Format::Raw, Format::Qcow2}) EXPECT_EQ(format_of(to_string(format)), format);
}

TEST(Format, OfAGuestsDiskIsRawOrQcow2) {
    for (const auto* text : {"", "RAW", "vmdk", "luks", "raw "}) {
        try {
            format_of(text);
            ADD_FAILURE() << text;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::InvalidInput);
        }
    }
}

}  // namespace
}  // namespace virga::disk
