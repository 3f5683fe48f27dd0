#pragma once
#include <string>
#include <vector>

#include "http/http.hpp"
#include "identity/policy/table.hpp"

namespace virga::app {

/// Who may do what with the program's own API, /virga/v1.
const identity::policy::Table& policies();
/// The tables of all services.
const std::vector<const identity::policy::Table*>& all_policies();

/// Throws Error{Internal} for a route that no policy guards and that isn't declared as public.
void require_guarded(const http::Router& router);

/// The policies and the routes that they decide: as text, as the Markdown page, or as JSON for tools.
enum class PolicyForm { Text, Markdown, Json };
std::string describe_policies(const http::Router& router, PolicyForm form);

}  // namespace virga::app
