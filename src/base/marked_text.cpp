#include "base/marked_text.hpp"

namespace virga {

MarkedText::MarkedText(std::string_view text, std::string_view mark) {
    for (auto at = text.find(mark); at != std::string_view::npos; at = text.find(mark)) {
        parts_.emplace_back(text.substr(0, at));
        text.remove_prefix(at + mark.size());
    }
    parts_.emplace_back(text);
}

void MarkedText::append_to(std::string& out, std::string_view value) const {
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        if (i > 0) out += value;
        out += parts_[i];
    }
}

}  // namespace virga
