#include "rpc/message.hpp"

#include "base/error.hpp"

namespace virga::rpc {

std::string text_of(const json::object& message) {
    auto text = json::serialize(message);
    if (text.size() <= kMaxMessage) return text;
    throw Error(ErrorCode::TooLarge, "More than can be said to a host or by one at once.",
                std::to_string(text.size()) + " bytes of " + std::to_string(kMaxMessage));
}

}  // namespace virga::rpc
