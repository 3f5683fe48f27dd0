#pragma once
#include "db/database.hpp"
#include "image/model/record.hpp"

namespace virga::image::repo {

Record read_record(const db::Row& row);
std::vector<Record> read_records(const std::vector<db::Row>& rows);

}  // namespace virga::image::repo
