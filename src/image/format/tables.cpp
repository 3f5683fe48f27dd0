#include "image/format/tables.hpp"

#include <map>

#include "image/format/follow.hpp"

namespace virga::image {

std::int64_t check_tables(const std::string& path, const std::string& format) {
    using Follow = std::uint64_t (*)(const format::TableFile&);
    static const std::map<std::string, Follow, std::less<>> known{{"qcow2", format::follow_qcow2},
                                                                  {"vdi", format::follow_vdi},
                                                                  {"vhd", format::follow_vhd},
                                                                  {"vhdx", format::follow_vhdx},
                                                                  {"vmdk", format::follow_vmdk}};
    const auto follow = known.find(format);
    return follow == known.end() ? 0 : static_cast<std::int64_t>(follow->second(format::TableFile(path)));
}

}  // namespace virga::image
