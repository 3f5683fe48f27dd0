#include "image/model/image_changes.hpp"

#include "harness/machine_walk.hpp"
#include "image/repo/image_repo.hpp"
#include "image/service.hpp"

namespace virga::image {
namespace {

using namespace image_change;

TEST(ImageChanges, EveryStateHasAWordOfItsOwn) {
    test::each_state_has_a_word_of_its_own<ImageStatus>();
    test::each_state_has_a_word_of_its_own<MemberStatus>();
}

TEST(ImageChanges, EachIsReachableFromTheRequest) {
    test::each_change_is_reachable(image_machine(), {{Queued}});
}

TEST(ImageChanges, WhatWasDeletedStaysDeleted) {
    for (const auto* change : image_machine().changes) EXPECT_FALSE(lifecycle::starts_from(*change, {Deleted}));
}

TEST(ImageChanges, TheRowMovesJustWhereTheRuleAllowsIt) {
    test::ScratchDatabase scratch;
    db::migrate(scratch.db, migrations());
    auto tx = scratch.db.write();
    Record record;
    record.id = new_uuid();
    repo::insert(tx, record);
    tx.commit();
    test::the_row_moves_just_where_the_rule_allows_it(scratch.db, image_machine(), record.id);
}

}  // namespace
}  // namespace virga::image
