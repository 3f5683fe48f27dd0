#include "compute/virt/libvirt/firmware.hpp"

#include <unistd.h>

#include "base/error.hpp"
#include "base/small_file.hpp"
#include "compute/virt/libvirt/file_access.hpp"

namespace virga::compute::virt::libvirt {

std::string Firmware::make(const std::string& server_id, const std::optional<GuestUser>& user) const {
    auto path = path_of(server_id);
    if (::access(path.c_str(), F_OK) != 0) {
        const auto variables = read_small_file(settings_.uefi_variables);
        if (!variables || ::access(settings_.uefi_code.c_str(), R_OK) != 0)
            throw Error(ErrorCode::NotSupported,
                        "image property 'hw_firmware_type': the host of this server has no UEFI firmware",
                        "install package ovmf, or see libvirt.uefi_code and libvirt.uefi_variables", server_id);
        write_small_file(path, *variables);
    }
    give_file(user, path);
    return path;
}

void Firmware::remove(const std::string& server_id) const {
    ::unlink(path_of(server_id).c_str());
}

}  // namespace virga::compute::virt::libvirt
