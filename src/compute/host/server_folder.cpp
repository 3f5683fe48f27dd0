#include "compute/host/server_folder.hpp"

#include <sys/stat.h>

#include <filesystem>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "base/small_file.hpp"

namespace virga::compute::host {
namespace {

std::string checked_path(const std::string& instances, const std::string& server_id) {
    if (!is_uuid_like(server_id)) throw Error(ErrorCode::InvalidInput, "server_id '" + server_id + "' is not a UUID");
    return instances + "/" + canonical_uuid(server_id);
}

}  // namespace

ServerFolder::ServerFolder(const std::string& instances, const std::string& server_id)
    : path_(checked_path(instances, server_id)) {}

void ServerFolder::create() const {
    std::error_code failure;
    std::filesystem::create_directories(path_, failure);
    if (failure) throw_errno(ErrorCode::Internal, "make folder " + path_, failure.value());
    ::chmod(path_.c_str(), 0711);  // its guest's user passes through to its disks
}

void ServerFolder::remove() const {
    std::error_code failure;
    std::filesystem::remove_all(path_, failure);
    if (failure) throw_errno(ErrorCode::Internal, "remove folder " + path_, failure.value());
}

DiskRecords ServerFolder::disks() const {
    const auto all = parse_object(read_small_file(path_ + "/disk.info").value_or(""));
    return read_stored([&] {
        DiskRecords records;
        for (const auto& entry : all) {
            const auto record = get_object(all, entry.key());
            records[DiskName::parse(entry.key())] = {disk::format_of(get_string(record, "format")),
                                                     get_string(record, "backing")};
        }
        return records;
    });
}

void ServerFolder::record_disk(const DiskName& file, const DiskRecord& record) const {
    auto records = disks();
    records[file] = record;
    json::object all;
    for (const auto& [name, known] : records)
        all[name.text()] = json::object{{"format", disk::to_string(known.format)}, {"backing", known.backing}};
    write_small_file(path_ + "/disk.info", json::serialize(all));
}

std::vector<network::Nic> ServerFolder::nics() const {
    const auto path = path_ + "/guest.json";
    try {
        const auto text = read_small_file(path);
        if (!text) return {};
        return read_stored([&] { return GuestSpec::from_json(parse_object(*text)); }).nics;
    } catch (const Error& failure) {
        log::error("the record of a guest can't be read, its network devices are not known",
                   {{"file", path}, {"error", failure.message()}, {"detail", failure.detail()}});
        return {};
    }
}

void ServerFolder::record_guest(const GuestSpec& guest) const {
    write_small_file(path_ + "/guest.json", json::serialize(guest.to_json()));
}

std::vector<std::string> server_folders(const std::string& instances) {
    auto names = folder_entries(instances);
    std::erase_if(names, [](const auto& name) { return !is_uuid_like(name); });
    return names;
}

}  // namespace virga::compute::host
