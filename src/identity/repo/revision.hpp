#pragma once
#include "db/database.hpp"

namespace virga::identity::repo {

/// To be called in each transaction that changes a role or an entry of the catalog: what a process made of them before
/// is no longer shown, by any process, from the commit on (Session::revision).
void count_change(db::Transaction& tx);

}  // namespace virga::identity::repo
