#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>

#include "base/crypto.hpp"
#include "harness/test_database.hpp"
#include "image/repo/image_repo.hpp"
#include "image/service.hpp"
#include "image/stores/file_store.hpp"
#include "image/stores/store_mark.hpp"
#include "image/upload/background_hasher.hpp"

namespace virga::image {
namespace {

/// A body that can call something, or end like a client that went away, at its end.
class Body : public http::BodyReader {
public:
    explicit Body(std::string data) : data_(std::move(data)) {}
    std::size_t read(char* into, std::size_t size) override {
        const auto count = std::min({size, data_.size() - at_, std::size_t{70'000}});
        if (count == 0 && at_end) at_end();
        std::memcpy(into, data_.data() + at_, count);
        at_ += count;
        return count;
    }
    std::function<void()> at_end;

private:
    std::string data_;
    std::size_t at_ = 0;
};

class ImageTest : public ::testing::Test {
protected:
    ImageTest() {
        db::migrate(database_, identity::migrations());
        db::migrate(database_, migrations());
        identity_.bootstrap(Secret(password_));
        identity_.register_routes(router_);
        service_.register_routes(router_);
        token_ = login();
    }
    ~ImageTest() override { std::filesystem::remove_all(folder_); }

    std::string login() {
        http::Request request;
        request.method = "POST";
        request.path = request.target = "/identity/v3/auth/tokens";
        request.body = R"({"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "admin",
            "domain": {"id": "default"}, "password": ")" +
                       password_ + R"("}}}}})";
        const auto response = router_.handle(request);
        const auto& answer = response.later ? router_.finish(request, response) : response;
        return std::string(answer.headers.get("X-Subject-Token"));
    }

    http::Response call(const std::string& method, const std::string& path, const std::string& body = {},
                        http::BodyReader* stream = nullptr) {
        http::Request request;
        request.method = method;
        request.path = request.target = "/image/v2/images" + path;
        request.body = body;
        request.stream = stream;
        request.headers.add("X-Auth-Token", token_);
        request.headers.add("Content-Type", stream == nullptr ? "application/json" : "application/octet-stream");
        return router_.handle(request);
    }

    std::string create(const std::string& disk_format = "raw") {
        const auto answer =
            call("POST", "", R"({"name": "x", "container_format": "bare", "disk_format": ")" + disk_format + R"("})");
        EXPECT_EQ(answer.status, 201) << answer.body;
        return std::string(json::parse(answer.body).at("id").as_string());
    }
    int upload(const std::string& id, Body body) { return call("PUT", "/" + id + "/file", {}, &body).status; }
    std::string status(const std::string& id) {
        return std::string(json::parse(call("GET", "/" + id).body).at("status").as_string());
    }
    std::string download(const std::string& id) {
        const auto answer = call("GET", "/" + id + "/file");
        std::string data;
        std::string piece(10'000, '\0');
        while (answer.stream) {
            const auto got = answer.stream(piece.data(), piece.size());
            if (got == 0) break;
            data.append(piece, 0, got);
        }
        return data;
    }
    std::vector<std::string> files() {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(folder_ / "images")) {
            auto name = entry.path().filename().string();
            if (name != kMarkFile) names.push_back(std::move(name));
        }
        return names;
    }
    std::vector<std::string> differences() {
        return database_.read_with([&](db::Transaction& tx) { return service_.check(tx); });
    }

    static std::filesystem::path make_folder() {
        auto folder = std::filesystem::temp_directory_path() / ("virga-image-" + new_uuid());
        std::filesystem::create_directories(folder);
        return folder;
    }

    std::filesystem::path folder_ = make_folder();
    test::TestDatabase place_{folder_};
    db::Database database_{place_.url()};
    config::Config config_;
    identity::Service identity_{database_, config_};
    Service service_{database_, config_, identity_, folder_.string()};
    http::Router router_;
    std::string password_ = "a generated password";
    std::string token_;
};

std::string some_data(std::size_t size) {
    std::string data(size, '\0');
    for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<char>(i * 31 + i / 251);
    return data;
}

TEST(BackgroundHasher, GivesTheSameDigestAsInOneGo) {
    const auto data = some_data(1'000'000);
    BackgroundHasher hasher(3, 4096);
    for (std::size_t at = 0; at < data.size();) {
        auto* buffer = hasher.acquire();
        buffer->used = std::min(buffer->data.size(), data.size() - at);
        std::memcpy(buffer->data.data(), data.data() + at, buffer->used);
        at += buffer->used;
        hasher.submit(buffer);
    }
    EXPECT_EQ(hasher.finish(), hash_hex(HashAlgorithm::Sha512, data));
}

TEST_F(ImageTest, DataComesBackAsItWasSent) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{256 * 1024}, std::size_t{3'000'001}}) {
        const auto id = create();
        const auto data = some_data(size);
        ASSERT_EQ(upload(id, Body(data)), 204);
        const auto image = json::parse(call("GET", "/" + id).body).as_object();
        EXPECT_EQ(image.at("status").as_string(), "active");
        EXPECT_EQ(image.at("size").as_int64(), static_cast<std::int64_t>(size));
        EXPECT_EQ(image.at("checksum").as_string(), hash_hex(HashAlgorithm::Md5, data));
        EXPECT_EQ(image.at("os_hash_value").as_string(), hash_hex(HashAlgorithm::Sha512, data));
        EXPECT_EQ(download(id), data);
    }
    EXPECT_TRUE(differences().empty());
}

TEST_F(ImageTest, DataIsWrittenOnce) {
    const auto id = create();
    EXPECT_EQ(upload(id, Body("first")), 204);
    EXPECT_EQ(upload(id, Body("second")), 409);
    EXPECT_EQ(download(id), "first");
}

TEST_F(ImageTest, ClientThatVanishesLeavesTheImageQueued) {
    const auto id = create();
    Body body(some_data(500'000));
    body.at_end = [] { throw Error(ErrorCode::Cancelled, "the client went away"); };
    EXPECT_EQ(upload(id, body), 409);
    EXPECT_EQ(status(id), "queued");
    EXPECT_TRUE(files().empty());
    EXPECT_EQ(upload(id, Body("again")), 204);
}

TEST_F(ImageTest, SecondUploaderIsRefusedWhileTheFirstIsSending) {
    const auto id = create();
    int second = 0;
    Body body("data");
    body.at_end = [&] {
        EXPECT_EQ(status(id), "saving");
        EXPECT_TRUE(differences().empty());
        second = upload(id, Body("other"));
    };
    EXPECT_EQ(upload(id, body), 204);
    EXPECT_EQ(second, 409);
    EXPECT_EQ(download(id), "data");
}

TEST_F(ImageTest, DeletingStopsAnUpload) {
    const auto id = create();
    Body body(some_data(500'000));
    body.at_end = [&] { EXPECT_EQ(call("DELETE", "/" + id).status, 204); };
    EXPECT_EQ(upload(id, body), 410);
    EXPECT_EQ(call("GET", "/" + id).status, 404);
    EXPECT_TRUE(files().empty());
    EXPECT_TRUE(differences().empty());
}

TEST_F(ImageTest, ContentThatIsNotWhatWasDeclaredIsRefused) {
    const auto id = create("qcow2");
    EXPECT_EQ(upload(id, Body(some_data(100'000))), 400);
    EXPECT_EQ(status(id), "queued");
    EXPECT_TRUE(files().empty());
}

TEST_F(ImageTest, DataNeedsItsFormats) {
    const auto answer = call("POST", "", R"({"name": "x"})");
    const auto id = std::string(json::parse(answer.body).at("id").as_string());
    EXPECT_EQ(upload(id, Body("x")), 400);
    EXPECT_EQ(status(id), "queued");
}

TEST_F(ImageTest, LimitsAreKeptWithAndWithoutALength) {
    config_.set("image.max_bytes", "1000");
    const auto id = create();
    EXPECT_EQ(upload(id, Body(some_data(1001))), 413);
    EXPECT_EQ(status(id), "queued");
    EXPECT_EQ(upload(id, Body(some_data(1000))), 204);
    config_.set("image.quota_bytes", "1500");
    const auto other = create();
    EXPECT_EQ(upload(other, Body(some_data(501))), 413);
    EXPECT_EQ(upload(other, Body(some_data(500))), 204);
}

TEST_F(ImageTest, RecoverPutsBackWhatAKillLeft) {
    const auto saving = create();
    const auto active = create();
    ASSERT_EQ(upload(active, Body("data")), 204);
    const auto upload_id = new_uuid();
    database_.write_with([&](db::Transaction& tx) { ASSERT_TRUE(repo::start_upload(tx, saving, {upload_id})); });
    for (const auto& name : {part_name(saving, upload_id), saving, new_uuid()}) {
        std::ofstream(folder_ / "images" / name) << "half";
    }
    EXPECT_EQ(differences().size(), 1u);
    service_.recover();
    EXPECT_EQ(status(saving), "queued");
    EXPECT_EQ(files(), std::vector<std::string>{active});
    EXPECT_TRUE(differences().empty());
    EXPECT_EQ(download(active), "data");
}

TEST_F(ImageTest, CheckFindsMissingAndChangedFiles) {
    const auto id = create();
    ASSERT_EQ(upload(id, Body("data")), 204);
    std::ofstream(folder_ / "images" / id, std::ios::app) << "more";
    EXPECT_EQ(differences().size(), 1u);
    std::filesystem::remove(folder_ / "images" / id);
    EXPECT_EQ(differences().size(), 1u);
    EXPECT_EQ(call("GET", "/" + id + "/file").status, 404);
}

TEST_F(ImageTest, CheckFindsWhatIsChargedWithoutAnUpload) {
    const auto id = create();
    ASSERT_EQ(upload(id, Body(some_data(1000))), 204);
    EXPECT_TRUE(differences().empty());
    database_.write_with(
        [&](db::Transaction& tx) { tx.exec("UPDATE images SET charged_bytes = 7 WHERE id = ?", {id}); });
    ASSERT_EQ(differences().size(), 1U);
    EXPECT_NE(differences().front().find("charged 7 bytes"), std::string::npos);
}

TEST_F(ImageTest, AnIdIsNeverUsedAgain) {
    const auto id = create();
    EXPECT_EQ(call("DELETE", "/" + id).status, 204);
    EXPECT_EQ(call("POST", "", R"({"id": ")" + id + R"("})").status, 409);
    EXPECT_EQ(call("POST", "", R"({"id": "../../etc/passwd"})").status, 400);
}

TEST_F(ImageTest, HostsReadWhatIsActive) {
    const auto id = create();
    const auto source = [&] {
        return database_.read_with([&](db::Transaction& tx) { return service_.source(tx, ImageId(id), "host-1"); });
    };
    EXPECT_THROW(source(), Error);
    ASSERT_EQ(upload(id, Body("data")), 204);
    EXPECT_EQ(source().disk_format, "raw");
    EXPECT_EQ(source().size_bytes, 4);
    EXPECT_EQ(std::filesystem::file_size(source().path), 4u);
}

// Two processes share the store: what one of them is receiving is not for the other to put back.
TEST_F(ImageTest, RecoverLeavesTheUploadsOfTheLivingAlone) {
    std::set<std::string> living{"a", "b"};
    service_.share_store([] { return std::string("a"); },
                         [&](db::Transaction&, const std::string& owner) { return living.contains(owner); });
    const auto theirs = create();
    const auto ours = create();
    const auto of_a_flow = create();
    const auto upload_id = new_uuid();
    database_.write_with([&](db::Transaction& tx) {
        ASSERT_TRUE(repo::start_upload(tx, theirs, {upload_id, repo::UploadBy::Request, "b"}));
        ASSERT_TRUE(repo::start_upload(tx, of_a_flow, {upload_id, repo::UploadBy::Flow}));
    });
    const auto theirs_part = part_name(theirs, upload_id);
    const auto attempt = part_name(of_a_flow, upload_id, new_uuid());
    for (const auto& name : {theirs_part, attempt}) std::ofstream(folder_ / "images" / name) << "half";
    // One of its own that it could not put back when it failed.
    const auto forgotten = create();
    database_.write_with([&](db::Transaction& tx) {
        ASSERT_TRUE(repo::start_upload(tx, forgotten, {new_uuid(), repo::UploadBy::Request, "a"}));
    });
    Body body("ours");
    body.at_end = [&] {
        service_.recover();
        EXPECT_EQ(status(ours), "saving");
        EXPECT_EQ(status(forgotten), "queued");
        EXPECT_EQ(files().size(), 3U);
    };
    EXPECT_EQ(upload(ours, std::move(body)), 204);
    EXPECT_EQ(download(ours), "ours");
    EXPECT_EQ(status(theirs), "saving");
    EXPECT_TRUE(differences().empty());

    living = {"a"};
    service_.recover();
    EXPECT_EQ(status(theirs), "queued");
    auto left = files();
    std::sort(left.begin(), left.end());
    std::vector<std::string> expected{ours, attempt};
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(left, expected) << "a flow goes on by itself";
}

// The request that receives its data notices that when more of them come.
TEST_F(ImageTest, AnImageThatIsDeletedDuringItsUploadIsNoDifference) {
    const auto id = create();
    Body body("data");
    body.at_end = [&] {
        EXPECT_EQ(call("DELETE", "/" + id).status, 204);
        EXPECT_EQ(files().size(), 1U);
        EXPECT_TRUE(differences().empty());
    };
    EXPECT_EQ(upload(id, std::move(body)), 410);
    EXPECT_TRUE(files().empty());
}

TEST_F(ImageTest, ProcessesOfOneStoreHaveOneMark) {
    const auto mark = mark_store((folder_ / "images").string());
    EXPECT_GE(mark.value.size(), 32U);
    EXPECT_EQ(mark_store((folder_ / "images").string()).value, mark.value);
    EXPECT_EQ(std::filesystem::status(folder_ / "images/.store").permissions() & std::filesystem::perms::others_all,
              std::filesystem::perms::none);
    std::filesystem::create_directory(folder_ / "other");
    EXPECT_NE(mark_store((folder_ / "other").string()).value, mark.value);
    const auto id = create();
    ASSERT_EQ(upload(id, Body("data")), 204);
    const auto source =
        database_.read_with([&](db::Transaction& tx) { return service_.source(tx, ImageId(id), "host-1"); });
    EXPECT_EQ(source.store.value, mark.value);
    EXPECT_TRUE(source.transfer.empty()) << "nothing signs it";
}

TEST_F(ImageTest, PagesCoverTheListInEveryOrder) {
    for (int i = 0; i < 7; ++i) create();
    for (const auto* sort : {"name:asc", "size:desc", "created_at:asc,name", "id:asc"}) {
        std::vector<std::string> seen;
        std::optional<std::string> marker;
        do {
            http::Request request;
            request.query = {{"limit", "3"}, {"sort", sort}};
            if (marker) request.query.emplace_back("marker", *marker);
            identity::Auth admin;
            admin.standings = identity::policy::Standing::Admin;
            const auto query = parse_list_query(request);
            auto page = database_.read_with([&](db::Transaction& tx) { return repo::list(tx, admin, query); });
            marker.reset();
            if (page.size() > 3) {
                page.resize(3);
                marker = page.back().id;
            }
            for (const auto& record : page) seen.push_back(record.id);
        } while (marker);
        const std::set<std::string> unique(seen.begin(), seen.end());
        EXPECT_EQ(seen.size(), 7u) << sort;
        EXPECT_EQ(unique.size(), 7u) << sort;
    }
}

}  // namespace
}  // namespace virga::image
