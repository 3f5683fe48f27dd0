#include "compute/virt/fake/script.hpp"

#include <sys/stat.h>

#include <charconv>
#include <sstream>

#include "base/error.hpp"
#include "base/small_file.hpp"

namespace virga::compute::virt::fake {
namespace {

[[noreturn]] void bad_line(const std::string& line) {
    throw Error(ErrorCode::InvalidInput, "fake.script: '" + line + "' is not `fail|lose|hang METHOD [N]`");
}

}  // namespace

Script::Script(std::string_view text, std::string file) : file_(std::move(file)), entries_(parse(text)) {}

std::vector<Script::Entry> Script::parse(std::string_view text) {
    std::string lines(text);
    for (auto& character : lines)
        if (character == ',') character = '\n';
    std::istringstream in(lines);
    std::vector<Entry> entries;
    for (std::string line; std::getline(in, line);) {
        std::istringstream words(line);
        Entry entry;
        if (!(words >> entry.action)) continue;
        if (!(words >> entry.method)) bad_line(line);
        if (entry.action != "fail" && entry.action != "lose" && entry.action != "hang") bad_line(line);
        if (std::string nth; words >> nth) {
            const auto [end, failure] = std::from_chars(nth.data(), nth.data() + nth.size(), entry.remaining);
            if (failure != std::errc() || end != nth.data() + nth.size() || entry.remaining < 1) bad_line(line);
        }
        if (std::string more; words >> more) bad_line(line);
        entries.push_back(std::move(entry));
    }
    return entries;
}

void Script::reload_file() {
    struct stat found {};
    if (file_.empty() || ::stat(file_.c_str(), &found) != 0) return;
    const auto stamp = found.st_mtim.tv_sec * 1'000'000'000 + found.st_mtim.tv_nsec;
    if (stamp == file_stamp_) return;
    file_stamp_ = stamp;
    entries_ = parse(read_small_file(file_).value_or(""));
}

std::string Script::next_action(std::string_view method) {
    reload_file();
    std::string action;
    for (auto entry = entries_.begin(); entry != entries_.end();) {
        if (entry->method != method || --entry->remaining > 0) {
            ++entry;
            continue;
        }
        action = entry->action;
        entry = entries_.erase(entry);
    }
    return action;
}

bool Script::begin(std::string_view method) {
    std::unique_lock lock(mutex_);
    const auto action = next_action(method);
    if (action == "fail")
        throw Error(ErrorCode::Internal, "fake hypervisor: " + std::string(method) + " failed as its script says");
    if (action == "hang") {
        released_.wait(lock, [&] { return releasing_; });
        throw Error(ErrorCode::Unavailable, "fake hypervisor: " + std::string(method) + " was hanging");
    }
    return action == "lose";
}

void Script::lost(std::string_view method) {
    throw Error(ErrorCode::Unavailable, "fake hypervisor: the reply of " + std::string(method) + " was lost");
}

void Script::release() {
    const std::lock_guard lock(mutex_);
    releasing_ = true;
    released_.notify_all();
}

}  // namespace virga::compute::virt::fake
