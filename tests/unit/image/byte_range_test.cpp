#include "image/model/byte_range.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace virga::image {
namespace {

std::string read(std::string_view header, std::uint64_t size = 100) {
    const auto found = parse_range(header, size);
    if (found.kind == RangeKind::Whole) return "whole";
    if (found.kind == RangeKind::Unsatisfiable) return "none";
    return std::to_string(found.range.first) + "-" + std::to_string(found.range.last);
}

TEST(ByteRange, OneRange) {
    EXPECT_EQ(read(""), "whole");
    EXPECT_EQ(read("bytes=10-19"), "10-19");
    EXPECT_EQ(read("Bytes= 0-0 "), "0-0");
    EXPECT_EQ(read("bytes=90-"), "90-99");
    EXPECT_EQ(read("bytes=90-1000"), "90-99");
    EXPECT_EQ(read("bytes=-5"), "95-99");
    EXPECT_EQ(read("bytes=-500"), "0-99");
}

TEST(ByteRange, NothingOfTheData) {
    for (const auto* header :
         {"bytes=100-", "bytes=100-200", "bytes=20-10", "bytes=-0", "bytes=-", "bytes=", "bytes", "lines=1-2",
          "bytes=a-b", "bytes=1-b", "bytes=1", "bytes=99999999999999999999-", "bytes=--5"}) {
        EXPECT_EQ(read(header), "none") << header;
    }
    EXPECT_EQ(read("bytes=0-", 0), "none");
    EXPECT_EQ(read("bytes=-5", 0), "none");
}

TEST(ByteRange, SeveralRangesAreRefused) {
    EXPECT_THROW(parse_range("bytes=0-1,5-6", 100), Error);
}

}  // namespace
}  // namespace virga::image
