#include "disk/remote_image.hpp"

#include <atomic>
#include <functional>
#include <mutex>

#include "base/ids.hpp"
#include "base/json.hpp"
#include "http/http.hpp"
#include "unit/disk/fixture.hpp"

namespace virga::disk {
namespace {

constexpr const char* kPath = "/image/transfer/x";

/// A control process, or what passes for one: sends `data`, and ends connections as often as it is told.
class Server {
public:
    explicit Server(std::string content) : data(std::move(content)), server_({}, router_) {
        router_.add({"GET", kPath, [this](http::Request& request) { return send(request); }});
        router_.add({"PUT", kPath, [this](http::Request& request) { return receive(request); }, true});
        server_.start();
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()) + kPath; }
    std::vector<std::string> ranges() {
        const std::lock_guard lock(mutex_);
        return ranges_;
    }

    std::string data;
    std::atomic<int> breaks{0};              ///< answers that are cut in the middle
    std::string received;                    ///< the last whole body
    http::Response refusal = {.status = 0};  ///< unless it is 0: what everybody gets

private:
    http::Response send(http::Request& request) {
        const std::string range(request.headers.get(http::RequestHeader::Range));
        {
            const std::lock_guard lock(mutex_);
            ranges_.push_back(range);
        }
        if (refusal.status != 0) return refusal;
        const auto first = std::stoull(range.substr(range.find('=') + 1));
        const bool is_cut = breaks-- > 0;
        http::Response response;
        response.status = 206;
        response.headers.set("Content-Range", "bytes " + std::to_string(first) + "-" + std::to_string(data.size() - 1) +
                                                  "/" + std::to_string(data.size()));
        response.stream_length = data.size() - first;
        const auto end = is_cut ? first + (data.size() - first) / 2 : data.size();
        response.stream = [this, at = first, end](char* into, std::size_t most) mutable {
            const auto count = data.copy(into, std::min<std::uint64_t>(most, end - at), at);
            at += count;
            return count;
        };
        return response;
    }

    http::Response receive(http::Request& request) {
        if (refusal.status != 0) return refusal;
        std::string body;
        std::string piece(100'000, '\0');
        while (const auto got = request.stream->read(piece.data(), piece.size())) {
            body.append(piece, 0, got);
            if (breaks > 0 && body.size() > 1'000'000) {
                --breaks;
                throw Error(ErrorCode::Unavailable, "broken off");
            }
        }
        received = body;
        StoredImage stored{"raw",
                           static_cast<std::int64_t>(body.size()),
                           static_cast<std::int64_t>(body.size()),
                           hash_hex(HashAlgorithm::Md5, body),
                           hash_hex(HashAlgorithm::Sha512, body),
                           hash_hex(HashAlgorithm::Xxh3, body)};
        return http::Response::with_json(200, stored.to_json());
    }

    http::Router router_;
    http::Server server_;
    std::mutex mutex_;
    std::vector<std::string> ranges_;
};

http::Response refusal(int status, ErrorCode code) {
    return http::Response::with_json(status, json::object{{"code", to_string(code)}, {"message", "why not"}});
}

/// An address at which nobody listens any more.
std::string dead_url() {
    return Server({}).url();
}

class RemoteImage : public DiskTest {
protected:
    static std::string some_data() {
        std::string data(5'000'000, '\0');
        random_bytes(data.data() + 1'000'000, 2'000'000);
        return data;
    }
    ImageSource source(const std::vector<std::string>& urls) const {
        ImageSource image{new_uuid(), {}, "raw", "bare", static_cast<std::int64_t>(data_.size()), {}};
        image.xxh3 = hash_hex(HashAlgorithm::Xxh3, data_);
        image.remote.urls = urls;
        return image;
    }
    ErrorCode code_of(const ImageSource& image) {
        try {
            fetch_image(image, at("target"), {});
        } catch (const Error& error) {
            EXPECT_FALSE(exists(at("target")));
            EXPECT_FALSE(exists(at("target.download")));
            EXPECT_FALSE(exists(at("target.part")));
            return error.code();
        }
        ADD_FAILURE() << "no error";
        return ErrorCode::Internal;
    }

    std::string data_ = some_data();
    Server server_{data_};
};

TEST_F(RemoteImage, becomes_the_disk_and_keeps_its_holes) {
    std::int64_t told = 0;
    FetchOptions options;
    options.progress = [&](std::int64_t done, std::int64_t) { told = done; };
    const auto result = fetch_image(source({server_.url()}), at("target"), options);
    EXPECT_EQ(result.copied_bytes, 5'000'000);
    EXPECT_EQ(result.format, "raw");
    EXPECT_EQ(told, 5'000'000);
    EXPECT_EQ(read_file(at("target")), data_);
    EXPECT_LT(allocated_bytes(at("target")), 2'500'000);
    EXPECT_FALSE(exists(at("target.download")));
}

TEST_F(RemoteImage, goes_on_where_it_broke_off) {
    server_.breaks = 3;
    fetch_image(source({server_.url()}), at("target"), {});
    EXPECT_EQ(read_file(at("target")), data_);
    EXPECT_EQ(server_.ranges(),
              (std::vector<std::string>{"bytes=0-", "bytes=2500000-", "bytes=3750000-", "bytes=4375000-"}));
}

TEST_F(RemoteImage, goes_on_at_the_next_control_process) {
    Server other(data_);
    server_.breaks = 1;
    fetch_image(source({dead_url(), server_.url(), other.url()}), at("target"), {});
    EXPECT_EQ(read_file(at("target")), data_);
    EXPECT_EQ(server_.ranges(), std::vector<std::string>{"bytes=0-"});
    EXPECT_EQ(other.ranges(), std::vector<std::string>{"bytes=2500000-"});
}

TEST_F(RemoteImage, a_wrong_byte_is_found) {
    for (const std::size_t at : {std::size_t{0}, std::size_t{2'000'000}, data_.size() - 1}) {
        server_.data = data_;
        server_.data[at] = static_cast<char>(server_.data[at] + 1);
        EXPECT_EQ(code_of(source({server_.url()})), ErrorCode::Corrupt) << at;
    }
    server_.data = data_ + "x";
    EXPECT_EQ(code_of(source({server_.url()})), ErrorCode::Corrupt);
    auto by_sha512 = source({server_.url()});
    by_sha512.xxh3.clear();
    by_sha512.sha512 = hash_hex(HashAlgorithm::Sha512, data_);
    server_.data = data_;
    fetch_image(by_sha512, at("target"), {});
    std::filesystem::remove(at("target"));
    server_.data[7] = 'x';
    EXPECT_EQ(code_of(by_sha512), ErrorCode::Corrupt);
}

TEST_F(RemoteImage, a_refusal_of_all_is_final_and_of_one_is_not) {
    Server other(data_);
    for (const auto code : {ErrorCode::Forbidden, ErrorCode::NotFound}) {
        server_.refusal = refusal(code == ErrorCode::Forbidden ? 403 : 404, code);
        EXPECT_EQ(code_of(source({server_.url(), server_.url()})), code);
        fetch_image(source({server_.url(), other.url()}), at("target"), {});
        std::filesystem::remove(at("target"));
    }
}

TEST_F(RemoteImage, is_inspected_and_bounded_like_any_other) {
    auto image = source({server_.url()});
    image.disk_format = "qcow2";
    EXPECT_EQ(code_of(image), ErrorCode::InvalidInput);
    FetchOptions small;
    small.max_virtual_size_bytes = 1'000'000;
    const auto before = server_.ranges().size();
    EXPECT_THROW(fetch_image(source({server_.url()}), at("target"), small), Error);
    EXPECT_EQ(server_.ranges().size(), before) << "what is too large is not transferred";
}

TEST_F(RemoteImage, a_qcow2_becomes_raw) {
    create_raw(at("disk"), 64 << 20);
    io(at("disk"), "raw", "write -P 0x5a 0 1M");
    tool({"qemu-img", "convert", "-f", "raw", "-O", "qcow2", at("disk"), at("image")});
    data_ = read_file(at("image"));
    server_.data = data_;
    auto image = source({server_.url()});
    image.disk_format = "qcow2";
    const auto result = fetch_image(image, at("target"), {});
    EXPECT_EQ(result.virtual_size_bytes, 64 << 20);
    EXPECT_EQ(sha512_of(at("target")), sha512_of(at("disk")));
}

TEST_F(RemoteImage, a_transfer_that_nobody_serves_can_be_cancelled) {
    FetchOptions options;
    options.cancelled = [] { return true; };
    EXPECT_THROW(fetch_image(source({dead_url()}), at("target"), options), Error);
}

TEST_F(RemoteImage, a_disk_is_sent_and_nothing_stays) {
    std::filesystem::create_directory(at("uploads"));
    create_raw(at("disk"), 5 << 20);
    io(at("disk"), "raw", "write -P 0x5a 1M 64k");
    ImageTarget target{new_uuid(), new_uuid(), at("uploads"), "raw", 1 << 30};
    target.remote.urls = {server_.url()};
    server_.breaks = 2;
    const auto stored = store_image(at("disk"), "raw", target);
    EXPECT_EQ(stored.sha512, sha512_of(at("disk")));
    EXPECT_EQ(server_.received, read_file(at("disk")));
    EXPECT_TRUE(std::filesystem::is_empty(at("uploads")));
}

TEST_F(RemoteImage, what_control_refuses_is_what_the_host_answers) {
    std::filesystem::create_directory(at("uploads"));
    create_raw(at("disk"), 1 << 20);
    ImageTarget target{new_uuid(), new_uuid(), at("uploads"), "raw", 1 << 30};
    target.remote.urls = {server_.url()};
    for (const auto code : {ErrorCode::TooLarge, ErrorCode::NoSpace, ErrorCode::Conflict, ErrorCode::NotFound}) {
        server_.refusal = refusal(409, code);
        try {
            store_image(at("disk"), "raw", target);
            ADD_FAILURE();
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), code);
        }
        EXPECT_TRUE(std::filesystem::is_empty(at("uploads")));
    }
}

}  // namespace
}  // namespace virga::disk
