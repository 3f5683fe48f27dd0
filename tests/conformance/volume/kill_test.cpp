#include <fstream>
#include <set>

#include "conformance/volume/operation.hpp"
#include "conformance/volume/suite.hpp"
#include "disk/disk.hpp"

namespace virga::volume::host::test {
namespace {

/// Kills a process at every failpoint of an operation; then a new one either repeats the operation or undoes it.
class KillSuite : public DriverSuite {
protected:
    struct World {
        std::string source = new_uuid();
        std::string snapshots[2] = {new_uuid(), new_uuid()};
        std::string target = new_uuid();
    };

    // A kill loses no page cache, so what matters here can be seen without a disk.
    std::string place() const {
        return GetParam() == "local" || GetParam() == "local_encrypted" ? memory_folder() : parent_folder(GetParam());
    }

    // A volume from an image with two snapshots and three generations of data.
    World make_world() {
        driver_.reset();
        folder_ = std::make_unique<Place>(GetParam(), place());
        driver_ = open_driver(GetParam(), backend_folder());
        World w;
        driver_->create_from_image(w.source, 1, image_, {});
        for (int i = 0; i < 2; ++i) {
            write(w.source, i + 1, "2M");
            driver_->create_snapshot(w.source, w.snapshots[i]);
        }
        write(w.source, 3, "2M");
        return w;
    }

    json::object operation(const std::string& op, const World& w) {
        json::object o{{"op", op}, {"id", w.target}, {"source_id", w.source}, {"snapshot_id", w.snapshots[0]}};
        o["size_gib"] = op == "extend" ? 2 : 1;
        o["image"] = other_image_.to_json();
        const std::set<std::string> on_source{"extend",
                                              "create_snapshot",
                                              "delete_snapshot",
                                              "initialize_connection",
                                              "terminate_connection",
                                              "create_snapshot_online"};
        if (on_source.contains(op)) o["id"] = w.source;
        if (op.starts_with("create_snapshot") || op == "revert") o["snapshot_id"] = w.target;
        return o;
    }

    // What an operation needs to be there first.
    void prepare(const std::string& op, const World& w) {
        if (op == "remove" || op == "revert" || op == "reimage" || op == "unmanage")
            driver_->clone(w.target, 1, w.source, {});
        if (op == "revert") {
            driver_->create_snapshot(w.target, w.target);
            write(w.target, 9, "2M");
        }
        if (op == "terminate_connection") driver_->initialize_connection(w.source, "host");
    }

    std::vector<std::string> points_of(const std::string& op) {
        const auto w = make_world();
        prepare(op, w);
        driver_.reset();
        const auto log = images_->at("points");
        EXPECT_EQ(apply_in_child(GetParam(), backend_folder(), operation(op, w), "", log), 0) << op;
        std::vector<std::string> points;
        std::ifstream in(log);
        for (std::string line; std::getline(in, line);) points.push_back(line);
        disk::write_file_atomically(log, "");
        return points;
    }

    void kill_at(const std::string& op, const std::string& point, const World& w) {
        constexpr int kKilled = 137;
        prepare(op, w);
        driver_.reset();
        EXPECT_EQ(apply_in_child(GetParam(), backend_folder(), operation(op, w), point + ":exit", "/dev/null"), kKilled)
            << op << " at " << point;
    }

    void expect_source(const World& w) {
        expect(w.source, 3, "2M");
        expect(w.source, 0x11, "0");
    }

    void clean_up(const World& w) {
        driver_->delete_snapshot(w.target, w.target);
        driver_->remove(w.target);
        driver_->delete_snapshot(w.source, w.target);
        for (const auto& snapshot : w.snapshots) driver_->delete_snapshot(w.source, snapshot);
        expect_source(w);
        driver_->remove(w.source);
        for (const auto& disk : driver_->manageable()) {
            driver_->manage(w.target, disk.name, "");
            expect(w.target, 3, "2M");
            driver_->remove(w.target);
        }
        expect_nothing_left();
    }

    void check(const std::string& op) {
        image_ = make_image(*images_, "raw", 16);
        other_image_ = make_image(*images_, "qcow2", 17);
        const auto points = points_of(op);
        ASSERT_FALSE(points.empty()) << op;
        for (const auto& point : std::set<std::string>(points.begin(), points.end())) {
            SCOPED_TRACE(op + " killed at " + point);
            for (const auto ending : endings()) {
                const auto w = make_world();
                kill_at(op, point, w);
                driver_ = open_driver(GetParam(), backend_folder());
                if (ending == Ending::RecoverAndRepeat) driver_->recover();
                if (ending != Ending::Undo) repeat(op, w);
                expect_source(w);
                clean_up(w);
            }
        }
    }

    enum class Ending { RecoverAndRepeat, Repeat, Undo };

    // On a share each costs a mount and some hundred round trips, encrypted each costs some programs: there one after
    // the other takes its turn. What is under it is the engine of the local driver, whose kinds see all.
    std::vector<Ending> endings() {
        const std::vector<Ending> all{Ending::RecoverAndRepeat, Ending::Repeat, Ending::Undo};
        const bool in_turn = is_remote(GetParam()) || is_encrypted(GetParam());
        return in_turn ? std::vector<Ending>{all[turn_++ % all.size()]} : all;
    }

    void repeat(const std::string& op, const World& w) {
        apply(*driver_, operation(op, w));
        expect_source(w);
        if (op == "clone" || op == "revert" || op == "create_from_disk") expect(w.target, 3, "2M");
        if (op == "reimage") expect(w.target, 0, "2M");
        if (op == "create_from_snapshot") expect(w.target, 1, "2M");
        if (op == "create_from_image" || op == "reimage") expect(w.target, 0x11, "0");
        const auto other = from_snapshot(w.source, w.snapshots[1]);
        expect(other, 2, "2M");
        driver_->remove(other);
    }

    static inline std::size_t turn_ = 0;
    ImageSource image_;
    ImageSource other_image_;
};

TEST_P(KillSuite, create) {
    check("create");
}
TEST_P(KillSuite, create_from_image) {
    check("create_from_image");
}
TEST_P(KillSuite, create_from_snapshot) {
    check("create_from_snapshot");
}
TEST_P(KillSuite, clone) {
    check("clone");
}
TEST_P(KillSuite, create_from_disk) {
    check("create_from_disk");
}
TEST_P(KillSuite, remove) {
    check("remove");
}
TEST_P(KillSuite, revert) {
    check("revert");
}
TEST_P(KillSuite, reimage) {
    check("reimage");
}
TEST_P(KillSuite, unmanage) {
    if (is_encrypted(GetParam())) GTEST_SKIP() << "encrypted volumes are not let go";
    check("unmanage");
}
TEST_P(KillSuite, extend) {
    check("extend");
}
TEST_P(KillSuite, create_snapshot) {
    check("create_snapshot");
}
TEST_P(KillSuite, create_snapshot_online) {
    check("create_snapshot_online");
}
TEST_P(KillSuite, delete_snapshot) {
    check("delete_snapshot");
}
TEST_P(KillSuite, connection) {
    check("initialize_connection");
    check("terminate_connection");
}

// The fake keeps no data, and writes its record as one file: it has no points to be killed at.
INSTANTIATE_TEST_SUITE_P(Drivers, KillSuite, ::testing::ValuesIn(storing_kinds()),
                         [](const auto& kind) { return kind.param; });

}  // namespace
}  // namespace virga::volume::host::test
