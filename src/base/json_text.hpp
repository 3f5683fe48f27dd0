#pragma once
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace virga {

/// Writes JSON straight to a text: for long lists, whose trees would cost more than what is in them. Keys are written
/// as they are: names of fields that need no escape.
class JsonText {
public:
    explicit JsonText(std::string& out) : out_(out) {}

    void begin_object() { begin('{'); }
    void begin_object(std::string_view key) { begin(key, '{'); }
    void end_object() { end('}'); }
    void begin_array(std::string_view key) { begin(key, '['); }
    void end_array() { end(']'); }

    void add(std::string_view key, std::string_view value) {
        put_key(key);
        put(value);
    }
    void add(std::string_view key, const char* value) { add(key, std::string_view(value)); }
    template <std::integral Number>
    void add(std::string_view key, Number value) {
        put_key(key);
        if constexpr (std::same_as<Number, bool>)
            out_ += value ? "true" : "false";
        else
            out_ += std::to_string(value);
    }
    void add_null(std::string_view key) {
        put_key(key);
        out_ += "null";
    }
    /// null for an empty text.
    void add_or_null(std::string_view key, std::string_view value) {
        if (value.empty()) return add_null(key);
        add(key, value);
    }
    void add(std::string_view key, const json::object& value) {
        if (value.empty()) return add_json(key, "{}");
        add_json(key, json::serialize(value));
    }
    /// A value that is JSON already.
    void add_json(std::string_view key, std::string_view text) {
        put_key(key);
        out_ += text;
    }
    /// Of an array.
    void add_element(std::string_view value) {
        put_comma();
        put(value);
    }
    /// The text, to write a value that is JSON to, behind `key`.
    std::string& add_to(std::string_view key) {
        put_key(key);
        return out_;
    }

private:
    void begin(char bracket) {
        put_comma();
        out_ += bracket;
        needs_comma_ = false;
    }
    void begin(std::string_view key, char bracket) {
        put_key(key);
        out_ += bracket;
        needs_comma_ = false;
    }
    void end(char bracket) {
        out_ += bracket;
        needs_comma_ = true;
    }
    void put_comma() {
        if (needs_comma_) out_ += ',';
        needs_comma_ = true;
    }
    void put_key(std::string_view key) {
        put_comma();
        out_ += '"';
        out_ += key;
        out_ += "\":";
    }
    void put(std::string_view value);

    std::string& out_;
    bool needs_comma_ = false;
};

}  // namespace virga
