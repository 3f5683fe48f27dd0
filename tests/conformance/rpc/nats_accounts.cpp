#include "conformance/rpc/nats_accounts.hpp"

#include <sodium.h>

#include <array>
#include <ctime>
#include <fstream>

#include "base/json.hpp"

namespace virga::rpc::test {
namespace {

constexpr unsigned kOperator = 14U << 3;
constexpr unsigned kAccount = 0;
constexpr unsigned kUser = 20U << 3;
constexpr unsigned kSeed = 18U << 3;

/// CRC-16/XMODEM, the low byte first.
std::string checksum(const std::string& data) {
    unsigned crc = 0;
    for (const char c : data) {
        crc ^= static_cast<unsigned>(static_cast<unsigned char>(c)) << 8;
        for (int bit = 0; bit < 8; ++bit) crc = ((crc & 0x8000U) != 0 ? crc << 1 ^ 0x1021U : crc << 1) & 0xFFFFU;
    }
    return {static_cast<char>(crc & 0xFF), static_cast<char>(crc >> 8)};
}

std::string base32(const std::string& data) {
    constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    std::string out;
    unsigned bits = 0;
    unsigned count = 0;
    for (const char c : data + checksum(data)) {
        bits = bits << 8 | static_cast<unsigned char>(c);
        for (count += 8; count >= 5; count -= 5) out += kDigits[bits >> (count - 5) & 31U];
    }
    if (count > 0) out += kDigits[bits << (5 - count) & 31U];
    return out;
}

std::string base64url(const std::string& data) {
    constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    std::string out(sodium_base64_ENCODED_LEN(data.size(), kVariant), '\0');
    sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(data.data()), data.size(),
                      kVariant);
    out.pop_back();
    return out;
}

class Key {
public:
    explicit Key(unsigned kind) : kind_(kind) {
        randombytes_buf(seed_.data(), seed_.size());
        crypto_sign_seed_keypair(public_.data(), secret_.data(), seed_.data());
    }
    std::string name() const {
        return base32(std::string(1, static_cast<char>(kind_)) + std::string(public_.begin(), public_.end()));
    }
    std::string seed() const {
        return base32(std::string{static_cast<char>(kSeed | kind_ >> 5), static_cast<char>((kind_ & 31U) << 3)} +
                      std::string(seed_.begin(), seed_.end()));
    }
    std::string sign(const std::string& text) const {
        std::string out(crypto_sign_BYTES, '\0');
        crypto_sign_detached(reinterpret_cast<unsigned char*>(out.data()), nullptr,
                             reinterpret_cast<const unsigned char*>(text.data()), text.size(), secret_.data());
        return out;
    }

private:
    unsigned kind_;
    std::array<unsigned char, crypto_sign_SEEDBYTES> seed_{};
    std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> public_{};
    std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret_{};
};

std::string token(const Key& issuer, const std::string& subject, const std::string& name, json::object claims,
                  long expires = 0) {
    claims["version"] = 2;
    json::object body{{"iat", std::time(nullptr)}, {"iss", issuer.name()}, {"name", name}, {"sub", subject}};
    if (expires != 0) body["exp"] = expires;
    body["nats"] = std::move(claims);
    const auto text = base64url(R"({"typ":"JWT","alg":"ed25519-nkey"})") + "." + base64url(json::serialize(body));
    return text + "." + base64url(issuer.sign(text));
}

json::object scope(const Key& key, const char* role, json::array publish, json::array subscribe) {
    json::object rights{{"pub", json::object{{"allow", std::move(publish)}}},
                        {"sub", json::object{{"allow", std::move(subscribe)}}},
                        {"subs", -1},
                        {"data", -1},
                        {"payload", -1}};
    return {{"kind", "user_scope"}, {"key", key.name()}, {"role", role}, {"template", std::move(rights)}};
}

}  // namespace

struct NatsAccounts::Keys {
    Key master{kOperator};
    Key account{kAccount};
    Key host{kAccount};
    Key control{kAccount};

    void write(const std::filesystem::path& file, const Key& issuer, const std::string& name, long expires) const {
        const Key user(kUser);
        const auto jwt =
            token(issuer, user.name(), name, {{"type", "user"}, {"issuer_account", account.name()}}, expires);
        std::ofstream(file) << "-----BEGIN NATS USER JWT-----\n"
                            << jwt << "\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n"
                            << user.seed() << "\n------END USER NKEY SEED------\n";
    }
};

NatsAccounts::NatsAccounts(const std::string& prefix) : prefix_(prefix + "."), keys_(std::make_unique<Keys>()) {}
NatsAccounts::~NatsAccounts() = default;

void NatsAccounts::write_configuration(const std::filesystem::path& file) const {
    const auto& p = prefix_;
    const std::string name = "{{name()}}";
    const json::object claims{
        {"type", "account"},
        {"limits", json::object{{"subs", -1},
                                {"data", -1},
                                {"payload", -1},
                                {"imports", -1},
                                {"exports", -1},
                                {"wildcards", true},
                                {"conn", -1},
                                {"leaf", -1}}},
        {"default_permissions", json::object{{"pub", json::object()}, {"sub", json::object()}}},
        {"signing_keys", json::array{scope(keys_->host, "host",
                                           {p + "r." + name + ".*", p + "e." + name, p + "w." + name, p + "n." + name},
                                           {p + "h." + name + ".*", p + "a.*", p + "n." + name}),
                                     scope(keys_->control, "control", {p + "h.*.*", p + "a.*", p + "k"},
                                           {p + "r.*.*", p + "e.*", p + "w.*", p + "k"})}}};
    const auto account = keys_->account.name();
    std::ofstream(file) << "operator: " << token(keys_->master, keys_->master.name(), "virga", {{"type", "operator"}})
                        << "\nresolver: MEMORY\nresolver_preload: { " << account << ": "
                        << token(keys_->master, account, "cloud", claims) << " }\n";
}

void NatsAccounts::write_host(const std::filesystem::path& file, const std::string& name, long lifetime_s) const {
    keys_->write(file, keys_->host, name, std::time(nullptr) + lifetime_s);
}

void NatsAccounts::write_control(const std::filesystem::path& file, const std::string& name) const {
    keys_->write(file, keys_->control, name, 0);
}

void NatsAccounts::write_forged(const std::filesystem::path& file, const std::string& name) const {
    keys_->write(file, Key(kAccount), name, 0);
}

}  // namespace virga::rpc::test
