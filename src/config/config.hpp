#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace virga::config {

using Value = std::variant<bool, std::int64_t, std::string>;

/// What is known of one setting: what the generated reference page shows.
struct Declaration {
    std::string key;  ///< "section.name", lowercase
    Value fallback;
    std::string doc;  ///< one sentence, with the unit and the range
};

/// Every setting that is linked into the program, by key.
const std::map<std::string, Declaration, std::less<>>& declarations();
void declare(Declaration declaration);

/// A typed setting, declared in code in the settings.hpp of its service:
///   inline const config::Setting<std::int64_t> max_concurrent_builds{"compute.max_concurrent_builds", 10, "..."};
/// T is bool, std::int64_t or std::string.
template <class T>
struct Setting {
    std::string key;
    Setting(std::string k, T fallback, std::string doc) : key(std::move(k)) {
        declare({key, Value(std::move(fallback)), std::move(doc)});
    }
};

/// The values of one process: defaults, then a TOML file, then `key=value` overrides.
class Config {
public:
    /// Throws Error{InvalidInput} naming the file, the key and what was expected: unreadable file, bad TOML, an
    /// unknown key or a value of the wrong type.
    void load_file(const std::string& path);
    void set(std::string_view key, std::string_view text);

    template <class T>
    const T& get(const Setting<T>& setting) const {
        return std::get<T>(value(setting.key));
    }
    const Value& value(std::string_view key) const;

private:
    std::map<std::string, Value, std::less<>> values_;
};

/// The reference page of all settings, in Markdown.
std::string reference_markdown();

}  // namespace virga::config
