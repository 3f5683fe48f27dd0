#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <map>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "compute/host/images/iso_image.hpp"
#include "unit/compute_host/fake_host.hpp"

namespace virga::test {
namespace {

using compute::host::iso_image;
using compute::host::IsoFile;

/// Regular files of an image. Joliet names are asked for, or those of Rock Ridge.
std::map<std::string, std::string> read_back(const std::string& image, const char* without) {
    std::map<std::string, std::string> files;
    auto* a = archive_read_new();
    archive_read_support_format_iso9660(a);
    archive_read_set_options(a, without);
    EXPECT_EQ(archive_read_open_memory(a, image.data(), image.size()), ARCHIVE_OK);
    archive_entry* entry = nullptr;
    while (archive_read_next_header(a, &entry) == ARCHIVE_OK) {
        if (archive_entry_filetype(entry) != AE_IFREG) continue;
        std::string content(static_cast<std::size_t>(archive_entry_size(entry)), '\0');
        archive_read_data(a, content.data(), content.size());
        // Contents that are alike share one file.
        const char* link = archive_entry_hardlink(entry);
        files[archive_entry_pathname(entry)] = link == nullptr ? content : files[link];
    }
    archive_read_free(a);
    return files;
}

std::vector<IsoFile> some_files() {
    return {{"openstack/latest/meta_data.json", "{\"uuid\": 1}"},
            {"openstack/latest/user_data", std::string(65535, 'u')},
            {"openstack/2018-08-27/meta_data.json", "{\"uuid\": 1}"}};
}

TEST(IsoImage, IsReadBackByBothKindsOfNames) {
    const auto image = iso_image(some_files(), "config-2");
    for (const auto* without : {"!joliet", "!rockridge"}) {
        const auto found = read_back(image, without);
        EXPECT_EQ(found.size(), 3U) << without;
        for (const auto& file : some_files()) {
            ASSERT_TRUE(found.contains(file.path)) << file.path << without;
            EXPECT_TRUE(found.at(file.path) == file.content) << file.path << without;
        }
    }
}

TEST(IsoImage, HasTheLabelAsItIs) {
    const auto image = iso_image(some_files(), "config-2");
    constexpr std::size_t kSector = 2048;
    EXPECT_EQ(image.substr(16 * kSector, 6), std::string("\1CD001", 6));
    EXPECT_EQ(image.substr(16 * kSector + 40, 32), "config-2" + std::string(24, ' '));
    EXPECT_EQ(image.size() % kSector, 0U);
}

TEST(IsoImage, RefusesPathsThatLeadAnywhere) {
    for (const auto* path : {"/etc/passwd", "../x", "a/../b", "a//b", "a/", "", "a b", "a\nb"})
        EXPECT_THROW(iso_image({{path, ""}}, "config-2"), Error) << path;
    EXPECT_THROW(iso_image({{"a", "1"}, {"a", "2"}}, "config-2"), Error);
    for (const auto* label : {"", "much-longer-than-16", "a,b"}) EXPECT_THROW(iso_image({}, label), Error) << label;
}

class ConfigDriveCommand : public testing::Test {
protected:
    json::object request(const std::string& content) {
        json::array paths;
        paths.emplace_back("openstack/latest/user_data");
        json::array files;
        files.push_back(json::object{{"paths", paths}, {"content", content}});
        return {{"server_id", server}, {"label", "config-2"}, {"files", files}};
    }

    TempFolder folder;
    std::string server = new_uuid();
};

TEST_F(ConfigDriveCommand, MakesARecordedPrivateFileAndMayBeRepeated) {
    FakeHost host(folder.path());
    for (int i = 0; i < 2; ++i) host.call(compute::command::kCreateConfigDrive, request(base64_encode("#!")));
    const compute::host::ServerFolder files(folder / "instances", server);
    EXPECT_EQ(files.disks().at(compute::DiskName::config_drive()).format, disk::Format::Raw);
    struct stat status {};
    ASSERT_EQ(::stat(files.disk_path(compute::DiskName::config_drive()).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    host.call(compute::command::kRemoveServerFiles, {{"server_id", server}});
    EXPECT_NE(::stat(files.path().c_str(), &status), 0);
}

TEST_F(ConfigDriveCommand, RefusesWhatIsNotBase64) {
    FakeHost host(folder.path());
    EXPECT_THROW(host.call(compute::command::kCreateConfigDrive, request("***")), Error);
}

}  // namespace
}  // namespace virga::test
