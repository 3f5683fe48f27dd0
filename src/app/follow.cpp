#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <optional>
#include <set>
#include <thread>

#include "app/api_client.hpp"
#include "app/commands.hpp"
#include "base/error.hpp"

namespace virga::app {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kBarWidth = 24;
constexpr double kMib = 1024.0 * 1024.0;
constexpr std::chrono::seconds kPause{1};
/// How long the cloud may be away: a restart takes less.
constexpr std::chrono::seconds kPatience{60};

/// The running task, and how far it is.
struct Running {
    std::string task;
    json::object progress;  ///< empty when it reports none
};

/// Prints what is new since the last time.
class Screen {
public:
    explicit Screen(bool terminal) : terminal_(terminal) {}

    void flow_line(const json::object& flow, const std::string& indent) {
        const auto id = get_string(flow, "id");
        const bool ended = get_int(flow, "ended_us") != 0;
        if (seen_.insert(id).second) line(indent + get_string(flow, "kind") + " of " + get_string(flow, "resource"));
        const auto tasks = get_array(flow, "tasks");
        for (std::size_t i = 0; i < tasks.size(); ++i) task_line(tasks[i].as_object(), id, i, indent + "  ", flow);
        for (const auto& child : get_array(flow, "children")) flow_line(child.as_object(), indent + "    ");
        if (ended && seen_.insert(id + "/end").second) end_line(flow, indent);
    }

    void bar(const Running& running) {
        if (terminal_) return draw(running);
        const auto percent = get_int(running.progress, "percent");
        if (running.progress.empty() || (running.task == shown_task_ && percent / 10 == shown_percent_ / 10)) return;
        shown_task_ = running.task;
        shown_percent_ = percent;
        line(text_of(running));
    }

    void end() { clear(); }

private:
    void task_line(const json::object& run, const std::string& flow_id, std::size_t index, const std::string& indent,
                   const json::object& flow) {
        if (get_int(run, "ended_us") == 0 || !seen_.insert(flow_id + "/" + std::to_string(index)).second) return;
        const auto ms = [](std::int64_t us) { return static_cast<double>(us) / 1000.0; };
        char times[64];
        std::snprintf(times, sizeof times, "%10.1f %10.1f  ",
                      ms(get_int(run, "started_us") - get_int(flow, "started_us")),
                      ms(get_int(run, "ended_us") - get_int(run, "started_us")));
        auto text = times + indent + get_string(run, "task");
        if (get_string(run, "phase") == "revert") text += " (revert)";
        if (get_string(run, "outcome") != "success") text += " [" + get_string(run, "outcome") + "]";
        const auto& why = get_string(run, "error").empty() ? get_string(run, "decision") : get_string(run, "error");
        line(why.empty() ? text : text + ": " + why);
    }

    void end_line(const json::object& flow, const std::string& indent) {
        const auto took = static_cast<double>(get_int(flow, "ended_us") - get_int(flow, "started_us")) / 1e6;
        char seconds[32];
        std::snprintf(seconds, sizeof seconds, "%.1f s", took);
        auto text = indent + get_string(flow, "kind") + " " + get_string(flow, "state") + " in " + seconds;
        const auto failure = get_object(flow, "failure");
        line(failure.empty() ? text : text + ": " + get_string(failure, "message"));
    }

    void line(const std::string& text) {
        clear();
        std::printf("%s\n", text.c_str());
        std::fflush(stdout);
    }

    void draw(const Running& running) {
        std::string text = running.task.empty() ? "" : "... " + running.task;
        if (!running.progress.empty()) {
            const auto filled = static_cast<std::size_t>(get_int(running.progress, "percent") * kBarWidth / 100);
            text = "[" + std::string(filled, '#') + std::string(kBarWidth - filled, '.') + "] " + text_of(running);
        }
        std::printf("\r%s\033[K", text.c_str());
        std::fflush(stdout);
        drawn_ = true;
    }

    void clear() {
        if (drawn_) std::printf("\r\033[K");
        drawn_ = false;
    }

    std::string text_of(const Running& running) {
        const auto done = static_cast<double>(get_int(running.progress, "done_bytes"));
        char text[128];
        std::snprintf(text, sizeof text, "%3d %%  %.0f of %.0f MiB%s  ",
                      static_cast<int>(get_int(running.progress, "percent")), done / kMib,
                      static_cast<double>(get_int(running.progress, "total_bytes")) / kMib,
                      speed(running.task, done).c_str());
        return text + running.task;
    }

    /// Since the task's first report.
    std::string speed(const std::string& task, double done) {
        const auto now = Clock::now();
        if (task != timed_task_) {
            timed_task_ = task;
            timed_from_ = now;
            timed_bytes_ = done;
        }
        const auto seconds = std::chrono::duration<double>(now - timed_from_).count();
        if (seconds < 0.2) return {};
        char text[48];
        std::snprintf(text, sizeof text, "  %.0f MiB/s", (done - timed_bytes_) / kMib / seconds);
        return text;
    }

    bool terminal_;
    bool drawn_ = false;
    std::set<std::string> seen_;  ///< what was printed: flows, their tasks, their ends
    std::string shown_task_;
    std::int64_t shown_percent_ = 0;
    std::string timed_task_;
    Clock::time_point timed_from_;
    double timed_bytes_ = 0;
};

/// The deepest running task of a flow that has not ended.
Running running_task(const json::object& flow) {
    if (get_int(flow, "ended_us") != 0) return {};
    for (const auto& child : get_array(flow, "children")) {
        auto found = running_task(child.as_object());
        if (!found.task.empty()) return found;
    }
    const auto tasks = get_array(flow, "tasks");
    if (tasks.empty() || get_int(tasks.back().as_object(), "ended_us") != 0) return {};
    const auto& run = tasks.back().as_object();
    return {get_string(run, "task"), get_object(run, "progress")};
}

/// Asks again when the token has expired or the cloud is being restarted.
class Source {
public:
    Source(const Options& options, std::string id) : options_(options), id_(std::move(id)) {}

    /// The next state of the resource that is another one than the last; now and then the same one again.
    json::object next() {
        const auto started = Clock::now();
        auto answer = ask();
        const auto version = get_string(answer, "version");
        if (version == version_ && Clock::now() - started < kPause) std::this_thread::sleep_for(kPause);
        version_ = version;
        return answer;
    }

private:
    json::object ask() {
        const auto until = Clock::now() + kPatience;
        for (;;) {
            try {
                if (!client_) client_.emplace(read_credentials(options_.state_dir + "/openrc"));
                return client_->get("/virga/v1/trace/" + id_ + "?wait=25&unless=" + version_);
            } catch (const Error& error) {
                const bool again = error.code() == ErrorCode::Unauthenticated || is_retryable(error.code());
                if (!again || version_.empty() || Clock::now() > until) throw;
            }
            client_.reset();
            std::this_thread::sleep_for(kPause);
        }
    }

    const Options& options_;
    std::string id_;
    std::string version_;
    std::optional<ApiClient> client_;
};

/// The flows that run at first, or else the last one, and all that begin later.
std::size_t first_followed(const json::array& flows) {
    for (std::size_t i = 0; i < flows.size(); ++i) {
        if (get_int(flows[i].as_object(), "ended_us") == 0) return i;
    }
    return flows.size() - 1;
}

}  // namespace

int follow(const Options& options, const std::string& id) {
    Source source(options, id);
    Screen screen(::isatty(STDOUT_FILENO) != 0);
    std::optional<std::size_t> first;
    for (;;) {
        const auto answer = source.next();
        const auto flows = get_array(answer, "flows");
        if (!first) first = first_followed(flows);
        bool ended = true;
        bool failed = false;
        Running running;
        for (std::size_t i = *first; i < flows.size(); ++i) {
            const auto& flow = flows[i].as_object();
            screen.flow_line(flow, "");
            ended = ended && get_int(flow, "ended_us") != 0;
            failed = failed || get_string(flow, "state") == "failed";
            if (running.task.empty()) running = running_task(flow);
        }
        if (ended) {
            screen.end();
            return failed ? 1 : 0;
        }
        screen.bar(running);
    }
}

}  // namespace virga::app
