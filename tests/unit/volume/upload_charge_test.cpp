#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "unit/volume/control_fixture.hpp"
#include "volume/flows/flows.hpp"
#include "volume/repo/message_repo.hpp"

namespace virga::volume {
namespace {

constexpr std::int64_t kMib = 1024 * 1024;

/// Uploads of a project whose quota is 64 MiB of image data.
class UploadCharges : public ControlFixture {
protected:
    UploadCharges() { config.set("image.quota_bytes", std::to_string(64 * kMib)); }

    flows::ImageRequest request(const std::string& format) {
        flows::ImageRequest wanted;
        wanted.id = new_id<ImageId>();
        wanted.name = "made";
        wanted.disk_format = format;
        return wanted;
    }
    FlowId upload(const VolumeId& volume, const flows::ImageRequest& wanted) {
        return write([&](db::Transaction& tx) { return flows::upload_image(tx, dependencies, auth, volume, wanted); });
    }
    /// Waits for something that other threads do.
    template <class F>
    bool becomes(F&& condition) {
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!condition()) {
            if (std::chrono::steady_clock::now() > until) return false;
            std::this_thread::yield();
        }
        return true;
    }
    std::int64_t charged(const ImageId& id) {
        return database->read_with([&](db::Transaction& tx) {
            const auto record = image::repo::find(tx, id.value);
            return record ? record->charged_bytes : 0;
        });
    }
    bool is_there(const ImageId& id) {
        return database->read_with([&](db::Transaction& tx) { return images.find_any(tx, id).has_value(); });
    }
    ErrorCode code_of_image(std::int64_t expected_bytes) {
        image::NewImage image;
        image.id = new_id<ImageId>();
        image.expected_bytes = expected_bytes;
        image.disk_format = "raw";
        image.container_format = "bare";
        return code_of([&] { write([&](db::Transaction& tx) { images.create(tx, auth, image); }); });
    }

    flows::Dependencies dependencies{*database, config, images, host, *runner};
};

TEST_F(UploadCharges, DataIsChargedAsItArrivesAndEndsWhereTheQuotaDoes) {
    const auto volume = created();
    const auto wanted = request("qcow2");
    bool counted = false;
    bool stopped = false;
    ErrorCode other = ErrorCode::Internal;
    host.on(command::kUpload, [&](const json::object&, const rpc::CallOptions& options) -> json::object {
        options.on_progress(40 * kMib, 1024 * kMib);
        counted = becomes([&] { return charged(wanted.id) >= 40 * kMib; });
        other = code_of_image(30 * kMib);
        options.on_progress(65 * kMib, 1024 * kMib);
        stopped = becomes([&] { return options.cancelled(); });
        throw Error(ErrorCode::Cancelled, "told to end");
    });
    const auto flow = ended(upload(volume, wanted));
    EXPECT_TRUE(counted);
    EXPECT_EQ(other, ErrorCode::TooLarge);
    EXPECT_TRUE(stopped);
    EXPECT_FALSE(is_there(wanted.id));
    EXPECT_EQ(status(volume), "available");
    const auto messages = database->read_with([&](db::Transaction& tx) {
        return repo::list_messages(tx, {.project = auth.project.value, .resource_id = volume.value});
    });
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_NE(messages[0].text.find("quota"), std::string::npos) << messages[0].text;
}

TEST_F(UploadCharges, AnImageThatIsDeletedMeanwhileEndsTheCommand) {
    const auto volume = created();
    const auto wanted = request("qcow2");
    bool stopped = false;
    host.on(command::kUpload, [&](const json::object&, const rpc::CallOptions& options) -> json::object {
        write([&](db::Transaction& tx) { image::repo::mark_deleted(tx, wanted.id.value); });
        options.on_progress(kMib, 1024 * kMib);
        stopped = becomes([&] { return options.cancelled(); });
        throw Error(ErrorCode::Cancelled, "told to end");
    });
    ended(upload(volume, wanted));
    EXPECT_TRUE(stopped);
    EXPECT_EQ(status(volume), "available");
}

TEST_F(UploadCharges, WhatCannotFitIsRefusedAtOnce) {
    const auto volume = created();
    const auto wanted = request("raw");
    EXPECT_EQ(code_of([&] { upload(volume, wanted); }), ErrorCode::TooLarge);
    EXPECT_EQ(status(volume), "available");
    EXPECT_FALSE(is_there(wanted.id));
}

TEST_F(UploadCharges, RawDataIsChargedBeforeItArrives) {
    config.set("image.quota_bytes", std::to_string(1536 * kMib));
    const auto volume = created();
    const auto wanted = request("raw");
    std::int64_t before = 0;
    ErrorCode other = ErrorCode::Internal;
    host.on(command::kUpload, [&](const json::object& params, const rpc::CallOptions&) -> json::object {
        const auto path = ImageTarget::from_json(get_object(params, "target")).path();
        std::ofstream(path).close();
        std::filesystem::resize_file(path, 1024 * kMib);
        before = charged(wanted.id);
        other = code_of_image(1024 * kMib);
        return StoredImage{"raw", 1024 * kMib, 1024 * kMib, "a", "b", "c"}.to_json();
    });
    ended(upload(volume, wanted));
    EXPECT_GE(before, 1024 * kMib);
    EXPECT_EQ(other, ErrorCode::TooLarge);
    EXPECT_TRUE(is_there(wanted.id));
    EXPECT_EQ(charged(wanted.id), 0);
    EXPECT_EQ(code_of_image(1024 * kMib), ErrorCode::TooLarge);
}

// A host may take a copy of the image store for it: what it says it has written isn't where it should be.
TEST_F(UploadCharges, AnImageWhoseDataIsNotInTheStoreIsNone) {
    config.set("image.quota_bytes", std::to_string(1536 * kMib));
    const auto volume = created();
    const auto wanted = request("raw");
    host.on(command::kUpload, [&](const json::object&, const rpc::CallOptions&) -> json::object {
        return StoredImage{"raw", 1024 * kMib, 1024 * kMib, "a", "b", "c"}.to_json();
    });
    ended(upload(volume, wanted));
    EXPECT_FALSE(is_there(wanted.id));
    EXPECT_EQ(status(volume), "available");
}

}  // namespace
}  // namespace virga::volume
