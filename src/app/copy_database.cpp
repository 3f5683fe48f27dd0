#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <numeric>

#include "app/commands.hpp"
#include "app/schema.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "db/copy.hpp"

namespace virga::app {
namespace {

constexpr std::size_t kConnections = 2;

std::string source_url(const Options& options, const std::string& given) {
    if (!given.empty()) return given;
    if (std::filesystem::exists(options.database_file())) return options.database_file_url();
    throw Error(ErrorCode::InvalidInput, "--from: there is no SQLite database in the state folder " +
                                             options.state_dir + ": name the database, or --state-dir");
}

std::string target_url(const config::Config& config, const std::string& given) {
    const auto& url = given.empty() ? config.get(setting::database_url) : given;
    if (!url.empty()) return url;
    throw Error(ErrorCode::InvalidInput,
                "--to: name the database to copy to, or give --config with a file that has database.url");
}

}  // namespace

int copy_database(const Options& options, const std::string& from_url, const std::string& to_url) {
    const auto config = options.load();
    log::init("db copy", "warning");
    const auto from = source_url(options, from_url);
    const auto to = target_url(config, to_url);
    if (from == to) throw Error(ErrorCode::InvalidInput, "--to: the same database as --from");
    prepare_state_dir(options);
    enter_control_dir(options, config);
    db::Database source(from, kConnections);
    db::Database target(to, kConnections);
    const auto copied = db::copy(source, target, migrations());
    const auto rows = std::accumulate(copied.begin(), copied.end(), std::int64_t{0},
                                      [](std::int64_t sum, const db::Copied& table) { return sum + table.rows; });
    const auto filled = std::count_if(copied.begin(), copied.end(), [](const auto& table) { return table.rows > 0; });
    std::printf("copied %lld rows of %lld tables\n", static_cast<long long>(rows), static_cast<long long>(filled));
    return 0;
}

}  // namespace virga::app
