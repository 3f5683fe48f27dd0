#pragma once
#include <string>

namespace virga::app {

/// The reference page of every status and its allowed changes, in Markdown, from the tables that the code uses.
std::string states_markdown();

}  // namespace virga::app
