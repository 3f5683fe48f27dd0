#include "app/api_client.hpp"

#include "base/error.hpp"
#include "base/printable.hpp"
#include "http/http.hpp"

namespace virga::app {
namespace {

json::object login_body(const Credentials& credentials) {
    const json::object domain{{"name", "Default"}};
    const json::object user{
        {"name", credentials.user}, {"domain", domain}, {"password", credentials.password.reveal()}};
    const json::object project{{"name", credentials.project}, {"domain", domain}};
    return {{"auth", json::object{{"identity", json::object{{"methods", json::array({json::value("password")})},
                                                            {"password", json::object{{"user", user}}}}},
                                  {"scope", json::object{{"project", project}}}}}};
}

void escape_texts(json::value& value) {
    if (auto* text = value.if_string()) *text = printable(*text);
    if (auto* array = value.if_array()) {
        for (auto& item : *array) escape_texts(item);
    }
    if (auto* object = value.if_object()) {
        for (auto& item : *object) escape_texts(item.value());
    }
}

std::string message_of(const http::ClientResponse& response) {
    boost::system::error_code failure;
    const auto value = json::parse(response.body, failure);
    if (!failure && value.is_object()) {
        for (const auto& [key, fault] : value.get_object()) {
            if (fault.is_object() && fault.get_object().contains("message"))
                return get_string(fault.get_object(), "message");
        }
    }
    return "HTTP status " + std::to_string(response.status);
}

}  // namespace

ApiClient::ApiClient(const Credentials& credentials) {
    const auto prefix = credentials.auth_url.find("/identity");
    base_url_ = credentials.auth_url.substr(0, prefix);
    ca_file_ = credentials.ca_file;
    http::Headers headers;
    headers.set("Content-Type", "application/json");
    const auto response = http::request("POST", base_url_ + "/identity/v3/auth/tokens", headers,
                                        json::serialize(login_body(credentials)), ca_file_);
    if (response.status != 201) throw Error(ErrorCode::Unauthenticated, message_of(response));
    token_ = Secret(std::string(response.headers.get("X-Subject-Token")));
}

json::object ApiClient::send(const std::string& method, const std::string& path) const {
    http::Headers headers;
    headers.set("X-Auth-Token", token_.reveal());
    const auto response = http::request(method, base_url_ + path, headers, {}, ca_file_);
    if (response.status == 401) throw Error(ErrorCode::Unauthenticated, message_of(response));
    if (response.status == 204) return {};
    if (response.status != 200)
        throw Error(response.status == 404 ? ErrorCode::NotFound : ErrorCode::Internal, message_of(response));
    json::value answer = parse_object(response.body);
    escape_texts(answer);
    return std::move(answer.as_object());
}

}  // namespace virga::app
