#include "image/transfer/signed_url.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "http/target.hpp"

namespace virga::image {
namespace {

using Purpose = Transfer::Purpose;
constexpr TimestampUs kNow = 1'000'000'000'000'000;

class SignedUrl : public ::testing::Test {
protected:
    Transfer get() const { return {Purpose::Get, image_, {}, 1000, "host-1", kNow / 1'000'000 + 60}; }
    Transfer put() const { return {Purpose::Put, image_, new_uuid(), 1000, "host-1", kNow / 1'000'000 + 60}; }

    static http::Request request(const std::string& url) {
        http::Request request;
        request.target = url;
        request.path = std::string(http::path_of(url));
        request.query = http::parse_query(http::query_of(url));
        request.path_params["image_id"] = request.path.substr(request.path.rfind('/') + 1);
        return request;
    }
    bool passes(const std::string& url, Purpose purpose, TimestampUs now = kNow) const {
        try {
            signer_.verify(request(url), purpose, now);
            return true;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::Forbidden);
            EXPECT_EQ(error.message().find("signature="), std::string::npos);
            return false;
        }
    }
    static std::string with(std::string url, const std::string& from, const std::string& to) {
        const auto at = url.find(from);
        EXPECT_NE(at, std::string::npos) << url << " has no " << from;
        return url.replace(at, from.size(), to);
    }

    const std::string image_ = new_uuid();
    const TransferSigner signer_{Secret("key")};
};

TEST_F(SignedUrl, says_what_was_signed) {
    const auto upload = put();
    const auto found = signer_.verify(request(signer_.url(upload)), Purpose::Put, kNow);
    EXPECT_EQ(found.image_id, image_);
    EXPECT_EQ(found.upload_id, upload.upload_id);
    EXPECT_EQ(found.size_bytes, 1000);
    EXPECT_EQ(found.host, "host-1");
    EXPECT_TRUE(passes(signer_.url(get()), Purpose::Get));
}

TEST_F(SignedUrl, is_good_for_nothing_else) {
    const auto url = signer_.url(get());
    EXPECT_FALSE(passes(url, Purpose::Put));
    EXPECT_FALSE(passes(signer_.url(put()), Purpose::Get));
    EXPECT_FALSE(passes(with(url, image_, new_uuid()), Purpose::Get));
    EXPECT_FALSE(passes(with(url, "size=1000", "size=1001"), Purpose::Get));
    EXPECT_FALSE(passes(with(url, "host=host-1", "host=host-2"), Purpose::Get));
    EXPECT_FALSE(passes(with(url, "until=1", "until=2"), Purpose::Get));
    const auto upload = put();
    EXPECT_FALSE(passes(with(signer_.url(upload), upload.upload_id, new_uuid()), Purpose::Put));
}

TEST_F(SignedUrl, ends) {
    const auto url = signer_.url(get());
    EXPECT_TRUE(passes(url, Purpose::Get, kNow + 60'000'000));
    EXPECT_FALSE(passes(url, Purpose::Get, kNow + 60'000'001));
}

TEST_F(SignedUrl, needs_the_whole_signature_of_this_key) {
    const auto url = signer_.url(get());
    EXPECT_FALSE(passes(url.substr(0, url.find("&signature")), Purpose::Get));
    EXPECT_FALSE(passes(url.substr(0, url.size() - 1), Purpose::Get));
    EXPECT_FALSE(passes(TransferSigner(Secret("other")).url(get()), Purpose::Get));
    EXPECT_FALSE(passes("/image/transfer/" + image_, Purpose::Get));
    const TransferSigner none{Secret()};
    EXPECT_THROW(none.verify(request(none.url(get())), Purpose::Get, kNow), Error) << "no key signs nothing";
}

TEST_F(SignedUrl, lasts_longer_for_more_data) {
    EXPECT_GE(transfer_seconds(0), 600);
    EXPECT_GT(transfer_seconds(std::int64_t{1} << 40), transfer_seconds(std::int64_t{1} << 30) + 3600);
}

}  // namespace
}  // namespace virga::image
