#pragma once
#include <optional>
#include <string>
#include <string_view>

/// The text forms of bytes that NATS uses.
namespace virga::rpc::nats {

/// Base32 of the bytes and a checksum behind them, without padding.
std::string checked_base32(std::string_view bytes);
/// nullopt: it is damaged, or none.
std::optional<std::string> of_checked_base32(std::string_view text);

/// URL-safe, without padding.
std::string base64url(std::string_view bytes);
std::optional<std::string> of_base64url(std::string_view text);

}  // namespace virga::rpc::nats
