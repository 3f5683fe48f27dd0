#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace virga::compute {

/// A regular expression of a user, searched in texts without regard to case, as Nova's database does. Its length, its
/// memory and the time of a search are bounded whatever it says: it is never tried by going back.
class TextPattern {
public:
    /// Error{InvalidInput} naming `field`: over 255 characters, not a valid expression, too large when its repetitions
    /// are written out, or with what can't be searched in bounded time (back references, look-around).
    TextPattern(std::string_view field, const std::string& text);

    bool matches(std::string_view subject) const;
    /// Whether the text has no character with a meaning: it is then found where it stands.
    static bool is_plain(std::string_view text);

private:
    std::shared_ptr<const re2::RE2> expression_;
};

}  // namespace virga::compute
