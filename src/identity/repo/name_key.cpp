#include "identity/repo/name_key.hpp"

#include <locale.h>
#include <climits>
#include <cwchar>
#include <cwctype>

namespace virga::identity::repo {
namespace {

/// Every Debian has it. It only knows letters, no language.
locale_t unicode() {
    static const locale_t locale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return locale;
}

char ascii_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Puts the thread's locale back.
class WithUnicode {
public:
    WithUnicode() : before_(::uselocale(unicode())) {}
    ~WithUnicode() { ::uselocale(before_); }
    WithUnicode(const WithUnicode&) = delete;
    WithUnicode& operator=(const WithUnicode&) = delete;

private:
    locale_t before_;
};

void append_lowered(std::string& out, wchar_t letter) {
    char bytes[MB_LEN_MAX];
    std::mbstate_t state{};
    const auto size =
        std::wcrtomb(bytes, static_cast<wchar_t>(std::towlower(static_cast<std::wint_t>(letter))), &state);
    out.append(bytes, size);
}

}  // namespace

std::string name_key(std::string_view name) {
    std::string out;
    out.reserve(name.size());
    const WithUnicode guard;
    while (!name.empty()) {
        wchar_t letter = 0;
        std::mbstate_t state{};
        const auto size = std::mbrtowc(&letter, name.data(), name.size(), &state);
        const bool readable = size > 1 && size <= name.size();
        if (readable) {
            append_lowered(out, letter);
        } else {
            out += ascii_lower(name.front());
        }
        name.remove_prefix(readable ? size : 1);
    }
    return out;
}

bool is_same_name(std::string_view a, std::string_view b) {
    return name_key(a) == name_key(b);
}

std::string same_name() {
    return "(name_key = ? OR name = ?) ORDER BY CASE WHEN name = ? THEN 0 ELSE 1 END, id LIMIT 1";
}

}  // namespace virga::identity::repo
