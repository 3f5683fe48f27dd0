#include "volume/host/drivers/fake/script.hpp"

#include <chrono>
#include <mutex>
#include <thread>

#include "base/error.hpp"
#include "disk/disk.hpp"
#include "disk/file.hpp"

namespace virga::volume::host::fake {
namespace {

std::mutex script_mutex;  // guards the two files of every script of this process

json::object read_object(const std::string& path) {
    return disk::exists(path) ? parse_object(disk::read_file(path)) : json::object{};
}

[[noreturn]] void fail(const Step& step) {
    throw Error(error_code_from_string(step.code), step.message);
}

// The releaser may be another process, which can only leave a file: looked for every 20 ms.
void wait_for_release(const std::string& folder, const std::function<bool()>& cancelled) {
    while (!disk::exists(folder + "/release")) {
        if (cancelled && cancelled()) throw Error(ErrorCode::Cancelled, "the volume operation was cancelled");
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

}  // namespace

json::object Step::to_json() const {
    return {{"method", method},       {"nth", nth},   {"action", action},
            {"volume_id", volume_id}, {"code", code}, {"message", message}};
}

Step Step::from_json(const json::object& o) {
    return {get_string(o, "method", "*"),      get_int(o, "nth", 1),
            get_string(o, "action"),           get_string(o, "volume_id"),
            get_string(o, "code", "Internal"), get_string(o, "message", "scripted failure")};
}

Script::Script(std::string folder) : folder_(std::move(folder)) {}

void Script::set(const std::vector<Step>& steps) {
    const std::lock_guard lock(script_mutex);
    json::array list;
    for (const auto& step : steps) list.emplace_back(step.to_json());
    disk::remove_file(folder_ + "/release");
    disk::remove_file(folder_ + "/script-state.json");
    disk::write_file_atomically(folder_ + "/script.json", json::serialize(json::object{{"steps", list}}));
}

void Script::release() {
    disk::write_file_atomically(folder_ + "/release", "1");
}

std::vector<Step> Script::next(const std::string& method, const std::string& volume_id) {
    const std::lock_guard lock(script_mutex);
    const auto steps = get_array(read_object(folder_ + "/script.json"), "steps");
    if (steps.empty()) return {};
    auto counts = read_object(folder_ + "/script-state.json");
    std::vector<Step> due;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const auto step = Step::from_json(steps[i].as_object());
        const bool matches =
            (step.method == "*" || step.method == method) && (step.volume_id.empty() || step.volume_id == volume_id);
        if (!matches) continue;
        const auto key = std::to_string(i);
        const auto count = get_int(counts, key) + 1;
        counts[key] = count;
        if (count == step.nth) due.push_back(step);
    }
    disk::write_file_atomically(folder_ + "/script-state.json", json::serialize(counts));
    return due;
}

void Script::run(const std::string& method, const std::string& volume_id, const std::function<bool()>& cancelled,
                 const std::function<void()>& work) {
    const auto due = next(method, volume_id);
    for (const auto& step : due) {
        if (step.action == "fail") fail(step);
        if (step.action == "hang") wait_for_release(folder_, cancelled);
    }
    work();
    for (const auto& step : due) {
        if (step.action == "lose_reply") fail(step);
    }
}

}  // namespace virga::volume::host::fake
