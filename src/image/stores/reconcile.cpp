#include "image/stores/reconcile.hpp"

#include <map>
#include <set>

#include "base/log.hpp"
#include "image/repo/image_repo.hpp"

namespace virga::image {
namespace {

/// The file goes on growing while it is compared with a snapshot of the row.
constexpr std::int64_t kUncommitted = 1L << 30;

/// Names of the files that the rows account for.
std::set<std::string> known_files(const std::vector<Record>& records) {
    std::set<std::string> names;
    for (const auto& record : records) {
        names.insert(record.id);
        if (record.status == ImageStatus::Saving) names.insert(part_name(record.id, record.upload_id));
    }
    return names;
}

/// What a request has brought was charged before it was written. (A flow's data is charged when it is complete.)
void check_charge(const Record& record, const FileStore& store, std::vector<std::string>& differences) {
    if (record.upload_by_flow) return;
    const auto size = store.size(part_name(record.id, record.upload_id));
    if (!size || *size <= record.charged_bytes + kUncommitted) return;
    differences.push_back("Image " + record.id + " has received " + std::to_string(*size) +
                          " bytes, but its project is charged for " + std::to_string(record.charged_bytes) + ".");
}

void check_record(const Record& record, const FileStore& store, const ActiveUploads& uploads,
                  std::vector<std::string>& differences) {
    if (record.status == ImageStatus::Saving) {
        check_charge(record, store, differences);
        if (record.upload_by_flow) return;  // its flow is checked where it belongs
        if (!uploads.contains(record.upload_id) && !store.exists(part_name(record.id, record.upload_id))) {
            differences.push_back("Image " + record.id + " is saving, but nothing is being uploaded.");
        }
        return;
    }
    if (record.charged_bytes != 0) {
        differences.push_back("Image " + record.id + " is " + text_of(record.status) + ", but an upload is charged " +
                              std::to_string(record.charged_bytes) + " bytes for it.");
    }
    const auto size = store.size(record.id);
    if (!size) {
        differences.push_back("Image " + record.id + " is " + text_of(record.status) + ", but its file is missing.");
    } else if (*size != record.size_bytes.value_or(-1)) {
        differences.push_back("Image " + record.id + " has " + std::to_string(record.size_bytes.value_or(-1)) +
                              " bytes, but its file has " + std::to_string(*size) + ".");
    }
}

}  // namespace

void recover_store(db::Database& database, const FileStore& store) {
    const auto records = database.write_with([&](db::Transaction& tx) {
        for (const auto& record : repo::list_with_file(tx)) {
            if (record.status != ImageStatus::Saving || record.upload_by_flow) continue;
            log::warning("an upload was cut off: the image is queued again", {{"image", record.id}});
            repo::abandon_upload(tx, record.id, record.upload_id);
        }
        return repo::list_with_file(tx);
    });
    const auto known = known_files(records);
    for (const auto& name : store.files()) {
        if (known.contains(name) || (!is_part_name(name) && !is_uuid_like(name))) continue;
        log::warning("removed image data that no image has", {{"file", name}});
        store.remove(name);
    }
    store.sync_folder();
}

std::vector<std::string> check_store(db::Transaction& tx, const FileStore& store, const ActiveUploads& uploads) {
    std::vector<std::string> differences;
    const auto files = store.files();
    const auto records = repo::list_with_file(tx);
    for (const auto& record : records) check_record(record, store, uploads, differences);
    const auto known = known_files(records);
    for (const auto& name : files) {
        // What came or went since the transaction's snapshot is no difference.
        if (known.contains(name) || !store.exists(name)) continue;
        differences.push_back("The image store has the file " + name + ", which no image has.");
    }
    return differences;
}

}  // namespace virga::image
