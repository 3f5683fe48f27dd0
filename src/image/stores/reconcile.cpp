#include "image/stores/reconcile.hpp"

#include <map>

#include "base/log.hpp"
#include "image/repo/image_repo.hpp"

namespace virga::image {
namespace {

/// The file goes on growing while it is compared with a snapshot of the row.
constexpr std::int64_t kUncommitted = 1L << 30;

/// What the rows account for.
class KnownFiles {
public:
    explicit KnownFiles(const std::vector<Record>& records) {
        for (const auto& record : records) uploads_.emplace(record.id, record.upload_id);
    }

    bool contains(const std::string& name) const {
        const auto found = uploads_.find(name.substr(0, name.find('.')));
        if (found == uploads_.end()) return false;
        const auto& [image, upload] = *found;
        return name == image || (!upload.empty() && is_part_of(name, image, upload));
    }

private:
    std::map<std::string, std::string> uploads_;  ///< that which runs, by image; empty: none
};

bool is_lost(db::Transaction& tx, const Record& record, const ActiveUploads& uploads, const OwnerLives& lives) {
    return record.status == ImageStatus::Saving && !record.upload_by_flow && !uploads.contains(record.upload_id) &&
           !lives(tx, record.upload_owner);
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
        // One that another process receives has its file only some time after its row.
        if (record.upload_owner.empty() && !uploads.contains(record.upload_id) &&
            !store.exists(part_name(record.id, record.upload_id))) {
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

/// What somebody else has put there, such as a folder of that name, keeps nobody from starting.
void remove_file(const FileStore& store, const std::string& name) {
    try {
        store.remove(name);
        log::warning("removed image data that no image has", {{"file", name}});
    } catch (const Error& failure) {
        log::error("image data that no image has can't be removed",
                   {{"file", name}, {"error", failure.message()}, {"detail", failure.detail()}});
    }
}

}  // namespace

// The files are listed first: an upload has its row before its file and as long as it has one, so that a file whose row
// isn't there later is nobody's.
void recover_store(db::Database& database, const FileStore& store, const ActiveUploads& uploads,
                   const OwnerLives& lives) {
    const auto files = store.files();
    const auto records = database.write_with([&](db::Transaction& tx) {
        for (const auto& record : repo::list_with_file(tx)) {
            if (!is_lost(tx, record, uploads, lives)) continue;
            log::warning("an upload was cut off: the image is queued again", {{"image", record.id}});
            repo::abandon_upload(tx, record.id, record.upload_id);
        }
        return repo::list_with_file(tx);
    });
    const KnownFiles known(records);
    for (const auto& name : files) {
        if (known.contains(name) || (!is_part_name(name) && !is_uuid_like(name))) continue;
        remove_file(store, name);
    }
    store.sync_folder();
}

std::vector<std::string> check_store(db::Transaction& tx, const FileStore& store, const ActiveUploads& uploads) {
    std::vector<std::string> differences;
    const auto files = store.files();
    const auto records = repo::list_with_file(tx);
    for (const auto& record : records) check_record(record, store, uploads, differences);
    const KnownFiles known(records);
    for (const auto& name : files) {
        // What came or went since the transaction's snapshot is no difference, nor what goes with a request that hasn't
        // yet noticed the end of its image.
        if (known.contains(name) || uploads.contains(upload_of_part(name)) || !store.exists(name)) continue;
        differences.push_back("The image store has the file " + name + ", which no image has.");
    }
    return differences;
}

}  // namespace virga::image
