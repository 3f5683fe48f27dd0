#pragma once
#include <libvirt/libvirt.h>

#include <cstdlib>
#include <memory>
#include <string>

namespace virga::compute::virt::libvirt {

struct Release {
    void operator()(virConnect* connection) const { virConnectClose(connection); }
    void operator()(virDomain* domain) const { virDomainFree(domain); }
    void operator()(char* text) const { std::free(text); }
};
using ConnectionHandle = std::unique_ptr<virConnect, Release>;
using DomainHandle = std::unique_ptr<virDomain, Release>;
using TextHandle = std::unique_ptr<char, Release>;

/// Canonical UUID text of a domain: the server's id.
std::string uuid_of(virDomainPtr domain);

}  // namespace virga::compute::virt::libvirt
