#include <algorithm>
#include <map>
#include <set>

#include "base/json.hpp"
#include "compute/policy.hpp"
#include "fuzz/control.hpp"
#include "fuzz/targets.hpp"
#include "http/target.hpp"
#include "identity/service.hpp"
#include "image/policy.hpp"
#include "network/policy.hpp"
#include "volume/policy.hpp"

/// Who may do what: what a caller gets, a rule must give.
namespace virga::fuzz {
namespace {

using Words = std::set<std::string>;

/// What each caller is, written by hand: the words of a rule that are his.
const std::map<std::string, Words, std::less<>>& callers() {
    static const Words kToken{"any token"};
    static const Words kReader{"any token", "reader"};
    static const Words kMember{"any token", "reader", "member"};
    static const Words kManager{"any token", "reader", "member", "manager"};
    static const std::map<std::string, Words, std::less<>> all{
        {"reader", kReader},
        {"member", kMember},
        {"manager", kManager},
        {"admin", kManager},  // of a project that isn't the administrators'
        {"service", kToken},  // likewise
        {"unscoped", kToken},
        {"domain reader", {"any token", "domain reader"}},
        {"domain admin", {"any token", "domain reader", "domain manager", "domain admin"}},
        {"system reader", {"any token", "system reader"}}};
    return all;
}

/// The words of the rule behind a name. A name without a rule ends the start of the program.
const Words& words_of(const std::string& policy) {
    static const auto all = [] {
        std::map<std::string, Words> found;
        for (const auto* table : {&identity::policies(), &image::policies(), &volume::policies(), &network::policies(),
                                  &compute::policies()}) {
            for (const auto& row : table->rows()) {
                const auto words = identity::policy::words(row.rule);
                found[std::string(row.name)].insert(words.begin(), words.end());
            }
        }
        return found;
    }();
    return all.at(policy);
}

bool admits(const std::string& policy, const Words& caller) {
    if (policy == http::kPublic) return true;
    const auto& rule = words_of(policy);
    return rule.contains("owner") ||
           std::any_of(caller.begin(), caller.end(), [&](const auto& word) { return rule.contains(word); });
}

/// The policies of the route, or of the actions that the body may mean.
std::vector<std::string> policies_of(const http::Route& route, const std::string& body) {
    if (route.actions.empty()) return {route.policy};
    boost::system::error_code failure;
    const auto value = json::parse(body, failure);
    std::vector<std::string> out;
    if (failure || !value.is_object()) return out;
    for (const auto& [action, policy] : route.actions) {
        if (value.as_object().contains(action)) out.push_back(policy);
    }
    return out;
}

/// Parameters that stand for nothing known are filled with words of the input, each with the next one.
std::string filled(const Control& on, const std::string& pattern, std::string_view words) {
    auto text = on.expand(pattern);
    for (auto open = text.find('{'); open != text.npos; open = text.find('{', open)) {
        const auto close = text.find('}', open);
        if (close == text.npos) break;
        const auto end = std::min(words.find(','), words.size());
        auto word = end == 0 ? std::string("x") : http::percent_encode(words.substr(0, end));
        words.remove_prefix(std::min(end + 1, words.size()));
        text.replace(open, close + 1 - open, word);
        open += word.size();
    }
    return text;
}

unsigned byte_of(std::string_view input, std::size_t at) {
    return static_cast<unsigned char>(input[at]);
}

}  // namespace

void policy(std::string_view input) {
    constexpr std::size_t kChoices = 3;
    if (input.size() < kChoices) return;
    auto& on = control();
    const auto declared = on.router().declared();
    const auto caller = std::next(callers().begin(), static_cast<std::ptrdiff_t>(byte_of(input, 0) % callers().size()));
    const auto& route = *declared[(byte_of(input, 1) * 256 + byte_of(input, 2)) % declared.size()];
    input.remove_prefix(kChoices);
    const auto line_end = std::min(input.find('\n'), input.size());
    auto request = make_request(on, route.method, filled(on, route.pattern, input.substr(0, line_end)));
    input.remove_prefix(std::min(line_end + 1, input.size()));
    request.body = on.expand(input);
    request.headers.add("X-Auth-Token", on.token_of(caller->first));
    if (!request.path.starts_with('/') || !http::is_clean_utf8(request.path)) return;
    const auto status = run(on, request);
    if (status >= 400) return;
    const auto what = caller->first + " got " + std::to_string(status) + " for " + route.method + " " + route.pattern;
    const auto asked = policies_of(route, request.body);
    const bool granted =
        std::any_of(asked.begin(), asked.end(), [&](const auto& each) { return admits(each, caller->second); });
    if (!granted) throw Finding(what + ", which no rule gives him");
    if (on.names_what_is_owned(request.path)) throw Finding(what + " of another project: " + request.path);
}

}  // namespace virga::fuzz
