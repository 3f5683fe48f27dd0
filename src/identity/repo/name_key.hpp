#pragma once
#include <string>
#include <string_view>

namespace virga::identity::repo {

/// Names of domains, projects, users and roles are compared without case, as Keystone's usual database (MySQL) does:
/// many an openrc says `default` for Default. The name itself is kept as given.
std::string name_key(std::string_view name);
/// Whether two names are the same one.
bool is_same_name(std::string_view a, std::string_view b);
/// Condition and order that find a row by name; parameters: name_key(name), name, name. An exact match comes first:
/// names of before that differ in case only stay usable. Letters outside of ASCII in a name of before compare exactly.
std::string same_name();

}  // namespace virga::identity::repo
