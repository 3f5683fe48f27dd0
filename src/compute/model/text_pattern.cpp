#include "compute/model/text_pattern.hpp"

#include <re2/re2.h>

#include "base/error.hpp"
#include "http/target.hpp"

namespace virga::compute {
namespace {

constexpr std::size_t kMostCharacters = 255;
constexpr std::int64_t kMostBytes = 1 << 20;

RE2::Options options() {
    RE2::Options out;
    out.set_max_mem(kMostBytes);
    out.set_log_errors(false);
    out.set_case_sensitive(false);
    out.set_dot_nl(true);
    return out;
}

}  // namespace

TextPattern::TextPattern(std::string_view field, const std::string& text) {
    if (http::utf8_length(text) > kMostCharacters) {
        throw Error(ErrorCode::InvalidInput,
                    std::string(field) + ": a pattern has at most " + std::to_string(kMostCharacters) + " characters");
    }
    auto expression = std::make_shared<const RE2>(text, options());
    if (!expression->ok()) {
        throw Error(ErrorCode::InvalidInput,
                    std::string(field) + ": is not a regular expression that can be searched: " + expression->error());
    }
    expression_ = std::move(expression);
}

bool TextPattern::matches(std::string_view subject) const {
    return RE2::PartialMatch({subject.data(), subject.size()}, *expression_);
}

bool TextPattern::is_plain(std::string_view text) {
    return text.find_first_of(".*+?^$[](){}|\\") == std::string_view::npos;
}

}  // namespace virga::compute
