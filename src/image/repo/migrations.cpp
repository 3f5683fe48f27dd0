#include "image/service.hpp"

namespace virga::image {

const std::vector<db::Migration>& migrations() {
    static const std::vector<db::Migration> steps{
        {"image",
         1,
         {
             "CREATE TABLE images (id TEXT PRIMARY KEY, name TEXT, status TEXT NOT NULL, visibility TEXT NOT NULL, "
             "owner TEXT NOT NULL, disk_format TEXT, container_format TEXT, tool_format TEXT, size_bytes BIGINT, "
             "virtual_size_bytes BIGINT, min_disk_gib BIGINT NOT NULL, min_ram_mib BIGINT NOT NULL, "
             "protected BIGINT NOT NULL, hidden BIGINT NOT NULL, checksum_md5 TEXT, sha512 TEXT, tags TEXT NOT NULL, "
             "properties TEXT NOT NULL, upload_id TEXT, upload_by_flow BIGINT NOT NULL DEFAULT 0, created_us BIGINT "
             "NOT NULL, updated_us BIGINT NOT NULL)",
             "CREATE INDEX images_by_creation ON images (created_us, id)",
             "CREATE INDEX images_by_owner ON images (owner)",
             // Tags and properties once more, one row each, so that lists can be narrowed by them in SQL.
             "CREATE TABLE image_labels (image_id TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, "
             "value TEXT NOT NULL, PRIMARY KEY (image_id, kind, name))",
             "CREATE TABLE image_members (image_id TEXT NOT NULL, member_id TEXT NOT NULL, status TEXT NOT NULL, "
             "created_us BIGINT NOT NULL, updated_us BIGINT NOT NULL, PRIMARY KEY (image_id, member_id))",
             "CREATE INDEX image_members_by_member ON image_members (member_id)",
         }},
        {"image", 2, {"ALTER TABLE images ADD COLUMN xxh3 TEXT"}},
        {"image",
         3,
         {"CREATE TABLE image_holds (image_id TEXT NOT NULL, holder TEXT NOT NULL, PRIMARY KEY (image_id, holder))",
          "CREATE INDEX image_holds_by_holder ON image_holds (holder)"}},
        {"image",
         4,
         {
             // Bytes that the upload of a saving image has been charged for: see upload/quota.hpp.
             "ALTER TABLE images ADD COLUMN charged_bytes BIGINT NOT NULL DEFAULT 0",
             "CREATE INDEX images_of_owner ON images (owner) WHERE status <> 'deleted'",
         }},
        // Which of several control processes receives an upload: see stores/reconcile.hpp.
        {"image", 5, {"ALTER TABLE images ADD COLUMN upload_owner TEXT"}},
        // Each boot writes its holds twice: two trees are enough.
        {"image",
         6,
         {"CREATE TABLE holds_of_images (holder TEXT NOT NULL, image_id TEXT NOT NULL, "
          "PRIMARY KEY (holder, image_id)) WITHOUT ROWID",
          "INSERT INTO holds_of_images (holder, image_id) SELECT holder, image_id FROM image_holds",
          "DROP TABLE image_holds", "ALTER TABLE holds_of_images RENAME TO image_holds",
          "CREATE INDEX image_holds_by_image ON image_holds (image_id)"}},
    };
    return steps;
}

}  // namespace virga::image
