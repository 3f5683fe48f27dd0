#pragma once
#include <optional>
#include <string>
#include <vector>

#include "db/database.hpp"
#include "image/model/record.hpp"

namespace virga::image::repo {

std::optional<Member> find_member(db::Transaction& tx, const std::string& image_id, const std::string& member_id);
std::vector<Member> list_members(db::Transaction& tx, const std::string& image_id);
/// Throws Error{Conflict} when the project is a member already.
void insert_member(db::Transaction& tx, const Member& member);
void update_member(db::Transaction& tx, const Member& member);
bool delete_member(db::Transaction& tx, const std::string& image_id, const std::string& member_id);

}  // namespace virga::image::repo
