#pragma once
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace virga::config {

using List = std::vector<std::string>;
using Value = std::variant<bool, std::int64_t, double, std::string, List>;

/// What is known of one setting: what the generated reference page shows.
struct Declaration {
    std::string key;  ///< "section.name", lowercase; a "*" stands for the name of a table
    Value fallback;
    std::string doc;  ///< one sentence, with the unit and the range
};

/// Every setting that is linked into the program, by key.
const std::map<std::string, Declaration, std::less<>>& declarations();
void declare(Declaration declaration);

/// A typed setting, declared in code in the settings.hpp of its service:
///   inline const config::Setting<std::int64_t> max_concurrent_builds{"compute.max_concurrent_builds", 10, "..."};
/// T is bool, std::int64_t, double, std::string or List (texts).
template <class T>
struct Setting {
    std::string key;
    Setting(std::string k, T fallback, std::string doc) : key(std::move(k)) {
        declare({key, Value(std::move(fallback)), std::move(doc)});
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
    /// Throws Error{InvalidInput} naming the file, the key and what was expected: unreadable file, bad TOML, an
    /// unknown key, a value of the wrong type, or a table whose name has other characters than letters, digits, - and
    /// _.
    void load_file(const std::string& path);
    /// A List as text is a TOML array, or one item.
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
