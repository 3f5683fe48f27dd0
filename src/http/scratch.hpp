#pragma once
#include <memory>
#include <span>

namespace virga::http {

/// Memory of this thread for bytes on their way. On the heap and made at the first use: a large thread_local object
/// would cost every thread of the program its size.
inline std::span<char> scratch() {
    constexpr std::size_t kBytes = 64UL * 1024;
    static thread_local std::unique_ptr<char[]> memory;
    if (!memory) memory = std::make_unique_for_overwrite<char[]>(kBytes);
    return {memory.get(), kBytes};
}

}  // namespace virga::http
