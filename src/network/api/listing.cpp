#include "network/api/listing.hpp"

#include <algorithm>

#include "http/target.hpp"

namespace virga::network::api {
namespace {

constexpr std::size_t kMaxPage = 10'000;
constexpr std::size_t kMaxSortKeys = 8;
constexpr std::size_t kMaxFilterValues = 500;

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
        for (const auto& text : query_values(request, name)) params.push_back(filter_value(*attribute, text));
        query.add(std::string(attribute->expression) + " IN (" + marks(params.size()) + ")", params);
    }
}

struct SortKey {
    const char* expression;
    bool ascending;
};

/// The id makes the order total.
std::vector<SortKey> sort_keys(const http::Request& request, const Collection& collection, bool is_reversed) {
    const auto names = query_values(request, "sort_key");
    const auto directions = query_values(request, "sort_dir");
    if (names.size() > kMaxSortKeys) throw Error(ErrorCode::InvalidInput, "sort_key: must be given at most 8 times");
    std::vector<SortKey> keys;
    bool has_id = false;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto* attribute = find_attribute(collection, names[i]);
        if (attribute == nullptr) {
            throw Error(ErrorCode::InvalidInput,
                        "sort_key: '" + names[i].substr(0, 64) + "' is not an attribute to sort by");
        }
        const auto direction = i < directions.size() ? directions[i] : "asc";
        if (direction != "asc" && direction != "desc") {
            throw Error(ErrorCode::InvalidInput, "sort_dir: must be asc or desc");
        }
        keys.push_back({attribute->expression, (direction == "asc") != is_reversed});
        has_id = has_id || names[i] == "id";
    }
    if (!has_id) keys.push_back({"t.id", !is_reversed});
    return keys;
}

std::string order_of(const std::vector<SortKey>& keys) {
    std::string order;
    for (const auto& key : keys) {
        order += (order.empty() ? "" : ", ") + std::string(key.expression) + (key.ascending ? " ASC" : " DESC");
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

std::vector<std::string> query_values(const http::Request& request, std::string_view name) {
    std::vector<std::string> values;
    for (const auto& [key, value] : request.query) {
        if (key == name) values.push_back(value);
    }
    if (values.size() > kMaxFilterValues) {
        throw Error(ErrorCode::InvalidInput, std::string(name) + ": must be given at most 500 times");
    }
    return values;
}

std::string marks(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += i == 0 ? "?" : ",?";
    return text;
}

Listing read_listing(const http::Request& request, const Collection& collection) {
    Listing listing;
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
    const auto marker = *request.query_value("marker");
    const std::string table = collection.table;
    if (!tx.query_one("SELECT id FROM " + table + " WHERE id = ?", {marker})) {
        throw Error(ErrorCode::InvalidInput,
                    "marker: there is no " + std::string(collection.singular) + " with this id");
    }
    const auto keys = sort_keys(request, collection, listing.is_reversed);
    const auto of_marker = [&](const SortKey& key) {
        return std::string("(SELECT ") + key.expression + " FROM " + table + " t WHERE t.id = ?)";
    };
    std::string any;
    db::Params params;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        std::string step;
        for (std::size_t j = 0; j <= i; ++j) {
            const char* comparison = j < i ? " = " : keys[j].ascending ? " > " : " < ";
            step += (j == 0 ? "" : " AND ") + std::string(keys[j].expression) + comparison + of_marker(keys[j]);
            params.emplace_back(marker);
        }
        any += (any.empty() ? "(" : " OR (") + step + ")";
    }
    listing.query.add(any, params);
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
    const auto names = query_values(request, "fields");
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
