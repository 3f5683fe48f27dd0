#pragma once
#include <string>
#include <vector>

#include "compute/model/server.hpp"
#include "db/database.hpp"

namespace virga::compute::repo {

/// Reads the flavors of many rows: neighbours mostly have the same one, which is then parsed once.
class FlavorReader {
public:
    const Flavor& read(const std::string& text);

private:
    std::string text_;
    Flavor flavor_;
};

/// A row of `servers` (all columns) as the plain type.
Server server_of(const db::Row& row, FlavorReader& flavors);
Server server_of(const db::Row& row);

std::string strings_to_text(const std::vector<std::string>& list);
std::vector<std::string> strings_of_text(const std::string& text);
std::string fault_to_text(const ServerFault& fault);

}  // namespace virga::compute::repo
