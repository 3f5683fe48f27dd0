#include "base/failpoint.hpp"

#ifdef VIRGA_FAILPOINTS
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "base/error.hpp"

namespace virga {
namespace {

class Failpoints {
public:
    Failpoints() {
        if (const char* log = std::getenv("VIRGA_FAILPOINT_LOG"); log != nullptr)
            log_ = ::open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        if (const char* file = std::getenv("VIRGA_FAILPOINT_FILE"); file != nullptr) file_ = file;
        const char* spec = std::getenv("VIRGA_FAILPOINT");
        arm(spec == nullptr ? "" : spec);
    }

    void pass(std::string_view name) {
        if (log_ >= 0) {
            const std::string line = std::string(name) + "\n";
            [[maybe_unused]] const auto written = ::write(log_, line.data(), line.size());
        }
        std::string action;
        {
            const std::lock_guard lock(mutex_);
            if (!file_.empty()) arm_from_file();
            const auto found = armed_.find(name);
            if (found == armed_.end()) return;
            action = found->second;
            armed_.erase(found);
        }
        act(name, action);
    }

private:
    void arm(std::string_view rest) {
        while (!rest.empty()) {
            const auto comma = rest.find(',');
            const auto entry = rest.substr(0, comma);
            const auto colon = entry.rfind(':');
            if (colon != std::string_view::npos) armed_.emplace(entry.substr(0, colon), entry.substr(colon + 1));
            rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
        }
    }

    /// The file is removed as it is read, so that an entry can't fire again in the process that is started next.
    void arm_from_file() {
        const int fd = ::open(file_.c_str(), O_RDONLY | O_CLOEXEC);
        if (fd < 0) return;
        std::string text(4096, '\0');
        const auto size = ::read(fd, text.data(), text.size());
        ::close(fd);
        if (size <= 0 || ::unlink(file_.c_str()) != 0) return;
        text.resize(static_cast<std::size_t>(size));
        arm(text);
    }

    static void act(std::string_view name, const std::string& action) {
        using namespace std::chrono_literals;
        if (action == "exit") ::kill(::getpid(), SIGKILL);
        if (action == "error") throw Error(ErrorCode::Internal, "failpoint " + std::string(name));
        while (action == "hang") std::this_thread::sleep_for(1h);
        if (action.rfind("delay=", 0) == 0)
            std::this_thread::sleep_for(std::chrono::milliseconds(std::atoi(action.c_str() + 6)));
        if (action.rfind("hold=", 0) == 0)
            while (::access(action.c_str() + 5, F_OK) == 0) std::this_thread::sleep_for(2ms);
    }

    std::mutex mutex_;
    std::string file_;
    std::map<std::string, std::string, std::less<>> armed_;
    int log_ = -1;
};

}  // namespace

void failpoint(std::string_view name) {
    static Failpoints instance;
    instance.pass(name);
}

}  // namespace virga
#endif
