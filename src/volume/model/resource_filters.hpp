#pragma once
#include <map>
#include <set>
#include <string>

/// By what users may filter lists (GET /resource_filters, enforced from 3.31 on; administrators may use any).
namespace virga::volume {

using FilterNames = std::set<std::string, std::less<>>;
/// Resource ("volume", "snapshot", ...) to the names of its filters.
const std::map<std::string, FilterNames, std::less<>>& resource_filters();

}  // namespace virga::volume
