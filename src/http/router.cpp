#include <algorithm>
#include <set>

#include "base/log.hpp"
#include "http/http.hpp"
#include "http/microversion.hpp"
#include "http/query.hpp"
#include "http/target.hpp"

namespace virga::http {
namespace {

struct Entry {
    Route route;
    std::vector<std::string> names;  ///< of the `{name}` segments, in order
};

bool is_parameter(std::string_view segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

std::string internal_text(const Request& request) {
    return "The service failed unexpectedly. Give the request id " + request.request_id + " to the operator.";
}

void log_failure(const Request& request, int status, const Error& error) {
    const log::Fields fields{
        {"request_id", request.request_id}, {"method", request.method},   {"path", request.path},    {"status", status},
        {"code", to_string(error.code())},  {"message", error.message()}, {"detail", error.detail()}};
    if (status >= 500) {
        log::error("request failed", fields);
    } else {
        log::debug("request refused", fields);
    }
}

void stamp(Response& response, const Request& request) {
    response.headers.set("x-openstack-request-id", request.request_id);
    if (is_below(request.path, "/compute")) response.headers.set("x-compute-request-id", request.request_id);
}

std::string_view routed_path(const Request& request) {
    return request.target.empty() ? std::string_view(request.path) : path_of(request.target);
}

}  // namespace

struct Router::Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
    std::unique_ptr<Node> parameter;
    std::map<std::string, Entry, std::less<>> entries;  ///< by method

    Node& child(const std::string& segment) {
        auto& slot = is_parameter(segment) ? parameter : literals[segment];
        if (!slot) slot = std::make_unique<Node>();
        return *slot;
    }

    const Entry* entry_for(std::string_view method) const {
        auto found = entries.find(method);
        if (found == entries.end() && method == "HEAD") found = entries.find(std::string_view("GET"));
        return found == entries.end() ? nullptr : &found->second;
    }

    /// What a search collects: values of the parameters on the way, methods of all nodes that fit the path.
    struct Search {
        const std::vector<std::string>& segments;
        std::string_view method;
        std::vector<std::string> values{};
        std::set<std::string> allowed{};

        std::string allow() const {
            std::string out;
            for (const auto& each : allowed) out += (out.empty() ? "" : ", ") + each;
            return out;
        }
    };

    /// Literals come before parameters, but a literal that lacks the method doesn't hide a parameter that has it.
    const Entry* find(Search& search, std::size_t depth) const {
        if (depth == search.segments.size()) {
            for (const auto& item : entries) search.allowed.insert(item.first);
            return entry_for(search.method);
        }
        const auto literal = literals.find(search.segments[depth]);
        if (literal != literals.end()) {
            if (const auto* entry = literal->second->find(search, depth + 1)) return entry;
        }
        if (!parameter) return nullptr;
        search.values.push_back(search.segments[depth]);
        if (const auto* entry = parameter->find(search, depth + 1)) return entry;
        search.values.pop_back();
        return nullptr;
    }

    void collect(std::vector<const Route*>& out) const {
        for (const auto& item : entries) out.push_back(&item.second.route);
        for (const auto& item : literals) item.second->collect(out);
        if (parameter) parameter->collect(out);
    }
};

Route public_route(std::string method, std::string pattern, Handler handler) {
    Route route{std::move(method), std::move(pattern), std::move(handler)};
    route.policy = kPublic;
    return route;
}

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;

void Router::add(Route route) {
    Node* node = root_.get();
    std::vector<std::string> names;
    for (const auto& segment : segments_of(route.pattern)) {
        if (is_parameter(segment)) names.push_back(segment.substr(1, segment.size() - 2));
        node = &node->child(segment);
    }
    const auto method = route.method;
    const auto text = method + " " + route.pattern;
    if (!node->entries.emplace(method, Entry{std::move(route), std::move(names)}).second) {
        throw Error(ErrorCode::Internal, "route '" + text + "' is declared twice");
    }
}

void Router::set_gate(Gate gate) {
    gate_ = std::move(gate);
}

void Router::set_fault_writer(std::string prefix, FaultWriter writer) {
    fault_writers_[std::move(prefix)] = std::move(writer);
}

void Router::set_stamp(std::string prefix, Stamp stamp) {
    stamps_[std::move(prefix)] = std::move(stamp);
}

void Router::refuse_empty_ids(std::string prefix) {
    no_empty_ids_.push_back(std::move(prefix));
}

bool Router::has_empty_id(std::string_view path) const {
    if (!path.ends_with('/')) return false;
    return std::any_of(no_empty_ids_.begin(), no_empty_ids_.end(), [&](const std::string& prefix) {
        return is_below(path, prefix) && path.size() > prefix.size() + 1;
    });
}

Response Router::fault(std::string_view path, int status, const std::string& message) const {
    // The order is descending, so the longest of several prefixes of one path comes first.
    const auto found = std::find_if(fault_writers_.begin(), fault_writers_.end(),
                                    [&](const auto& item) { return is_below(path, item.first); });
    Response response;
    response.status = status;
    response.body = found == fault_writers_.end() ? error_fault(status, message) : found->second(status, message);
    response.headers.add("Content-Type",
                         response.body.starts_with('<') ? "text/html; charset=UTF-8" : "application/json");
    if (status == 413) response.headers.add("Retry-After", "0");
    if (status == 503) response.headers.add("Retry-After", "5");
    return response;
}

Response Router::no_route(const Request& request, const std::string& allow) const {
    if (allow.empty()) return fault(request.path, 404, "There is nothing at " + request.path + ".");
    auto response = fault(request.path, 405, "The method " + request.method + " is not allowed for this resource.");
    response.headers.add("Allow", allow);
    return response;
}

Response Router::empty_id(const Request& request) const {
    return fault(request.path, 404, "The resource could not be found: its id is empty.");
}

Response Router::dispatch(Request& request) const {
    if (has_empty_id(routed_path(request))) return empty_id(request);
    const auto segments = segments_of(routed_path(request));
    Node::Search search{segments, request.method};
    const auto* entry = root_->find(search, 0);
    if (entry == nullptr) return no_route(request, search.allow());
    for (std::size_t i = 0; i < entry->names.size(); ++i) request.path_params[entry->names[i]] = search.values[i];
    check_parameter_count(request);
    return entry->route.handler(request);
}

Response Router::handle(Request& request) const {
    return answer(request, [&] { return dispatch(request); });
}

Response Router::finish(const Request& request, const Response& begun) const {
    auto response = answer(request, begun.later->work);
    for (const auto& [name, value] : begun.headers.all()) {
        if (!response.headers.contains(name)) response.headers.add(name, value);
    }
    return response;
}

Response Router::answer(const Request& request, const std::function<Response()>& make) const {
    Response response;
    try {
        response = make();
    } catch (const StatusError& error) {
        log_failure(request, error.status, error);
        response = fault(request.path, error.status, error.message());
    } catch (const Error& error) {
        const int status = status_of(error.code(), request.path);
        log_failure(request, status, error);
        response = fault(request.path, status, status == 500 ? internal_text(request) : error.message());
    } catch (const std::exception& error) {
        log_failure(request, 500, Error(ErrorCode::Internal, error.what()));
        response = fault(request.path, 500, internal_text(request));
    }
    if (response.status == 401 && !is_below(request.path, "/identity")) {
        response.headers.set("WWW-Authenticate", "Keystone uri=\"" + request.base_url + "/identity\"");
    }
    stamp(response, request);
    for (const auto& [prefix, add] : stamps_) {
        if (is_below(request.path, prefix)) add(request, response);
    }
    return response;
}

Admission Router::admit(Request& request) const {
    const auto segments = segments_of(routed_path(request));
    Node::Search search{segments, request.method};
    const auto* entry = root_->find(search, 0);
    Admission admission;
    if (has_empty_id(routed_path(request))) {
        admission.refusal = answer(request, [&] { return empty_id(request); });
    } else if (entry == nullptr) {
        admission.refusal = answer(request, [&] { return no_route(request, search.allow()); });
    } else if (gate_ && entry->route.policy != kPublic) {
        auto refusal = answer(request, [&] {
            if (request.headers.get(RequestHeader::AuthToken).empty()) {
                throw Error(ErrorCode::Unauthenticated, "The request you have made requires authentication.");
            }
            admission.account = gate_(request);
            return Response::empty(204);
        });
        if (refusal.status != 204) admission.refusal = std::move(refusal);
    }
    return admission;
}

RouteTraits Router::traits_of(std::string_view method, std::string_view path) const {
    const auto segments = segments_of(path);
    Node::Search search{segments, method};
    const auto* entry = root_->find(search, 0);
    if (entry == nullptr) return {};
    return {true, entry->route.streaming, entry->route.policy == kPublic};
}

std::vector<const Route*> Router::declared() const {
    std::vector<const Route*> out;
    root_->collect(out);
    std::sort(out.begin(), out.end(), [](const Route* a, const Route* b) {
        return std::tie(a->pattern, a->method) < std::tie(b->pattern, b->method);
    });
    return out;
}

std::vector<std::pair<std::string, std::string>> Router::routes() const {
    std::vector<std::pair<std::string, std::string>> out;
    for (const auto* route : declared()) out.emplace_back(route->method, route->pattern);
    return out;
}

}  // namespace virga::http
