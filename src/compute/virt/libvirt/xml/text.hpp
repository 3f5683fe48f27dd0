#pragma once
#include <pugixml.hpp>
#include <string>
#include <string_view>

namespace virga::compute::virt::libvirt {

/// Appends <name>text</name>; control characters, which XML can't carry, are left out.
pugi::xml_node add_text(pugi::xml_node parent, const char* name, std::string_view text);
std::string to_text(const pugi::xml_document& document);

}  // namespace virga::compute::virt::libvirt
