#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <set>

#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/json.hpp"
#include "base/printable.hpp"
#include "base/process.hpp"
#include "base/scope_exit.hpp"
#include "base/thread_pool.hpp"
#include "base/work_scope.hpp"

namespace virga {
namespace {

TEST(Ids, RandomOnesAreVersion4AndDiffer) {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) seen.insert(new_uuid());
    EXPECT_EQ(seen.size(), 1000U);
    for (const auto& id : seen) {
        EXPECT_TRUE(is_uuid_like(id));
        EXPECT_EQ(id[14], '4');
    }
}

TEST(Ids, DerivedOnesDependOnParentAndNameOnly) {
    const auto parent = new_uuid();
    EXPECT_EQ(derived_uuid(parent, "port-0"), derived_uuid(parent, "port-0"));
    EXPECT_NE(derived_uuid(parent, "port-0"), derived_uuid(parent, "port-1"));
    EXPECT_NE(derived_uuid(parent, "port-0"), derived_uuid(new_uuid(), "port-0"));
    EXPECT_TRUE(is_uuid_like(derived_uuid(parent, "x")));
}

TEST(Ids, UuidLikeTakesBothForms) {
    EXPECT_TRUE(is_uuid_like("0123456789abcdef0123456789ABCDEF"));
    EXPECT_TRUE(is_uuid_like("01234567-89ab-cdef-0123-456789abcdef"));
    EXPECT_FALSE(is_uuid_like("01234567-89ab-cdef-0123-456789abcde"));
    EXPECT_FALSE(is_uuid_like("012345678-9ab-cdef-0123-456789abcdef"));
    EXPECT_FALSE(is_uuid_like("../../etc/passwd"));
    EXPECT_FALSE(is_uuid_like(""));
    EXPECT_EQ(canonical_uuid("0123456789abcdef0123456789ABCDEF"), "01234567-89ab-cdef-0123-456789abcdef");
}

TEST(Crypto, DigestsOfKnownTexts) {
    EXPECT_EQ(hash_hex(HashAlgorithm::Md5, "abc"), "900150983cd24fb0d6963f7d28e17f72");
    EXPECT_EQ(hash_hex(HashAlgorithm::Sha1, "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(hash_hex(HashAlgorithm::Sha256, "abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hash_hex(HashAlgorithm::Xxh3, "abc"), "06b05ab6733a618578af5f94892f3950");
    Hasher pieces(HashAlgorithm::Sha256);
    pieces.update("a");
    pieces.update("bc");
    EXPECT_EQ(pieces.finish(), hash_hex(HashAlgorithm::Sha256, "abc"));
    EXPECT_EQ(hmac_sha256_hex("key", "The quick brown fox jumps over the lazy dog"),
              "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
}

TEST(Crypto, PasswordsVerifyOnlyAgainstTheirOwnHash) {
    const auto hash = hash_password("s3cret");
    EXPECT_TRUE(verify_password(hash, "s3cret"));
    EXPECT_FALSE(verify_password(hash, "S3cret"));
    EXPECT_FALSE(verify_password("not a hash", "s3cret"));
    EXPECT_NE(hash, hash_password("s3cret"));
    EXPECT_THROW(hash_password(std::string(5000, 'x')), Error);
    EXPECT_FALSE(verify_password(hash, std::string(5000, 'x')));
}

TEST(Crypto, Base64RoundTripAndRefusal) {
    const std::string data("\0\1\2\xff binary", 11);
    std::string out;
    ASSERT_TRUE(base64_decode(base64_encode(data), out));
    EXPECT_EQ(out, data);
    EXPECT_TRUE(base64_decode("aGVs\nbG8=\n", out));
    EXPECT_EQ(out, "hello");
    EXPECT_FALSE(base64_decode("not base64!", out));
    EXPECT_TRUE(base64_decode("", out));
    EXPECT_EQ(out, "");
}

TEST(Crypto, ConstantTimeEqual) {
    EXPECT_TRUE(constant_time_equal("abc", "abc"));
    EXPECT_FALSE(constant_time_equal("abc", "abd"));
    EXPECT_FALSE(constant_time_equal("abc", "ab"));
}

TEST(Errors, NamesRoundTripAndRetryability) {
    EXPECT_EQ(error_code_from_string(to_string(ErrorCode::NoSpace)), ErrorCode::NoSpace);
    EXPECT_EQ(error_code_from_string("nonsense"), ErrorCode::Internal);
    EXPECT_TRUE(is_retryable(ErrorCode::Unavailable));
    EXPECT_FALSE(is_retryable(ErrorCode::InvalidInput));
}

TEST(Errors, ThatNoRoomIsLeftNamesNoPath) {
    for (const int err : {ENOSPC, EDQUOT}) {
        try {
            throw_errno(ErrorCode::Internal, "write /srv/images/one", err);
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::NoSpace);
            EXPECT_EQ(error.message(), "There is not enough space left.");
            EXPECT_NE(error.detail().find("/srv/images/one"), std::string::npos);
        }
    }
}

TEST(Clock, Formats) {
    constexpr TimestampUs kTime = 1'700'000'000'123'456;
    EXPECT_EQ(iso8601(kTime), "2023-11-14T22:13:20Z");
    EXPECT_EQ(iso8601_us(kTime), "2023-11-14T22:13:20.123456");
    EXPECT_EQ(iso8601_us_z(kTime), "2023-11-14T22:13:20.123456Z");
}

TEST(Clock, FillsUpWithZeros) {
    constexpr TimestampUs kDay = 86'400'000'000;
    EXPECT_EQ(iso8601_us(7), "1970-01-01T00:00:00.000007");
    EXPECT_EQ(iso8601(11'016 * kDay + 1), "2000-02-29T00:00:00Z");
    EXPECT_EQ(iso8601(11'017 * kDay - 1), "2000-02-29T23:59:59Z");
}

// The ageing of caches compares the two: a clock that lags by a tick would call a file newer than now.
TEST(Clock, IsNeverBehindTheStampsOfFiles) {
    char path[] = "/tmp/virga-clock-XXXXXX";
    const int file = ::mkstemp(path);
    ASSERT_GE(file, 0);
    for (int i = 0; i < 1000; ++i) {
        struct stat found {};
        ASSERT_EQ(::futimens(file, nullptr), 0);
        ASSERT_EQ(::fstat(file, &found), 0);
        ASSERT_GE(now_us(), found.st_mtim.tv_sec * 1'000'000 + found.st_mtim.tv_nsec / 1'000);
    }
    ::close(file);
    ::unlink(path);
}

TEST(Json, LenientReaders) {
    const json::object object{{"text", "t"}, {"number", 5}, {"flag", true}, {"nothing", nullptr}};
    EXPECT_EQ(get_string(object, "text"), "t");
    EXPECT_EQ(get_string(object, "nothing", "default"), "default");
    EXPECT_EQ(get_int(object, "missing", 3), 3);
    EXPECT_TRUE(get_bool(object, "flag"));
    EXPECT_FALSE(get_optional_int(object, "nothing"));
    EXPECT_THROW(get_int(object, "text"), Error);
    EXPECT_THROW(parse_object("{"), Error);
    EXPECT_TRUE(parse_object("").empty());
}

TEST(Process, CollectsOutputAndExitCode) {
    const auto result = run_process({"sh", "-c", "echo out; echo err >&2; exit 3"});
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_EQ(result.out, "out\n");
    EXPECT_EQ(result.err, "err\n");
}

TEST(Process, BoundsTimeAndMemory) {
    ProcessLimits limits;
    limits.timeout = std::chrono::milliseconds(200);
    const auto late = run_process({"sleep", "30"}, limits);
    EXPECT_TRUE(late.timed_out);
    EXPECT_EQ(late.exit_code, 128 + 9);
    limits = {};
    limits.file_bytes = 4096;
    EXPECT_NE(
        run_process(
            {"sh", "-c",
             "head -c 100000 /dev/zero > /tmp/virga-limit-test.$$; r=$?; rm -f /tmp/virga-limit-test.$$; exit $r"},
            limits)
            .exit_code,
        0);
}

TEST(Process, CancelEndsIt) {
    std::atomic<bool> cancel{true};
    EXPECT_THROW(run_process({"sleep", "30"}, {}, [&] { return cancel.load(); }), Error);
}

TEST(Process, UnknownProgramIsAnError) {
    EXPECT_THROW(run_process({"virga-no-such-program"}), Error);
}

TEST(ThreadPool, RunsAllThatWasPosted) {
    std::atomic<int> done{0};
    {
        ThreadPool pool("test", 3);
        for (int i = 0; i < 100; ++i) pool.post([&] { ++done; });
    }
    EXPECT_EQ(done, 100);
}

TEST(Printable, EscapesWhatSteersTerminalsAndBreaksLines) {
    EXPECT_EQ(printable("plain caf\xC3\xA9 \xF0\x9F\x98\x80"), "plain caf\xC3\xA9 \xF0\x9F\x98\x80");
    EXPECT_EQ(printable("a\r\n\tb\x1b[2J\x7f"), "a\\r\\n\\tb\\x1b[2J\\x7f");
    EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
    EXPECT_EQ(printable("\xC2\x9B"
                        "31m"),
              "\\u{009b}31m");
    EXPECT_EQ(printable("\xE2\x80\xAE\xE2\x80\xA8"), "\\u{202e}\\u{2028}");
    EXPECT_EQ(printable("\xff\xC3(\xE2\x80"), "\\xff\\xc3(\\xe2\\x80");
    EXPECT_EQ(printable("\xC0\x8A\xED\xA0\x80"), "\\xc0\\x8a\\xed\\xa0\\x80");
}

TEST(WorkScope, EndsWorkThatIsUnwantedOrOverdue) {
    EXPECT_EQ(WorkScope::current(), nullptr);
    bool gone = false;
    {
        const WorkScope scope([&] { return gone; }, std::chrono::milliseconds(0));
        EXPECT_EQ(WorkScope::current(), &scope);
        scope.check();
        gone = true;
        EXPECT_THROW(scope.check(), Error);
    }
    EXPECT_EQ(WorkScope::current(), nullptr);
    const WorkScope scope({}, std::chrono::milliseconds(5));
    while (!scope.overdue()) {
    }
    EXPECT_THROW(scope.check(), Error);
}

TEST(ScopeExit, RunsUnlessDismissed) {
    int runs = 0;
    {
        const ScopeExit guard([&] { ++runs; });
    }
    {
        ScopeExit guard([&] { ++runs; });
        guard.dismiss();
    }
    EXPECT_EQ(runs, 1);
}

}  // namespace
}  // namespace virga
