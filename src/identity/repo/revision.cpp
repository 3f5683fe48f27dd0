#include "identity/repo/revision.hpp"

namespace virga::identity::repo {

void count_change(db::Transaction& tx) {
    tx.exec("UPDATE identity_revision SET revision = revision + 1");
}

}  // namespace virga::identity::repo
