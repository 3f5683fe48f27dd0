#include "network/api/listing.hpp"

#include <algorithm>

#include "db/conditions.hpp"
#include "http/query.hpp"
#include "http/target.hpp"

namespace virga::network::api {
namespace {

constexpr std::size_t kMaxPage = 10'000;

const std::vector<Attribute>& common_attributes() {
    static const std::vector<Attribute> kCommon{{"id", "t.id"},
                                                {"project_id", "t.project_id"},
                                                {"tenant_id", "t.project_id"},
                                                {"name", "t.name"},
                                                {"description", "t.description"},
                                                {"revision_number", "t.revision", Kind::Number},
                                                {"created_at", "t.created_us", Kind::Number},
                                                {"updated_at", "t.updated_us", Kind::Number}};
    return kCommon;
}

const Attribute* find_in(const std::vector<Attribute>& attributes, std::string_view name) {
    const auto found = std::find_if(attributes.begin(), attributes.end(),
                                    [&](const Attribute& attribute) { return attribute.name == name; });
    return found == attributes.end() ? nullptr : &*found;
}

const Attribute* find_attribute(const Collection& collection, std::string_view name) {
    const auto* own = find_in(collection.attributes, name);
    return own != nullptr ? own : find_in(common_attributes(), name);
}

bool is_control(std::string_view name) {
    static const std::set<std::string_view> kControls{"fields",   "limit",    "marker",
                                                      "sort_key", "sort_dir", "page_reverse"};
    return kControls.contains(name);
}

db::Value filter_value(const Attribute& attribute, const std::string& text) {
    if (attribute.kind == Kind::Text) return text;
    json::object object;
    object[attribute.name] = text;
    http::Fields fields(object, {});
    if (attribute.kind == Kind::Boolean) return std::int64_t{fields.boolean(attribute.name).value_or(false)};
    return fields.required_integer(attribute.name, INT64_MIN, INT64_MAX);
}

void add_filters(const http::Request& request, const Collection& collection, repo::ListQuery& query) {
    std::set<std::string> done;
    for (const auto& [name, unused] : request.query) {
        if (is_control(name) || collection.other.contains(name) || !done.insert(name).second) continue;
        const auto* attribute = find_attribute(collection, name);
        if (attribute == nullptr) {
            throw Error(ErrorCode::InvalidInput,
                        "'" + name.substr(0, 64) + "' is not a filter of " + collection.plural);
        }
        db::Params params;
        for (const auto& text : http::query_values(request, name)) params.push_back(filter_value(*attribute, text));
        const auto among = db::in_list(attribute->expression, std::move(params));
        query.add(among.sql, among.params);
    }
}

struct SortKey {
    const Attribute* attribute;
    bool ascending;
};

/// The id makes the order total; what comes behind it makes no difference.
std::vector<SortKey> sort_keys(const http::Request& request, const Collection& collection, bool is_reversed) {
    std::vector<SortKey> keys;
    std::vector<std::string> used;
    for (const auto& [name, ascending] : http::read_sort(request, http::SortForm::Pairs, true).items) {
        const auto* attribute = find_attribute(collection, name);
        if (attribute == nullptr) {
            throw Error(ErrorCode::InvalidInput,
                        "sort_key: '" + name.substr(0, 64) + "' is not an attribute to sort by");
        }
        used.emplace_back(attribute->expression);
        keys.push_back({attribute, ascending != is_reversed});
    }
    http::check_distinct_keys(used);
    const auto* id = find_attribute(collection, "id");
    const auto own = std::find_if(keys.begin(), keys.end(), [&](const SortKey& key) { return key.attribute == id; });
    if (own == keys.end()) {
        keys.push_back({id, !is_reversed});
    } else {
        keys.erase(own + 1, keys.end());
    }
    return keys;
}

std::string order_of(const std::vector<SortKey>& keys) {
    std::string order;
    for (const auto& key : keys) {
        order +=
            (order.empty() ? "" : ", ") + std::string(key.attribute->expression) + (key.ascending ? " ASC" : " DESC");
    }
    return order;
}

bool is_true(const std::optional<std::string>& text) {
    return text && (*text == "True" || *text == "true" || *text == "1");
}

std::string link(const http::Request& request, const std::string& marker, bool reversed) {
    std::string href = request.base_url + request.path + "?";
    for (const auto& [name, value] : request.query) {
        if (name == "marker" || name == "page_reverse") continue;
        href += http::percent_encode(name) + "=" + http::percent_encode(value) + "&";
    }
    return href + "marker=" + http::percent_encode(marker) + (reversed ? "&page_reverse=True" : "");
}

}  // namespace

Listing read_listing(const http::Request& request, const Collection& collection, repo::ListQuery visible) {
    Listing listing;
    listing.visible = std::move(visible);
    listing.query = listing.visible;
    add_filters(request, collection, listing.query);
    const auto page = http::page_of(request, kMaxPage);
    if (request.query_value("limit") && page.limit > 0) listing.limit = page.limit;
    listing.is_reversed = is_true(request.query_value("page_reverse"));
    listing.has_marker = page.marker.has_value();
    listing.query.order = order_of(sort_keys(request, collection, listing.is_reversed));
    listing.query.limit = listing.limit;
    return listing;
}

void start_at_marker(db::Transaction& tx, const http::Request& request, const Collection& collection,
                     Listing& listing) {
    if (!listing.has_marker) return;
    const auto keys = sort_keys(request, collection, listing.is_reversed);
    auto marker = listing.visible;
    marker.add("t.id = ?", {*request.query_value("marker")});
    std::vector<std::string> expressions;
    for (const auto& key : keys) expressions.emplace_back(key.attribute->expression);
    const auto row = repo::first_row(tx, collection.table, expressions, marker);
    if (!row) {
        throw Error(ErrorCode::InvalidInput,
                    "marker: there is no " + std::string(collection.singular) + " with this id");
    }
    std::vector<db::SortValue> values;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto name = "k" + std::to_string(i);
        const bool is_text = keys[i].attribute->kind == Kind::Text;
        values.push_back({keys[i].attribute->expression, keys[i].ascending,
                          is_text ? db::Value(row->text(name)) : db::Value(row->number(name))});
    }
    const auto behind = db::behind_marker(values);
    listing.query.add(behind.sql, behind.params);
}

http::Response page_response(const http::Request& request, const Collection& collection, const Listing& listing,
                             json::array items) {
    json::array links;
    const auto id_of = [](const json::value& item) {
        const auto* id = item.as_object().if_contains("id");
        return id == nullptr ? std::string() : std::string(id->as_string());
    };
    const bool is_full = listing.limit && items.size() == *listing.limit;
    const bool has_next = listing.is_reversed ? listing.has_marker : is_full;
    const bool has_previous = listing.is_reversed ? is_full : listing.has_marker;
    if (listing.limit && !items.empty()) {
        const auto first = id_of(items.front());
        const auto last = id_of(items.back());
        if (has_next && !last.empty()) {
            links.push_back(json::object{{"rel", "next"}, {"href", link(request, last, false)}});
        }
        if (has_previous && !first.empty()) {
            links.push_back(json::object{{"rel", "previous"}, {"href", link(request, first, true)}});
        }
    }
    json::object body;
    body[collection.plural] = std::move(items);
    if (!links.empty()) body[std::string(collection.plural) + "_links"] = std::move(links);
    return http::Response::with_json(200, body);
}

json::object picked(const http::Request& request, json::object item) {
    const auto names = http::query_values(request, "fields");
    if (names.empty()) return item;
    json::object out;
    for (const auto& name : names) {
        if (auto* value = item.if_contains(name)) out[name] = std::move(*value);
    }
    // The link to the next page needs it.
    if (request.query_value("limit") && !out.contains("id") && item.contains("id")) out["id"] = item["id"];
    return out;
}

}  // namespace virga::network::api
