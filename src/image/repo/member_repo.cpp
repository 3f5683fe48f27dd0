#include "image/repo/member_repo.hpp"

#include "base/error.hpp"

namespace virga::image::repo {
namespace {

Member read(const db::Row& row) {
    return {row.text("image_id"), row.text("member_id"), lifecycle::state_of<MemberStatus>(row.text("status")),
            row.number("created_us"), row.number("updated_us")};
}

}  // namespace

std::optional<Member> find_member(db::Transaction& tx, const std::string& image_id, const std::string& member_id) {
    const auto row =
        tx.query_one("SELECT * FROM image_members WHERE image_id = ? AND member_id = ?", {image_id, member_id});
    if (!row) return std::nullopt;
    return read(*row);
}

std::vector<Member> list_members(db::Transaction& tx, const std::string& image_id) {
    std::vector<Member> out;
    for (const auto& row :
         tx.query("SELECT * FROM image_members WHERE image_id = ? ORDER BY created_us, member_id", {image_id})) {
        out.push_back(read(row));
    }
    return out;
}

void insert_member(db::Transaction& tx, const Member& member) {
    if (find_member(tx, member.image_id, member.member_id)) {
        throw Error(ErrorCode::Conflict,
                    "Image member " + member.member_id + " already exists for image " + member.image_id + ".");
    }
    tx.exec("INSERT INTO image_members (image_id, member_id, status, created_us, updated_us) VALUES (?, ?, ?, ?, ?)",
            {member.image_id, member.member_id, text_of(member.status), member.created_us, member.updated_us});
}

void update_member(db::Transaction& tx, const Member& member) {
    tx.exec("UPDATE image_members SET status = ?, updated_us = ? WHERE image_id = ? AND member_id = ?",
            {text_of(member.status), member.updated_us, member.image_id, member.member_id});
}

bool delete_member(db::Transaction& tx, const std::string& image_id, const std::string& member_id) {
    return tx.exec("DELETE FROM image_members WHERE image_id = ? AND member_id = ?", {image_id, member_id}) > 0;
}

}  // namespace virga::image::repo
