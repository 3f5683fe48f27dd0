#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/json.hpp"
#include "base/marked_text.hpp"
#include "config/config.hpp"
#include "db/database.hpp"
#include "identity/auth/latest_map.hpp"
#include "identity/model/types.hpp"
#include "identity/repo/token_repo.hpp"

namespace virga::identity {

/// The catalog as a token for `project_id` (may be empty) shows it.
json::array catalog_for(db::Transaction& tx, const config::Config& config, const std::string& base_url,
                        const std::string& project_id);

/// How tokens are shown: services ask it for each request of theirs. What tokens have in common is made once and kept
/// for as long as the revision of the session says that nobody has changed it. Thread-safe.
class TokenView {
public:
    explicit TokenView(const config::Config& config) : config_(config) {}

    /// {"token": {...}} as Keystone answers.
    std::string text(db::Transaction& tx, const repo::Session& session, const std::string& base_url, bool with_catalog);

private:
    struct Catalog {
        MarkedText of_project;
        std::string of_none;
    };
    using RoleIds = std::map<std::string, std::string>;

    json::array roles(db::Transaction& tx, const repo::Session& session);
    std::shared_ptr<const RoleIds> implied_ids(db::Transaction& tx, std::int64_t revision);
    std::shared_ptr<const Catalog> catalog(db::Transaction& tx, const std::string& base_url, std::int64_t revision);
    void forget_before(std::int64_t revision);

    /// Clients name the host of the URL themselves.
    static constexpr std::size_t kMostCatalogs = 16;

    const config::Config& config_;
    std::mutex mutex_;
    std::int64_t revision_ = 0;  ///< of what is kept
    std::shared_ptr<const RoleIds> implied_ids_;
    LatestMap<std::shared_ptr<const Catalog>> catalogs_{kMostCatalogs};  ///< by base URL
};

}  // namespace virga::identity
