#pragma once
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace virga::config {

using List = std::vector<std::string>;
using Value = std::variant<bool, std::int64_t, double, std::string, List>;

/// Numbers from `least` to `most`, both included. The most is such that no later arithmetic can overflow: a value in
/// MiB or seconds is also used in bytes or microseconds.
template <class T>
struct Range {
    T least;
    T most;
};

/// The only texts, or items of a list, that are understood.
struct OneOf {
    OneOf(std::initializer_list<const char*> all) : words(all.begin(), all.end()) {}
    std::vector<std::string> words;
};

/// Texts, or items of a list, of a form.
struct Form {
    std::string what;  ///< for messages: "two user numbers, such as 5-9, or empty"
    bool (*fits)(std::string_view text);
};

using Allowed = std::variant<std::monostate, Range<std::int64_t>, Range<double>, OneOf, Form>;

/// What is known of one setting: what the generated reference page shows, and every value is held against.
struct Declaration {
    std::string key;  ///< "section.name", lowercase; a "*" stands for the name of a table
    Value fallback;
    Allowed allowed;
    std::string doc;  ///< one sentence, with the unit, without what is allowed
};

/// Every setting that is linked into the program, by key.
const std::map<std::string, Declaration, std::less<>>& declarations();
/// Throws std::logic_error when the fallback isn't allowed: a mistake in the program, which then doesn't start.
void declare(Declaration declaration);

template <class T>
concept Number = std::same_as<T, std::int64_t> || std::same_as<T, double>;
template <class T>
concept Text = std::same_as<T, std::string> || std::same_as<T, List>;

inline constexpr std::int64_t kDay_s = 86'400;
inline constexpr std::int64_t kYear_s = 365 * kDay_s;
inline constexpr std::int64_t kCentury_days = 36'500;
inline constexpr std::int64_t kMaxCount = 2'147'483'647;
inline constexpr std::int64_t kMaxThreads = 1'000;
inline constexpr std::int64_t kMaxBytes = std::int64_t{1} << 60;
/// A quota: -1 is no bound.
inline constexpr Range<std::int64_t> kQuota{-1, kMaxCount};

/// A typed setting, declared in code in the settings.hpp of its service:
///   inline const config::Setting<std::int64_t> max_builds{"compute.max_builds", 10, {1, 1000}, "..."};
/// T is bool, std::int64_t, double, std::string or List (texts). A number has a range, always; a text or list may be
/// one of some words, or of a form. Config holds every value against it, so that who reads one needs no check.
template <class T>
struct Setting {
    std::string key;

    Setting(std::string k, T fallback, Range<T> range, std::string doc) requires Number<T>
        : Setting(std::move(k), std::move(fallback), Allowed(range), std::move(doc), 0) {}
    Setting(std::string k, T fallback, std::string doc) requires(!Number<T>)
        : Setting(std::move(k), std::move(fallback), Allowed(), std::move(doc), 0) {}
    Setting(std::string k, T fallback, OneOf words, std::string doc) requires Text<T>
        : Setting(std::move(k), std::move(fallback), Allowed(std::move(words)), std::move(doc), 0) {}
    Setting(std::string k, T fallback, Form form, std::string doc) requires Text<T>
        : Setting(std::move(k), std::move(fallback), Allowed(std::move(form)), std::move(doc), 0) {}

private:
    Setting(std::string k, T fallback, Allowed allowed, std::string doc, int) : key(std::move(k)) {
        declare({key, Value(std::move(fallback)), std::move(allowed), std::move(doc)});
    }
};

/// A setting that every named table of a family has: NamedSetting<...> driver{"volume.backends.*.driver", ...} is
/// `driver` in each table [volume.backends.NAME].
template <class T>
struct NamedSetting : Setting<T> {
    using Setting<T>::Setting;
};

/// The values of one process: defaults, then a TOML file, then `key=value` overrides.
class Config {
public:
    /// Throws Error{InvalidInput} naming the file, the line, the key and what was expected: unreadable file, bad TOML,
    /// an unknown key, a value of the wrong type or one that isn't allowed, or a table whose name has other characters
    /// than letters, digits, - and _.
    void load_file(const std::string& path);
    /// A List as text is a TOML array, or one item. Throws as load_file does.
    void set(std::string_view key, std::string_view text);

    template <class T>
    const T& get(const Setting<T>& setting) const {
        return std::get<T>(value(setting.key));
    }
    template <class T>
    const T& get(const NamedSetting<T>& setting, std::string_view table) const {
        auto key = setting.key;
        return std::get<T>(value(key.replace(key.find('*'), 1, table)));
    }
    const Value& value(std::string_view key) const;
    /// Names of the tables of a family that were given, sorted: tables("volume.backends").
    std::vector<std::string> tables(std::string_view family) const;

private:
    std::map<std::string, Value, std::less<>> values_;
    std::set<std::string> tables_;  ///< "volume.backends.NAME"
};

/// The reference page of all settings, in Markdown.
std::string reference_markdown();

}  // namespace virga::config
