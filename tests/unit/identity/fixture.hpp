#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "harness/test_database.hpp"
#include "identity/service.hpp"

namespace virga::identity::testing {

/// The identity service on an empty database, asked through its routes.
class IdentityTest : public ::testing::Test {
protected:
    explicit IdentityTest(config::Config config = {}) : config_(std::move(config)) {
        db::migrate(database_, migrations());
        service_.bootstrap(Secret(password_));
        service_.register_routes(router_);
    }
    ~IdentityTest() override { std::filesystem::remove_all(folder_); }

    http::Response call(const std::string& method, const std::string& path, const json::value& body = nullptr,
                        const std::string& token = {}, const std::string& subject = {}) {
        http::Request request;
        request.method = method;
        request.target = path;
        const auto mark = path.find('?');
        request.path = path.substr(0, mark);
        if (mark != std::string::npos) {
            const auto query = path.substr(mark + 1);
            const auto equals = query.find('=');
            request.query.emplace_back(query.substr(0, equals),
                                       equals == std::string::npos ? "" : query.substr(equals + 1));
        }
        request.base_url = "http://127.0.0.1:1";
        request.request_id = "req-1";
        if (!body.is_null()) request.body = json::serialize(body);
        if (!token.empty()) request.headers.add("X-Auth-Token", token);
        if (!subject.empty()) request.headers.add("X-Subject-Token", subject);
        const auto response = router_.handle(request);
        return response.later ? router_.finish(request, response) : response;
    }

    static json::object password_identity(const std::string& user, const std::string& password) {
        json::object holder{{"name", user}, {"password", password}, {"domain", json::object{{"id", "default"}}}};
        json::array methods;
        methods.emplace_back("password");
        json::object method;
        method["user"] = std::move(holder);
        json::object identity;
        identity["methods"] = std::move(methods);
        identity["password"] = std::move(method);
        return identity;
    }

    static json::object auth_body(json::object identity, json::value scope = nullptr) {
        json::object auth;
        auth["identity"] = std::move(identity);
        if (!scope.is_null()) auth["scope"] = std::move(scope);
        json::object body;
        body["auth"] = std::move(auth);
        return body;
    }

    static json::object project_scope(const std::string& name) {
        json::object project{{"name", name}, {"domain", json::object{{"id", "default"}}}};
        json::object scope;
        scope["project"] = std::move(project);
        return scope;
    }

    std::string login(const std::string& user, const std::string& password, const json::value& scope = nullptr) {
        const auto answer =
            call("POST", "/identity/v3/auth/tokens", auth_body(password_identity(user, password), scope));
        EXPECT_EQ(answer.status, 201) << answer.body;
        return std::string(answer.headers.get("X-Subject-Token"));
    }
    std::string admin_token() { return login("admin", password_); }

    /// Creates one thing as the administrator and returns its id.
    std::string create(const std::string& path, const std::string& key, json::object fields) {
        json::object body;
        body[key] = std::move(fields);
        const auto answer = call("POST", "/identity/v3" + path, body, admin_token());
        EXPECT_EQ(answer.status, 201) << answer.body;
        return std::string(json::parse(answer.body).at(key).at("id").as_string());
    }

    std::string role_id(const std::string& name) {
        const auto answer = call("GET", "/identity/v3/roles?name=" + name, nullptr, admin_token());
        return std::string(json::parse(answer.body).at("roles").at(0).at("id").as_string());
    }

    /// A user with the role member on a project of his own; ids in user_ and project_.
    void make_member(const std::string& name, const std::string& password) {
        project_ = create("/projects", "project", json::object{{"name", name}});
        user_ = create("/users", "user", json::object{{"name", name}, {"password", password}});
        const auto path = "/identity/v3/projects/" + project_ + "/users/" + user_ + "/roles/" + role_id("member");
        EXPECT_EQ(call("PUT", path, nullptr, admin_token()).status, 204);
    }

    int patch(const std::string& path, const std::string& key, json::object fields) {
        json::object body;
        body[key] = std::move(fields);
        return call("PATCH", "/identity/v3" + path, body, admin_token()).status;
    }

    bool is_valid(const std::string& token) {
        http::Request request;
        request.headers.add("X-Auth-Token", token);
        try {
            service_.authenticate(request);
            return true;
        } catch (const Error& failure) {
            EXPECT_EQ(failure.code(), ErrorCode::Unauthenticated);
            return false;
        }
    }

    std::filesystem::path folder_ = make_folder();
    test::TestDatabase place_{folder_};
    db::Database database_{place_.url()};
    config::Config config_;
    Service service_{database_, config_};
    http::Router router_;
    std::string password_ = "a generated password";
    std::string user_;
    std::string project_;

private:
    static std::filesystem::path make_folder() {
        auto folder = std::filesystem::temp_directory_path() / ("virga-identity-" + new_uuid());
        std::filesystem::create_directories(folder);
        return folder;
    }
};

}  // namespace virga::identity::testing
