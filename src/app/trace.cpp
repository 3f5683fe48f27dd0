#include <algorithm>
#include <cstdio>
#include <map>

#include "app/api_client.hpp"
#include "app/commands.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"

namespace virga::app {
namespace {

/// One line of a trace: a task of a flow or of a flow below it.
struct Line {
    std::string task;  ///< indented by its depth
    std::string decision;
    std::string error;
    std::string outcome;
    std::string progress;  ///< of copying that runs now
    std::int64_t start_us = 0;
    std::int64_t took_us = 0;
};

struct Trace {
    std::string resource;
    std::string kind;
    std::string state;
    std::int64_t started_us = 0;
    std::int64_t took_us = 0;
    std::vector<Line> lines;
};

std::string milliseconds(std::int64_t us) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", static_cast<double>(us) / 1000.0);
    return text;
}

std::int64_t end_of(const json::object& item) {
    const auto ended = get_int(item, "ended_us");
    return ended == 0 ? now_us() : ended;
}

std::string progress_of(const json::object& run) {
    constexpr std::int64_t kMib = 1024 * 1024;
    const auto progress = get_object(run, "progress");
    if (progress.empty() || get_int(run, "ended_us") != 0) return {};
    return std::to_string(get_int(progress, "percent")) + " %, " +
           std::to_string(get_int(progress, "done_bytes") / kMib) + " of " +
           std::to_string(get_int(progress, "total_bytes") / kMib) + " MiB";
}

/// Runs of one task in one phase are one line: it begins with the first and ends with the last. A flow below is shown
/// behind the task that started it: the last one that began before it.
void add_flow(Trace& trace, const json::object& flow, const std::string& indent) {
    const auto runs = get_array(flow, "tasks");
    const auto children = get_array(flow, "children");
    std::size_t next_child = 0;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const auto& run = runs[i].as_object();
        const auto name = indent + get_string(run, "task") + (get_string(run, "phase") == "revert" ? " (revert)" : "");
        const bool repeated = !trace.lines.empty() && trace.lines.back().task == name;
        if (!repeated) trace.lines.push_back({name, {}, {}, {}, {}, get_int(run, "started_us"), 0});
        auto& line = trace.lines.back();
        line.decision = get_string(run, "decision");
        line.error = get_string(run, "error");
        line.outcome = get_string(run, "outcome");
        line.progress = progress_of(run);
        line.took_us = end_of(run) - line.start_us;
        const bool last = i + 1 == runs.size();
        const auto until = last ? now_us() : get_int(runs[i + 1].as_object(), "started_us");
        for (; next_child < children.size(); ++next_child) {
            const auto& child = children[next_child].as_object();
            if (!last && get_int(child, "started_us") >= until) break;
            add_flow(trace, child, indent + "  ");
        }
    }
}

Trace first_flow(const ApiClient& client, const std::string& id) {
    const auto flows = get_array(client.get("/virga/v1/trace/" + id), "flows");
    const auto& flow = flows.at(0).as_object();
    Trace trace{id,
                get_string(flow, "kind"),
                get_string(flow, "state"),
                get_int(flow, "started_us"),
                end_of(flow) - get_int(flow, "started_us"),
                {}};
    add_flow(trace, flow, "");
    return trace;
}

void print_one(const Trace& trace) {
    std::printf("%s  %s: %s in %s ms\n", trace.resource.c_str(), trace.kind.c_str(), trace.state.c_str(),
                milliseconds(trace.took_us).c_str());
    std::printf("%10s %10s  %s\n", "at ms", "took ms", "task");
    for (const auto& line : trace.lines) {
        std::printf("%10s %10s  %s%s\n", milliseconds(line.start_us - trace.started_us).c_str(),
                    milliseconds(line.took_us).c_str(), line.task.c_str(),
                    line.outcome == "success" ? "" : (" [" + line.outcome + "]").c_str());
        const auto indent = line.task.find_first_not_of(' ');
        if (!line.decision.empty()) std::printf("%24s%*s%s\n", "", static_cast<int>(indent), "", line.decision.c_str());
        if (!line.progress.empty()) std::printf("%24s%*s%s\n", "", static_cast<int>(indent), "", line.progress.c_str());
        if (!line.error.empty())
            std::printf("%24s%*serror: %s\n", "", static_cast<int>(indent), "", line.error.c_str());
    }
}

int print_all_flows(const ApiClient& client, const std::string& id) {
    const auto flows = get_array(client.get("/virga/v1/trace/" + id), "flows");
    for (const auto& item : flows) {
        const auto& flow = item.as_object();
        Trace trace{id,
                    get_string(flow, "kind"),
                    get_string(flow, "state"),
                    get_int(flow, "started_us"),
                    end_of(flow) - get_int(flow, "started_us"),
                    {}};
        add_flow(trace, flow, "");
        print_one(trace);
    }
    return 0;
}

/// The tasks of all traces in one order that each of them agrees with: a new task is put behind the one it follows in
/// its trace.
std::vector<std::string> merge_tasks(const std::vector<Trace>& traces) {
    std::vector<std::string> order;
    for (const auto& trace : traces) {
        auto place = order.begin();
        for (const auto& line : trace.lines) {
            const auto found = std::find(order.begin(), order.end(), line.task);
            place = found != order.end() ? std::max(place, found + 1) : order.insert(place, line.task) + 1;
        }
    }
    return order;
}

std::string cell(const Trace& trace, const std::string& task) {
    std::int64_t sum = 0;
    int count = 0;
    for (const auto& line : trace.lines) {
        if (line.task != task) continue;
        sum += line.took_us;
        ++count;
    }
    if (count == 0) return "-";
    return milliseconds(sum) + (count > 1 ? " x" + std::to_string(count) : "");
}

void print_side_by_side(const std::vector<Trace>& traces) {
    const auto tasks = merge_tasks(traces);
    std::size_t width = 4;
    for (const auto& task : tasks) width = std::max(width, task.size());
    std::printf("%-*s", static_cast<int>(width), "task (ms)");
    for (std::size_t i = 0; i < traces.size(); ++i)
        std::printf(" %14s", (std::string(1, static_cast<char>('a' + i % 26))).c_str());
    std::printf("\n");
    for (const auto& task : tasks) {
        std::printf("%-*s", static_cast<int>(width), task.c_str());
        for (const auto& trace : traces) std::printf(" %14s", cell(trace, task).c_str());
        std::printf("\n");
    }
    std::printf("%-*s", static_cast<int>(width), "whole flow");
    for (const auto& trace : traces) std::printf(" %14s", milliseconds(trace.took_us).c_str());
    std::printf("\n");
}

void print_decisions(const std::vector<Trace>& traces) {
    for (std::size_t i = 0; i < traces.size(); ++i) {
        std::printf("\n%c) %s  %s: %s\n", static_cast<char>('a' + i % 26), traces[i].resource.c_str(),
                    traces[i].kind.c_str(), traces[i].state.c_str());
        for (const auto& line : traces[i].lines) {
            if (!line.decision.empty()) std::printf("   %s: %s\n", line.task.c_str(), line.decision.c_str());
            if (!line.error.empty()) std::printf("   %s: error: %s\n", line.task.c_str(), line.error.c_str());
        }
    }
}

}  // namespace

int trace(const Options& options, const std::vector<std::string>& ids) {
    const ApiClient client(read_credentials(options.state_dir + "/openrc"));
    if (ids.size() == 1) return print_all_flows(client, ids.front());
    std::vector<Trace> traces;
    for (const auto& id : ids) traces.push_back(first_flow(client, id));
    print_side_by_side(traces);
    print_decisions(traces);
    return 0;
}

}  // namespace virga::app
