#pragma once
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace virga::compute::virt::fake {

/// Faults that a test wants: `fail METHOD [N]`, `lose METHOD [N]` (do it, then fail) and `hang METHOD [N]`, comma or
/// line separated, each for the Nth call (default: the next) counted from when the script was read. Besides the text, a
/// file may be given, which is read again when it changes. Thread-safe.
class Script {
public:
    /// Throws Error{InvalidInput} for a text that doesn't follow the grammar.
    Script(std::string_view text, std::string file);

    /// Call at the start of a method. Throws for `fail`; blocks for `hang` until release(), then throws
    /// Error{Unavailable}. True: the method has to throw (see lost()) when its work is done.
    bool begin(std::string_view method);
    [[noreturn]] static void lost(std::string_view method);
    void release();

private:
    struct Entry {
        std::string action;
        std::string method;
        std::int64_t remaining = 1;
    };
    static std::vector<Entry> parse(std::string_view text);
    void reload_file();
    std::string next_action(std::string_view method);

    std::mutex mutex_;
    std::condition_variable released_;
    bool releasing_ = false;
    std::string file_;
    std::int64_t file_stamp_ = 0;
    std::vector<Entry> entries_;
};

}  // namespace virga::compute::virt::fake
