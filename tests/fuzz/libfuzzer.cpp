#include <openssl/crypto.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <random>

#include "base/json.hpp"
#include "base/log.hpp"
#include "fuzz/control.hpp"
#include "fuzz/targets.hpp"

/// libFuzzer's entry points. VIRGA_FUZZ_TARGET names the target.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace virga::fuzz {
namespace {

const Target& chosen() {
    static const Target& target = [] {
        const char* name = std::getenv("VIRGA_FUZZ_TARGET");
        for (const auto& known : targets()) {
            if (name != nullptr && known.name == name) return std::cref(known);
        }
        std::fprintf(stderr, "VIRGA_FUZZ_TARGET must be one of:");
        for (const auto& known : targets()) std::fprintf(stderr, " %s", known.name.c_str());
        std::fprintf(stderr, "\n");
        std::exit(2);
    }();
    return target;
}

using Random = std::minstd_rand;

json::value odd_value(Random& random) {
    static const json::array values{nullptr,
                                    true,
                                    0,
                                    -1,
                                    1,
                                    INT64_MAX,
                                    INT64_MIN,
                                    1e300,
                                    "",
                                    " ",
                                    "0",
                                    "null",
                                    "\xc3\xa9\xf0\x9f\x98\x80",
                                    std::string(256, 'a'),
                                    std::string(70'000, 'b'),
                                    json::array(),
                                    json::object(),
                                    json::array{nullptr},
                                    json::array{json::array{json::object{{"", ""}}}},
                                    "{server_id}",
                                    "{volume_id}",
                                    "{image_id}",
                                    "{project_id}",
                                    "00000000-0000-0000-0000-000000000000",
                                    "2026-01-01T00:00:00Z",
                                    "((((((((((a+)+)+)+)+",
                                    "../../etc/passwd",
                                    "{secret}",
                                    "{images}/link",
                                    "{volumes}/folder-link/../../secret"};
    return values[random() % values.size()];
}

/// Changes one value somewhere in a tree.
void change(json::value& value, Random& random) {
    const bool has_children =
        (value.is_object() && !value.as_object().empty()) || (value.is_array() && !value.as_array().empty());
    if (!has_children || random() % 6 == 0) {
        value = odd_value(random);
    } else if (value.is_array()) {
        auto& items = value.as_array();
        if (random() % 4 == 0) return items.push_back(items[random() % items.size()]);
        change(items[random() % items.size()], random);
    } else {
        auto& object = value.as_object();
        auto& [key, child] = *(object.begin() + static_cast<std::ptrdiff_t>(random() % object.size()));
        const std::string name(key);
        switch (random() % 6) {
            case 0:
                object.erase(name);
                break;
            case 1:
                object[name + "s"] = odd_value(random);
                break;
            default:
                change(object[name], random);
        }
    }
}

std::string changed_body(std::string_view text, Random& random) {
    boost::system::error_code failure;
    auto value = json::parse(text, failure);
    if (failure) value = json::object();
    for (auto times = random() % 3 + 1; times > 0; --times) change(value, random);
    return json::serialize(value);
}

/// Another route, another body, or both.
std::string changed_request(std::string_view text, Random& random) {
    const auto line_end = std::min(text.find('\n'), text.size());
    std::string first(text.substr(0, line_end));
    const auto gap = text.find("\n\n");
    const auto headers = gap == text.npos ? std::string_view() : text.substr(line_end, gap - line_end);
    const auto body = gap == text.npos ? std::string_view() : text.substr(gap + 2);
    if (random() % 3 == 0) {
        const auto& routes = control().routes();
        const auto& [method, pattern] = routes[random() % routes.size()];
        first = method + " " + pattern;
    }
    const auto new_body = random() % 4 != 0 ? changed_body(body, random) : std::string(body);
    return first + std::string(headers) + "\n\n" + new_body;
}

/// Another value in the parameters of one of the commands.
std::string changed_commands(std::string_view text, Random& random) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (lines.empty()) return {};
    auto& line = lines[random() % lines.size()];
    if (const auto space = line.find(' '); space != line.npos)
        line = line.substr(0, space + 1) + changed_body(line.substr(space + 1), random);
    std::string out;
    for (const auto& each : lines) out += each + "\n";
    return out;
}

std::string changed(std::string_view text, Random& random) {
    return chosen().name == "host" ? changed_commands(text, random) : changed_request(text, random);
}

}  // namespace
}  // namespace virga::fuzz

/// OpenSSL is begun first, so that it ends last: what it keeps for a thread is lost when that thread ends after it.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
    OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CRYPTO_STRINGS, nullptr);
    virga::log::init("fuzz", "none");
    virga::log::set_level("error");
    virga::fuzz::chosen();
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    virga::fuzz::chosen().run({reinterpret_cast<const char*>(data), size});
    return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
    virga::fuzz::Random random(seed);
    const auto& name = virga::fuzz::chosen().name;
    if ((name != "api" && name != "host") || random() % 3 == 0) return LLVMFuzzerMutate(data, size, max_size);
    const auto text = virga::fuzz::changed({reinterpret_cast<const char*>(data), size}, random);
    const auto taken = std::min(text.size(), max_size);
    std::memcpy(data, text.data(), taken);
    return taken;
}
