#pragma once
#include <string>

namespace virga::db {

/// Opens nothing. Throws Error{InvalidInput} that names the setting when no database can have this URL.
void check_url(const std::string& url);

}  // namespace virga::db
