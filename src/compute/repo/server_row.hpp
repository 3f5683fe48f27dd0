#pragma once
#include <string>
#include <vector>

#include "compute/model/server.hpp"
#include "db/database.hpp"

namespace virga::compute::repo {

/// Reads rows of `servers` (all columns) of one result. Each column is looked up once, and neighbours mostly have the
/// same flavor, which is then parsed once.
class ServerReader {
public:
    Server read(const db::Row& row);

private:
    friend struct ServerFields;
    void read_flavor(const std::string& text, Flavor& flavor);

    std::vector<std::size_t> places_;  ///< of the fields' columns; empty before the first row
    std::string flavor_text_;
    Flavor flavor_;
};

/// A single row.
Server server_of(const db::Row& row);

std::string strings_to_text(const std::vector<std::string>& list);
std::vector<std::string> strings_of_text(const std::string& text);
std::string fault_to_text(const ServerFault& fault);

}  // namespace virga::compute::repo
