#include "db/copy.hpp"

#include <algorithm>
#include <sstream>

namespace virga::db {
namespace {

constexpr std::size_t kMostParameters = 30'000;  // of a statement: SQLite takes 32,766, PostgreSQL 65,535
constexpr std::size_t kMostRows = 200;

std::vector<std::string> words_of(const std::string& statement) {
    std::istringstream text(statement);
    std::vector<std::string> words;
    constexpr std::size_t kEnough = 7;
    for (std::string word; words.size() < kEnough && text >> word;) words.push_back(word.substr(0, word.find('(')));
    return words;
}

/// Follows CREATE TABLE, DROP TABLE and ALTER TABLE ... RENAME TO.
void apply(const std::string& statement, std::vector<std::string>& tables) {
    const auto words = words_of(statement);
    if (words.size() < 3 || words[1] != "TABLE") return;
    const auto& name = words[2];
    if (words[0] == "CREATE") tables.push_back(name);
    if (words[0] == "DROP") std::erase(tables, name);
    constexpr std::size_t kRenameWords = 6;
    if (words[0] == "ALTER" && words.size() >= kRenameWords && words[3] == "RENAME" && words[4] == "TO")
        std::replace(tables.begin(), tables.end(), name, words[5]);
}

/// Rows on their way into one table, several to a statement.
class Batch {
public:
    Batch(Transaction& to, const std::string& table) : to_(to), table_(table) {}

    void add(const Row& row) {
        if (names_.empty()) names_ = row.names();
        params_.insert(params_.end(), row.values().begin(), row.values().end());
        if (++rows_ >= kMostRows || params_.size() + names_.size() > kMostParameters) flush();
    }

    void flush() {
        if (rows_ == 0) return;
        to_.exec(statement(), params_);
        params_.clear();
        rows_ = 0;
    }

private:
    std::string statement() const {
        std::string columns;
        std::string marks;
        for (const auto& name : names_) {
            columns += (columns.empty() ? "" : ", ") + name;
            marks += marks.empty() ? "?" : ", ?";
        }
        std::string sql = "INSERT INTO " + table_ + " (" + columns + ") VALUES (" + marks + ")";
        for (std::size_t i = 1; i < rows_; ++i) sql += ", (" + marks + ")";
        return sql;
    }

    Transaction& to_;
    const std::string& table_;
    std::vector<std::string> names_;
    Params params_;
    std::size_t rows_ = 0;
};

std::int64_t copy_table(Transaction& from, Transaction& to, const std::string& table) {
    try {
        std::int64_t rows = 0;
        Batch batch(to, table);
        from.each("SELECT * FROM " + table, {}, [&](const Row& row) {
            batch.add(row);
            ++rows;
        });
        batch.flush();
        return rows;
    } catch (const RunAgain&) {
        throw;
    } catch (const Error& failure) {
        throw Error(failure.code(), "table " + table + ": " + failure.what(), failure.detail());
    }
}

void require_empty(Transaction& to) {
    if (to.scalar("SELECT COUNT(*) FROM schema_versions") == 0) return;
    throw Error(ErrorCode::Conflict, "the database to copy to holds the state of a cloud: give an empty one");
}

}  // namespace

std::vector<std::string> tables_of(const std::vector<Migration>& migrations) {
    std::vector<std::string> tables;
    for (const auto& migration : migrations)
        for (const auto& statement : migration.statements) apply(statement, tables);
    return tables;
}

std::vector<Copied> copy(Database& from, Database& to, const std::vector<Migration>& migrations) {
    migrate(from, migrations);
    const auto tables = tables_of(migrations);
    return to.write_with([&](Transaction& target) {
        make_version_table(target);
        require_empty(target);
        migrate(target, migrations);
        // Rows that a step put into a new table come from the other database, too.
        for (auto table = tables.rbegin(); table != tables.rend(); ++table) target.exec("DELETE FROM " + *table);
        auto source = from.read();
        std::vector<Copied> copied;
        for (const auto& table : tables) copied.push_back({table, copy_table(source, target, table)});
        return copied;
    });
}

}  // namespace virga::db
