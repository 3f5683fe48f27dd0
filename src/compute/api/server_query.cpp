#include "compute/api/server_query.hpp"

#include <regex.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <map>
#include <memory>
#include <set>

#include "base/error.hpp"

namespace virga::compute::api {
namespace {

const identity::policy::Check kAllTenants(policies(), "os_compute_api:servers:index:get_all_tenants");
const identity::policy::Check kAllFilters(policies(), "os_compute_api:servers:allow_all_filters");

using Accept = std::function<bool(const Server&)>;

/// A POSIX extended expression, searched. Repetition counts and back-references, whose cost has no bound, are searched
/// as plain text, and so is what doesn't compile.
class Pattern {
public:
    explicit Pattern(const std::string& text) : text_(text) {
        if (has_costly_parts(text)) return;
        regex_t compiled;
        if (regcomp(&compiled, text.c_str(), REG_EXTENDED | REG_NOSUB) != 0) return;
        compiled_ = std::shared_ptr<regex_t>(new regex_t(compiled), [](regex_t* r) {
            regfree(r);
            delete r;
        });
    }
    bool matches(const std::string& subject) const {
        if (!compiled_) return subject.find(text_) != std::string::npos;
        return regexec(compiled_.get(), subject.c_str(), 0, nullptr, 0) == 0;
    }
    static bool is_plain(const std::string& text) { return text.find_first_of(".*+?^$[](){}|\\") == std::string::npos; }

private:
    static bool has_costly_parts(const std::string& text) {
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] == '{') return true;
            // A backslash makes a plain character of what follows, and a back-reference of a digit.
            if (text[i] == '\\' && ++i < text.size() && text[i] >= '0' && text[i] <= '9') return true;
        }
        return false;
    }

    std::string text_;
    std::shared_ptr<regex_t> compiled_;
};

std::vector<std::string> values_of(const http::Request& request, std::string_view name) {
    std::vector<std::string> values;
    for (const auto& [key, value] : request.query) {
        if (key == name) values.push_back(value);
    }
    return values;
}

std::set<std::string> words_of(const std::string& text) {
    std::set<std::string> words;
    std::size_t begin = 0;
    while (begin <= text.size()) {
        const auto end = std::min(text.find(',', begin), text.size());
        if (end > begin) words.insert(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return words;
}

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return text;
}

std::string id_of_url(const std::string& text) {
    const auto slash = text.rfind('/');
    return slash == std::string::npos ? text : text.substr(slash + 1);
}

void filter_project(const Call& call, repo::ServerFilter& filter) {
    const bool all = query_flag(call.request, "all_tenants") || query_flag(call.request, "all_projects");
    if (all) kAllTenants.require(call.auth);
    filter.project = call.auth.project.value;
    if (!kAllFilters.allows(call.auth)) return;
    auto project = call.request.query_value("project_id");
    if (!project) project = call.request.query_value("tenant_id");
    // Nova: without all_tenants the project of the token counts, whatever project the query names.
    if (all) filter.project = project.value_or("");
    filter.host = call.request.query_value("host").value_or("");
    if (filter.host.empty()) filter.host = call.request.query_value("node").value_or("");
    if (filter.host.empty()) filter.host = call.request.query_value("hypervisor_hostname").value_or("");
}

void filter_plain(const Call& call, repo::ServerFilter& filter) {
    const auto text = [&](std::string_view name) { return call.request.query_value(name).value_or(""); };
    filter.user = text("user_id");
    filter.image_id = id_of_url(text("image"));
    if (filter.image_id.empty()) filter.image_id = id_of_url(text("image_ref"));
    filter.flavor_id = id_of_url(text("flavor"));
    filter.key_name = text("key_name");
    filter.reservation_id = text("reservation_id");
    filter.availability_zone = text("availability_zone");
    filter.status_vm_state = text("vm_state");
    filter.status_task_state = text("task_state");
    const auto uuid = text("uuid");
    if (!uuid.empty()) filter.ids.emplace_back(is_uuid_like(uuid) ? canonical_uuid(uuid) : uuid);
    const auto since = text("changes-since");
    if (!since.empty()) filter.changed_since_us = parse_time(since, "changes-since");
    const auto before = text("changes-before");
    if (!before.empty() && call.minor >= 66) filter.changed_before_us = parse_time(before, "changes-before");
}

Accept by_status(const std::vector<std::string>& wanted, repo::ServerFilter& filter) {
    std::set<std::string> statuses;
    for (const auto& status : wanted) statuses.insert(upper(status));
    for (const auto& status : statuses) {
        for (const auto& state : vm_states_of(status)) filter.vm_states.push_back(state);
    }
    return [statuses](const Server& s) { return statuses.contains(api_status(s.vm_state, s.task_state)); };
}

Accept by_tags(const Call& call) {
    const auto words = [&](std::string_view name) { return words_of(call.request.query_value(name).value_or("")); };
    const auto all = words("tags");
    const auto any = words("tags-any");
    const auto not_all = words("not-tags");
    const auto not_any = words("not-tags-any");
    if (all.empty() && any.empty() && not_all.empty() && not_any.empty()) return {};
    return [=](const Server& server) {
        const std::set<std::string> own(server.tags.begin(), server.tags.end());
        const auto has = [&](const std::string& tag) { return own.contains(tag); };
        if (!std::all_of(all.begin(), all.end(), has)) return false;
        if (!any.empty() && std::none_of(any.begin(), any.end(), has)) return false;
        if (!not_all.empty() && std::all_of(not_all.begin(), not_all.end(), has)) return false;
        return std::none_of(not_any.begin(), not_any.end(), has);
    };
}

Accept by_address(const Call& call, db::Transaction& tx, const std::string& pattern, int version) {
    return [&networks = call.d.networks, &tx, matcher = Pattern(pattern), version](const Server& server) {
        for (const auto& nic : networks.nics_of_server(tx, server.id)) {
            for (const auto& ip : nic.fixed_ips) {
                if (ip.version == version && matcher.matches(ip.address)) return true;
            }
        }
        return false;
    };
}

std::vector<Accept> conditions(const Call& call, db::Transaction& tx, repo::ServerFilter& filter) {
    std::vector<Accept> all;
    const auto& request = call.request;
    const auto statuses = values_of(request, "status");
    if (!statuses.empty()) all.push_back(by_status(statuses, filter));
    auto name = request.query_value("name");
    if (!name) name = request.query_value("display_name");
    if (name && Pattern::is_plain(*name)) filter.name = *name;
    if (name && !name->empty()) {
        all.push_back([matcher = Pattern(*name)](const Server& s) { return matcher.matches(s.name); });
    }
    if (const auto text = request.query_value("description")) {
        all.push_back([matcher = Pattern(*text)](const Server& s) { return matcher.matches(s.description); });
    }
    if (const auto ip = request.query_value("ip")) all.push_back(by_address(call, tx, *ip, 4));
    if (const auto ip = request.query_value("ip6")) all.push_back(by_address(call, tx, *ip, 6));
    if (call.minor >= 26) {
        if (auto tags = by_tags(call)) all.push_back(std::move(tags));
    }
    if (call.minor >= 73 && request.query_value("locked")) {
        all.push_back([wanted = query_flag(request, "locked")](const Server& s) { return s.locked == wanted; });
    }
    if (query_flag(request, "deleted") && kAllFilters.allows(call.auth))
        all.push_back([](const Server&) { return false; });
    return all;
}

std::string column_of(const std::string& key) {
    static const std::map<std::string, std::string> columns{
        {"created_at", "created_us"},       {"updated_at", "updated_us"},      {"launched_at", "launched_us"},
        {"terminated_at", "terminated_us"}, {"display_name", "name"},          {"uuid", "id"},
        {"image_ref", "image_id"},          {"instance_type_id", "flavor_id"}, {"auto_disk_config", "disk_config"},
        {"tenant_id", "project_id"}};
    const auto found = columns.find(key);
    return found == columns.end() ? key : found->second;
}

void sort_and_page(const Call& call, repo::ServerFilter& filter) {
    if (const auto key = call.request.query_value("sort_key")) filter.sort_key = column_of(*key);
    if (filter.sort_key == "host") kAllFilters.require(call.auth);
    const auto direction = call.request.query_value("sort_dir").value_or("desc");
    if (direction != "asc" && direction != "desc") {
        throw Error(ErrorCode::InvalidInput, "sort_dir: '" + direction + "' is not one of asc, desc");
    }
    filter.ascending = direction == "asc";
    const auto page = http::page_of(call.request);
    filter.limit = page.limit;
    filter.marker = page.marker.value_or("");
}

}  // namespace

TimestampUs parse_time(const std::string& text, std::string_view field) {
    std::tm parts{};
    int used = 0;
    const int read = std::sscanf(text.c_str(), "%4d-%2d-%2d%*1[T ]%2d:%2d:%2d%n", &parts.tm_year, &parts.tm_mon,
                                 &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &used);
    const bool whole = read == 6 && used > 0;
    if (!whole &&
        std::sscanf(text.c_str(), "%4d-%2d-%2d%n", &parts.tm_year, &parts.tm_mon, &parts.tm_mday, &used) != 3) {
        throw Error(ErrorCode::InvalidInput, std::string(field) + ": '" + text.substr(0, 64) +
                                                 "' is not an ISO 8601 time (2026-11-23T02:24:29Z)");
    }
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    constexpr TimestampUs kSecond = 1'000'000;
    auto time = static_cast<TimestampUs>(timegm(&parts)) * kSecond;
    auto rest = text.substr(static_cast<std::size_t>(used));
    const auto offset_at = rest.find_first_of("+- ");
    int hours = 0;
    int minutes = 0;
    if (offset_at != std::string::npos && std::sscanf(rest.c_str() + offset_at + 1, "%2d:%2d", &hours, &minutes) >= 1) {
        const auto offset = (hours * 60LL + minutes) * 60 * kSecond;
        time += rest[offset_at] == '-' ? offset : -offset;
    }
    return time;
}

repo::ServerFilter server_filter(const Call& call, db::Transaction& tx) {
    repo::ServerFilter filter;
    filter_project(call, filter);
    filter_plain(call, filter);
    sort_and_page(call, filter);
    auto all = conditions(call, tx, filter);
    if (!all.empty()) {
        filter.accept = [all = std::move(all)](const Server& server) {
            return std::all_of(all.begin(), all.end(), [&](const auto& accept) { return accept(server); });
        };
    }
    return filter;
}

}  // namespace virga::compute::api
