#pragma once
#include <string>

namespace virga::app {

/// The reference page of every status and its allowed changes, in Markdown, from the tables that the code uses.
std::string states_markdown();

/// Every kind of flow, one a line: what a test of recovery has to cover.
std::string flow_kinds();

}  // namespace virga::app
