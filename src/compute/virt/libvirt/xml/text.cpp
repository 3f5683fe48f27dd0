#include "compute/virt/libvirt/xml/text.hpp"

#include <sstream>

namespace virga::compute::virt::libvirt {

pugi::xml_node add_text(pugi::xml_node parent, const char* name, std::string_view text) {
    std::string clean;
    for (const char character : text)
        if (static_cast<unsigned char>(character) >= ' ' && character != '\x7f') clean += character;
    auto node = parent.append_child(name);
    node.text().set(clean.c_str());
    return node;
}

std::string to_text(const pugi::xml_document& document) {
    std::ostringstream out;
    document.save(out, " ", pugi::format_indent | pugi::format_no_declaration);
    return out.str();
}

}  // namespace virga::compute::virt::libvirt
