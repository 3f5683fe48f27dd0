#include "http/query.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace virga::http {
namespace {

using Query = std::vector<std::pair<std::string, std::string>>;

Request with(Query query) {
    Request request;
    request.query = std::move(query);
    return request;
}

TEST(ReadSort, TakesEveryPair) {
    const auto sort = read_sort(with({{"sort_key", "a"}, {"sort_dir", "asc"}, {"sort_key", "b"}, {"sort_dir", "desc"}}),
                                SortForm::Pairs, false);
    ASSERT_EQ(sort.items.size(), 2U);
    EXPECT_EQ(sort.items[0].key, "a");
    EXPECT_TRUE(sort.items[0].ascending);
    EXPECT_FALSE(sort.items[1].ascending);
}

TEST(ReadSort, GivesKeysWithoutDirectionTheFirstOne) {
    const auto sort =
        read_sort(with({{"sort_key", "a"}, {"sort_key", "b"}, {"sort_dir", "asc"}}), SortForm::Pairs, false);
    EXPECT_TRUE(sort.items[0].ascending && sort.items[1].ascending && sort.ascending);
    EXPECT_FALSE(read_sort(with({{"sort_key", "a"}}), SortForm::Pairs, false).items[0].ascending);
    EXPECT_TRUE(read_sort(with({{"sort_dir", "asc"}}), SortForm::Pairs, false).ascending);
}

TEST(ReadSort, RefusesWhatCostsTooMuchOrMakesNoSense) {
    Query many;
    for (int i = 0; i < 9; ++i) many.emplace_back("sort_key", "k" + std::to_string(i));
    for (const auto& bad :
         {many, Query{{"sort_key", "a"}, {"sort_key", "a"}}, Query{{"sort_key", "a"}, {"sort_dir", "up"}},
          Query{{"sort_dir", "asc"}, {"sort_dir", "asc"}}, Query{{"sort", "a"}, {"sort_key", "a"}},
          Query{{"sort", "a,b,c,d,e,f,g,h,i"}}, Query{{"sort", "a:asc,a"}}, Query{{"sort", "a:up"}}}) {
        EXPECT_THROW(read_sort(with(bad), SortForm::OrList, false), Error);
    }
}

TEST(ParameterCount, IsBounded) {
    EXPECT_NO_THROW(check_parameter_count(with(Query(500, {"a", "b"}))));
    EXPECT_THROW(check_parameter_count(with(Query(501, {"a", "b"}))), Error);
    EXPECT_THROW(query_values(with(Query(3, {"a", "b"})), "a", 2), Error);
    EXPECT_EQ(split_list("a", "x,,y,", 2), (std::vector<std::string>{"x", "y"}));
    EXPECT_THROW(split_list("a", "x,y,z", 2), Error);
}

TEST(JsonBody, HasBoundedListsAndMaps) {
    Request request;
    std::string list = "[1";
    for (int i = 0; i < 1024; ++i) list += ",1";
    request.body = R"({"server": {"tags": )" + list + "]}}";
    try {
        request.json_body();
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.message(), "server.tags: must have at most 1024 entries");
    }
}

}  // namespace
}  // namespace virga::http
