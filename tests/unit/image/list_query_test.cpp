#include "image/model/list_query.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace virga::image {
namespace {

using Query = std::vector<std::pair<std::string, std::string>>;

ListQuery parse(Query query) {
    http::Request request;
    request.query = std::move(query);
    return parse_list_query(request);
}

TEST(ListQuery, DefaultsAreGlances) {
    const auto query = parse({});
    EXPECT_EQ(query.limit, 25u);
    ASSERT_EQ(query.sort.size(), 2u);
    EXPECT_EQ(query.sort[0].column, "created_us");
    EXPECT_TRUE(query.sort[0].descending);
    EXPECT_EQ(query.sort[1].column, "id");
    EXPECT_FALSE(query.hidden);
}

TEST(ListQuery, ReadsFilters) {
    const auto query = parse({{"name", "in:a,\"b,c\""},
                              {"tag", "x"},
                              {"tag", "y"},
                              {"size_min", "5"},
                              {"os_distro", "d"},
                              {"protected", "true"},
                              {"created_at", "gte:2026-01-02T03:04:05Z"}});
    EXPECT_EQ(query.one_of[0].second, (std::vector<std::string>{"a", "b,c"}));
    EXPECT_EQ(query.tags.size(), 2u);
    EXPECT_EQ(query.size_min, 5);
    EXPECT_EQ(query.properties[0].first, "os_distro");
    EXPECT_EQ(query.equal[0].second, 1);
    EXPECT_EQ(query.times[0].comparison, ">=");
    EXPECT_EQ(iso8601(query.times[0].second * 1'000'000), "2026-01-02T03:04:05Z");
}

TEST(ListQuery, ReadsBothFormsOfSorting) {
    const auto classic = parse({{"sort_key", "name"}, {"sort_dir", "asc"}, {"sort_key", "size"}, {"sort_dir", "desc"}});
    EXPECT_EQ(classic.sort[0].column, "name");
    EXPECT_FALSE(classic.sort[0].descending);
    EXPECT_TRUE(classic.sort[1].descending);
    const auto combined = parse({{"sort", "name:asc,size"}});
    EXPECT_FALSE(combined.sort[0].descending);
    EXPECT_TRUE(combined.sort[1].descending);
    EXPECT_TRUE(combined.sort[1].numeric);
}

TEST(ListQuery, RefusesWhatItCannotRead) {
    for (const auto& query : std::vector<Query>{{{"limit", "-1"}},
                                                {{"limit", "x"}},
                                                {{"sort_key", "password"}},
                                                {{"sort_key", "name"}, {"sort_dir", "up"}},
                                                {{"sort", "name"}, {"sort_key", "name"}},
                                                {{"size_min", "many"}},
                                                {{"protected", "maybe"}},
                                                {{"visibility", "secret"}},
                                                {{"member_status", "x"}},
                                                {{"name", "in:\"a"}},
                                                {{"created_at", "gte:yesterday"}},
                                                {{"created_at", "2026-13-01T00:00:00Z"}}}) {
        EXPECT_THROW(parse(query), Error) << query[0].first << "=" << query[0].second;
    }
}

}  // namespace
}  // namespace virga::image
