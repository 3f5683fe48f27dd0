#include "base/iso_time.hpp"

#include <gtest/gtest.h>

namespace virga {
namespace {

TEST(IsoTime, ReadsTheFormsOfUsers) {
    const auto noon = parse_iso_time("2026-01-31T12:00:00Z");
    ASSERT_TRUE(noon);
    EXPECT_EQ(iso8601(*noon), "2026-01-31T12:00:00Z");
    for (const char* same :
         {"2026-01-31T12:00:00", "2026-01-31 12:00:00", "2026-01-31T12:00", "2026-01-31T14:00:00+02:00",
          "2026-01-31T14:00:00 02:00", "2026-01-31T14:00:00+0200", "2026-01-31T14:00:00+02",
          "2026-01-31T06:30:00-05:30", "2026-01-31T12:00:00.000", "2026-01-31T12:00:00.000000000Z"}) {
        EXPECT_EQ(parse_iso_time(same), noon) << same;
    }
    EXPECT_EQ(parse_iso_time("2026-01-31T12:00:00.25"), *noon + 250'000);
    EXPECT_EQ(parse_iso_time("2026-01-31"), *noon - 12 * 3'600'000'000);
    EXPECT_TRUE(parse_iso_time("2024-02-29"));
}

TEST(IsoTime, RefusesTheRest) {
    for (const char* bad :
         {"", "soon", "2026", "2026-13-01", "2026-02-30", "2026-02-29", "2026-01-31T", "2026-01-31T24:00:00",
          "2026-01-31T12:60:00", "2026-01-31T12:00:00x", "2026-01-31T12:00:00.", "2026-01-31T12:00:00+2",
          "2026-01-31T12:00:00+02:60", "2026-01-31x", "-026-01-31", "2026-01-31T12:00:00Z "}) {
        EXPECT_FALSE(parse_iso_time(bad)) << bad;
    }
}

}  // namespace
}  // namespace virga
