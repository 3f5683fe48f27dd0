#include "image/format/inspector.hpp"

#include <algorithm>

#include "image/format/recogniser.hpp"
#include "image/format/verdict.hpp"

namespace virga::image {

using format::kExtraBytes;
using format::kHeadBytes;
using format::kTailBytes;

// Keeps the head, the tail and, for a vhdx, one range that the head points to: 0.7 MiB at most. The verdict is given at
// the end from these alone, so how the stream was cut can't matter.
struct Inspector::Impl {
    std::string head;
    std::string tail;
    std::optional<format::Range> wanted;
    std::string extra;
    std::uint64_t size = 0;

    void update(std::string_view data) {
        keep_head(data);
        keep_tail(data);
        if (wanted) keep_extra(size, data);
        size += data.size();
    }

    void keep_head(std::string_view data) {
        if (head.size() >= kHeadBytes) return;
        head.append(data.substr(0, kHeadBytes - head.size()));
        if (head.size() < kHeadBytes) return;
        seek_extra();
        if (wanted) keep_extra(0, std::string_view(head).substr(0, static_cast<std::size_t>(size)));
    }

    void seek_extra() { wanted = format::Vhdx::metadata_range(head); }

    void keep_extra(std::uint64_t offset, std::string_view data) {
        const auto next = wanted->offset + extra.size();
        if (extra.size() >= wanted->length || next < offset || next - offset >= data.size()) return;
        const auto room = static_cast<std::size_t>(wanted->length) - extra.size();
        extra.append(data.substr(static_cast<std::size_t>(next - offset), room));
    }

    void keep_tail(std::string_view data) {
        if (data.size() >= kTailBytes) {
            tail.assign(data.substr(data.size() - kTailBytes));
            return;
        }
        tail.append(data);
        if (tail.size() > 64 * 1024) tail.erase(0, tail.size() - kTailBytes);
    }

    Inspection finish() {
        if (head.size() < kHeadBytes) {
            seek_extra();
            if (wanted) keep_extra(0, head);
        }
        if (tail.size() > kTailBytes) tail.erase(0, tail.size() - kTailBytes);
        return format::verdict({head, tail, wanted.value_or(format::Range{}), extra, size});
    }
};

Inspector::Inspector() : impl_(std::make_unique<Impl>()) {}
Inspector::~Inspector() = default;
void Inspector::update(std::string_view data) {
    impl_->update(data);
}
Inspection Inspector::finish() {
    return impl_->finish();
}

}  // namespace virga::image
