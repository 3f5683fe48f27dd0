#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace virga {

/// A text that is made once and filled in often: `mark`, which isn't empty, stands where the value belongs.
class MarkedText {
public:
    MarkedText() = default;
    MarkedText(std::string_view text, std::string_view mark);
    void append_to(std::string& out, std::string_view value) const;

private:
    std::vector<std::string> parts_;  ///< between the marks
};

}  // namespace virga
