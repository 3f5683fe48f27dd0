#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "db/database.hpp"

namespace virga::volume::repo {

/// Puts a SELECT together from conditions with parameters, a sort order and a marker.
class ListQuery {
public:
    /// `select` ends before WHERE; `alias` is that of the listed table ("v").
    ListQuery(std::string select, std::string table, std::string alias);

    void where(std::string_view condition, db::Params params = {});
    /// A condition that says what the caller may see at all: the marker must meet it, too, so that markers tell nothing
    /// about what others have. Comes before `after`.
    void visible(std::string_view condition, db::Params params = {});
    /// The same as `project_id = ?`, unless the value is empty.
    void visible_project(const std::string& project);
    /// `column = ?`, unless the value is empty.
    void equals(std::string_view column, const std::string& value);
    /// The column holds a JSON object of texts, as boost::json wrote it, with every one of these pairs.
    void pairs(std::string_view column, const json::object& wanted);
    /// Column names come from a fixed list, never from a request. The id is the last key, so that the order is total.
    void sort(std::string_view column, bool ascending);
    /// Only what comes after the row `id` in the order. Throws Error{NotFound} when there is no such row to be seen.
    void after(db::Transaction& tx, const std::string& id);
    void page(std::size_t limit, std::size_t offset);

    std::vector<db::Row> run(db::Transaction& tx) const;
    /// All that fit, without marker and page.
    std::int64_t count(db::Transaction& tx) const;

private:
    std::string order() const;
    std::vector<std::pair<std::string, bool>> keys() const;

    std::string select_;
    std::string table_;
    std::string alias_;
    std::string conditions_;
    db::Params params_;
    std::string visible_;
    db::Params visible_params_;
    std::string marker_condition_;
    db::Params marker_params_;
    std::vector<std::pair<std::string, bool>> sort_;
    std::size_t limit_ = 1000;
    std::size_t offset_ = 0;
};

/// "%" + the text with its wildcards escaped by '\' + "%", for LIKE ? ESCAPE '\'.
std::string like_pattern(std::string_view text);

}  // namespace virga::volume::repo
