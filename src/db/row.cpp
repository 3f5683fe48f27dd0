#include <charconv>

#include "base/error.hpp"
#include "db/columns.hpp"

namespace virga::db {

Value nullable(const std::string& text) {
    if (text.empty()) return std::monostate();
    return text;
}

Value nullable(const std::optional<std::string>& text) {
    if (!text) return std::monostate();
    return *text;
}

Value nullable(const std::optional<std::int64_t>& number) {
    if (!number) return std::monostate();
    return *number;
}

Row::Row(std::shared_ptr<const Columns> columns, std::vector<Value> values)
    : columns_(std::move(columns)), values_(std::move(values)) {}

const std::vector<std::string>& Row::names() const {
    return columns_->names;
}

const Value& Row::at(std::string_view column) const {
    const auto found = columns_->index.find(column);
    if (found == columns_->index.end())
        throw Error(ErrorCode::Internal, "database result has no column", std::string(column));
    return values_[found->second];
}

bool Row::is_null(std::string_view column) const {
    return std::holds_alternative<std::monostate>(at(column));
}

std::string text_of(const Value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
    return {};
}

std::int64_t number_of(const Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) return 0;
    std::int64_t number = 0;
    const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (failure != std::errc()) throw Error(ErrorCode::Corrupt, "database value is not a number", *text);
    return number;
}

std::string Row::text(std::string_view column) const {
    return text_of(at(column));
}

std::int64_t Row::to_number(const Value& value) {
    return number_of(value);
}

std::int64_t Row::number(std::string_view column) const {
    return to_number(at(column));
}

std::int64_t Row::first_number() const {
    return values_.empty() ? 0 : to_number(values_.front());
}

std::optional<std::string> Row::optional_text(std::string_view column) const {
    if (is_null(column)) return std::nullopt;
    return text(column);
}

std::optional<std::int64_t> Row::optional_number(std::string_view column) const {
    if (is_null(column)) return std::nullopt;
    return number(column);
}

}  // namespace virga::db
