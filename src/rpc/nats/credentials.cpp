#include "rpc/nats/credentials.hpp"

#include "base/clock.hpp"
#include "base/error.hpp"
#include "rpc/nats/encoding.hpp"

namespace virga::rpc::nats {
namespace {

constexpr std::string_view kStatementBegin = "-----BEGIN NATS USER JWT-----";
constexpr std::string_view kStatementEnd = "------END NATS USER JWT------";
constexpr std::string_view kSeedBegin = "-----BEGIN USER NKEY SEED-----";
constexpr std::string_view kSeedEnd = "------END USER NKEY SEED------";

/// Without the white space around it.
std::string between(std::string_view text, std::string_view begin, std::string_view end) {
    const auto from = text.find(begin);
    const auto to = from == text.npos ? text.npos : text.find(end, from);
    if (to == text.npos) throw Error(ErrorCode::InvalidInput, "the file has no credentials of NATS");
    auto part = text.substr(from + begin.size(), to - from - begin.size());
    constexpr std::string_view kBlanks = " \t\r\n";
    const auto first = part.find_first_not_of(kBlanks);
    if (first == part.npos) return {};
    return std::string(part.substr(first, part.find_last_not_of(kBlanks) - first + 1));
}

std::string line(std::string_view text) {
    return std::string(text) + "\n";
}

}  // namespace

Secret file_text(const Credentials& credentials) {
    return Secret(line(kStatementBegin) + line(credentials.statement) + line(kStatementEnd) + "\n" + line(kSeedBegin) +
                  line(credentials.seed.reveal()) + line(kSeedEnd));
}

Credentials credentials_of(std::string_view file_text) {
    return {between(file_text, kStatementBegin, kStatementEnd), Secret(between(file_text, kSeedBegin, kSeedEnd))};
}

Statement read_statement(std::string_view text) {
    try {
        const auto first = text.find('.');
        const auto second = first == text.npos ? text.npos : text.find('.', first + 1);
        if (second != text.npos) {
            if (const auto body = of_base64url(text.substr(first + 1, second - first - 1))) {
                const auto claims = parse_object(*body);
                return {get_string(claims, "name"), get_string(claims, "sub"), get_int(claims, "iat"),
                        get_int(claims, "exp")};
            }
        }
    } catch (const Error&) {  // said below
    }
    throw Error(ErrorCode::InvalidInput, "the credentials hold no statement of NATS");
}

std::string make_statement(const Key& issuer, const std::string& subject, const std::string& name, json::object claims,
                           std::int64_t until_s) {
    claims["version"] = 2;
    json::object body{{"iat", now_us() / 1'000'000}, {"iss", issuer.name()}, {"name", name}, {"sub", subject}};
    if (until_s != 0) body["exp"] = until_s;
    body["nats"] = std::move(claims);
    const auto text = base64url(R"({"typ":"JWT","alg":"ed25519-nkey"})") + "." + base64url(json::serialize(body));
    return text + "." + base64url(issuer.sign(text));
}

}  // namespace virga::rpc::nats
