#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

/// main() of every GoogleTest program: as GoogleTest's own, and a test that hangs is named and ends the program.
namespace {

constexpr unsigned kSeconds = 900;  ///< many times what the slowest test takes
char running[512];

void write_text(const char* text) {
    if (::write(STDERR_FILENO, text, std::strlen(text)) < 0) return;
}

void give_up(int) {
    write_text("\n[   HANGS  ] ");
    write_text(running);
    write_text(" was not done within its time (VIRGA_TEST_SECONDS)\n");
    ::_exit(124);
}

class Watchdog : public testing::EmptyTestEventListener {
public:
    Watchdog() {
        if (const char* text = std::getenv("VIRGA_TEST_SECONDS"); text != nullptr)
            seconds_ = static_cast<unsigned>(std::strtoul(text, nullptr, 10));
        ::signal(SIGALRM, give_up);
    }

    // The time of a suite's set-up and tear-down counts, too.
    void OnTestSuiteStart(const testing::TestSuite& suite) override { watch(suite.name()); }
    void OnTestStart(const testing::TestInfo& test) override {
        watch(std::string(test.test_suite_name()) + "." + test.name());
    }
    void OnTestEnd(const testing::TestInfo& test) override { watch("the end of " + std::string(test.name())); }
    void OnTestSuiteEnd(const testing::TestSuite&) override { ::alarm(0); }

private:
    void watch(const std::string& what) {
        std::strncpy(running, what.c_str(), sizeof running - 1);
        ::alarm(seconds_);
    }

    unsigned seconds_ = kSeconds;
};

}  // namespace

int main(int argc, char** argv) {
    ::signal(SIGPIPE, SIG_IGN);  // as the program has it
    testing::InitGoogleTest(&argc, argv);
    testing::UnitTest::GetInstance()->listeners().Append(new Watchdog);  // GoogleTest deletes it
    return RUN_ALL_TESTS();
}
