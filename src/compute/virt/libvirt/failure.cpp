#include "compute/virt/libvirt/failure.hpp"

#include <libvirt/virterror.h>

#include "base/log.hpp"
#include "compute/virt/libvirt/handle.hpp"

namespace virga::compute::virt::libvirt {
namespace {

constexpr const char* kRefused = "the hypervisor of the host can't make or change a guest as it was asked for";

ErrorCode code_of(int libvirt_code) {
    switch (libvirt_code) {
        case VIR_ERR_NO_DOMAIN:
            return ErrorCode::NotFound;
        case VIR_ERR_XML_ERROR:
        case VIR_ERR_XML_DETAIL:
        case VIR_ERR_CONFIG_UNSUPPORTED:
        case VIR_ERR_INVALID_ARG:
            return ErrorCode::InvalidInput;
        case VIR_ERR_OPERATION_TIMEOUT:
        case VIR_ERR_AGENT_UNRESPONSIVE:
        case VIR_ERR_NO_CONNECT:
        case VIR_ERR_INVALID_CONN:
            return ErrorCode::Unavailable;
        default:
            return ErrorCode::Internal;
    }
}

void to_log(void*, virErrorPtr failure) {
    if (failure != nullptr && failure->message != nullptr)
        log::debug("libvirt error", {{"message", failure->message}, {"code", failure->code}});
}

}  // namespace

int last_code() {
    const auto* failure = virGetLastError();
    return failure == nullptr ? 0 : failure->code;
}

Error last_failure(const std::string& what, const std::string& server_id) {
    const auto* failure = virGetLastError();
    const std::string reason =
        failure != nullptr && failure->message != nullptr ? failure->message : "no reason was given";
    const auto code = code_of(last_code());
    // What this says reaches users as it is.
    if (code == ErrorCode::InvalidInput) return Error(code, what + ": " + kRefused, reason, server_id);
    return Error(code, what + ": " + reason, {}, server_id);
}

void check(int result, const std::string& what, const std::string& server_id) {
    if (result < 0) throw last_failure(what, server_id);
}

void silence() {
    ::setenv("LIBVIRT_DEBUG", "error", 0);
    virSetErrorFunc(nullptr, to_log);
}

std::string uuid_of(virDomainPtr domain) {
    char text[VIR_UUID_STRING_BUFLEN] = {};
    check(virDomainGetUUIDString(domain, text), "read a guest's id");
    return text;
}

}  // namespace virga::compute::virt::libvirt
