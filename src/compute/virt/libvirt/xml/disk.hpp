#pragma once
#include <cstdint>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <vector>

#include "compute/virt/driver.hpp"
#include "compute/virt/qcow2_chain.hpp"

namespace virga::compute::virt::libvirt {

/// Appends the <disk> element. `boot_order` 0: not bootable.
void add_disk(pugi::xml_node devices, const GuestDisk& disk, const DiskFile& file, std::int64_t boot_order);
/// The <disk> element alone, for a hot attach.
std::string disk_xml(const GuestDisk& disk, const DiskFile& file);

/// What is beneath a disk, nearest first, as the volume service tells, or as the headers that Virga wrote do.
std::vector<ChainLink> chain_of(const GuestDisk& disk, const DiskFile& file);

/// A disk that a running guest's disk is copied to. Nothing is beneath it.
std::string mirror_xml(const DiskFile& file);

/// The <source> element of a disk or an overlay, with its encryption.
void add_source(pugi::xml_node node, const DiskFile& file);

/// A disk as a domain's XML shows it.
struct DefinedDisk {
    std::string serial;  ///< volume id; empty for local disks
    std::string target;  ///< "vdb"
    std::string alias;   ///< of a running guest
    std::string format;  ///< of the active file
    bool encrypted = false;
    std::string xml;
    std::string source;         ///< active file; empty: another host exports it
    std::string mirror;         ///< file that is written to as well; empty: none
    bool mirror_ready = false;  ///< both are the same at every instant
};
/// A disk goes on in a file that is encrypted as it is. Throws Error{InvalidInput}.
void check_same_encryption(const DefinedDisk& disk, const DiskFile& file);
/// The files of its volumes, with what is beneath them.
std::vector<std::string> volume_files(const char* domain_xml);
std::vector<std::string> files_of(const DefinedDisk& disk);
std::vector<DefinedDisk> disks_of(const char* domain_xml);
std::optional<DefinedDisk> find_disk(const char* domain_xml, const std::string& serial);

}  // namespace virga::compute::virt::libvirt
