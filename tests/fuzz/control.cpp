#include "fuzz/control.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/crypto.hpp"
#include "base/ids.hpp"
#include "compute/service.hpp"
#include "config/config.hpp"
#include "db/database.hpp"
#include "fuzz/targets.hpp"
#include "http/target.hpp"
#include "identity/service.hpp"
#include "image/service.hpp"
#include "network/service.hpp"
#include "taskflow/runner.hpp"
#include "unit/compute_flows/fake_hosts.hpp"
#include "volume/service.hpp"

namespace virga::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr int kUses = 300;
constexpr auto kSlow = std::chrono::seconds(60);  ///< many times what any request takes under a sanitizer
constexpr std::string_view kPassword = "the-password-of-the-fuzzed-cloud";

/// In memory where the machine has such a folder: every commit is synced.
fs::path new_folder() {
    const fs::path memory = "/dev/shm";
    const auto folder = (fs::exists(memory) ? memory : fs::temp_directory_path()) / ("virga-fuzz-" + new_uuid());
    fs::create_directories(folder);
    return folder;
}

db::Database& migrated(db::Database& database) {
    for (const auto* list : {&taskflow::migrations(), &identity::migrations(), &image::migrations(),
                             &volume::migrations(), &network::migrations(), &compute::migrations()})
        db::migrate(database, *list);
    return database;
}

/// What there is besides the database: ids of resources, and the token of the administrator.
struct Known {
    std::map<std::string, std::string, std::less<>> ids;
    std::string token;
    std::map<std::string, std::string, std::less<>> callers;  ///< their tokens
};

class TextReader : public http::BodyReader {
public:
    explicit TextReader(std::string_view text) : text_(text) {}
    std::size_t read(char* into, std::size_t size) override {
        const auto taken = text_.copy(into, size);
        text_.remove_prefix(taken);
        return taken;
    }

private:
    std::string_view text_;
};

/// What a handler leaves for a thread that may wait is done here.
http::Response whole_answer(const http::Router& router, http::Request& request) {
    auto answer = router.handle(request);
    return answer.later ? router.finish(request, answer) : answer;
}

/// As app/control.cpp puts a control process together.
struct Cloud {
    explicit Cloud(const fs::path& folder)
        : database("sqlite://" + (folder / "virga.db").string()),
          runner(database, registry, 2),
          identity(migrated(database), config),
          images(database, config, identity, folder.string()),
          volumes(database, config, identity, images, hosts, runner),
          networks(database, config, identity, hosts, runner),
          compute({database, config, images, volumes, networks, hosts, runner}, identity) {
        hosts.add("h1");
        identity.bootstrap(Secret(std::string(kPassword)));
        volumes.bootstrap();
        volumes.open_vault(folder.string());
        networks.bootstrap();
        compute.bootstrap();
        volumes.use(compute.attached_volumes());
        networks.use(compute.server_nics());
        volumes.register_tasks(registry);
        compute.register_tasks(registry);
        identity.register_routes(router);
        images.register_routes(router);
        volumes.register_routes(router);
        networks.register_routes(router);
        compute.register_routes(router);
    }
    ~Cloud() { runner.stop(); }
    Cloud(const Cloud&) = delete;
    Cloud& operator=(const Cloud&) = delete;

    compute::flows::FakeHosts hosts;
    config::Config config;
    db::Database database;
    taskflow::Registry registry;
    taskflow::Runner runner;
    identity::Service identity;
    image::Service images;
    volume::Service volumes;
    network::Service networks;
    compute::Service compute;
    http::Router router;
};

/// Fills a new cloud over its own API. Where a request is refused, the inputs have one id less to use: what they are
/// for needs no complete cloud.
class Furnisher {
public:
    Furnisher(const http::Router& router, Known& known) : router_(router), known_(known) {}

    void furnish() {
        log_in();
        const auto project = known_.ids["project"];
        keep("user", "GET", "/identity/v3/users", {}, "users");
        keep("role", "GET", "/identity/v3/roles", {}, "roles");
        keep("service", "GET", "/identity/v3/services", {}, "services");
        keep("endpoint", "GET", "/identity/v3/endpoints", {}, "endpoints");
        keep("network", "POST", "/network/v2.0/networks", {{"network", {{"name", "n"}}}}, "network");
        keep("subnet", "POST", "/network/v2.0/subnets",
             {{"subnet", {{"network_id", known_.ids["network"]}, {"ip_version", 4}, {"cidr", "10.1.0.0/24"}}}},
             "subnet");
        keep("port", "POST", "/network/v2.0/ports", {{"port", {{"network_id", known_.ids["network"]}}}}, "port");
        keep("security_group", "POST", "/network/v2.0/security-groups", {{"security_group", {{"name", "g"}}}},
             "security_group");
        keep("image", "POST", "/image/v2/images", {{"name", "i"}, {"disk_format", "raw"}, {"container_format", "bare"}},
             "");
        call("PUT", "/image/v2/images/" + known_.ids["image"] + "/file", std::string(4096, 'x'));
        keep("flavor", "POST", "/compute/v2.1/flavors",
             {{"flavor", {{"name", "f"}, {"ram", 64}, {"disk", 1}, {"vcpus", 1}}}}, "flavor");
        const auto volumes = "/volume/v3/" + project;
        keep("type", "POST", volumes + "/types", {{"volume_type", {{"name", "t"}}}}, "volume_type");
        keep("qos", "POST", volumes + "/qos-specs", {{"qos_specs", {{"name", "q"}}}}, "qos_specs");
        keep("volume", "POST", volumes + "/volumes", {{"volume", {{"size", 1}, {"name", "v"}}}}, "volume");
        settle(volumes + "/volumes/" + known_.ids["volume"], "volume");
        keep("snapshot", "POST", volumes + "/snapshots",
             {{"snapshot", {{"volume_id", known_.ids["volume"]}, {"name", "s"}}}}, "snapshot");
        settle(volumes + "/snapshots/" + known_.ids["snapshot"], "snapshot");
        keep("backup", "POST", volumes + "/backups", {{"backup", {{"volume_id", known_.ids["volume"]}}}}, "backup");
        keep("transfer", "POST", volumes + "/volume-transfers",
             {{"transfer", {{"volume_id", known_.ids["volume"]}, {"name", "x"}}}}, "transfer");
        keep("server", "POST", "/compute/v2.1/servers",
             {{"server",
               {{"name", "s"},
                {"flavorRef", known_.ids["flavor"]},
                {"imageRef", known_.ids["image"]},
                {"networks", {{{"uuid", known_.ids["network"]}}}}}}},
             "server");
        settle("/compute/v2.1/servers/" + known_.ids["server"], "server");
        add_callers();
    }

private:
    http::Response call(const std::string& method, const std::string& target, std::string body) {
        http::Request request;
        request.method = method;
        request.target = target;
        request.path = http::percent_decode(http::path_of(target), false);
        request.query = http::parse_query(http::query_of(target));
        request.base_url = "http://127.0.0.1:1";
        request.request_id = "req-" + new_uuid();
        request.headers.add("Content-Type",
                            target.ends_with("/file") ? "application/octet-stream" : "application/json");
        if (!known_.token.empty()) request.headers.add("X-Auth-Token", known_.token);
        request.body = std::move(body);
        TextReader reader(request.body);
        request.stream = &reader;
        request.content_length = request.body.size();
        return whole_answer(router_, request);
    }

    static json::object parse(const std::string& body) {
        boost::system::error_code failure;
        auto value = json::parse(body, failure);
        return !failure && value.is_object() ? value.as_object() : json::object();
    }

    void log_in() {
        const json::object domain{{"id", "default"}};
        const json::object user{{"name", "admin"}, {"domain", domain}, {"password", kPassword}};
        const auto answer = call(
            "POST", "/identity/v3/auth/tokens",
            json::serialize(json::object{{"auth",
                                          {{"identity", {{"methods", {"password"}}, {"password", {{"user", user}}}}},
                                           {"scope", {{"project", {{"name", "admin"}, {"domain", domain}}}}}}}}));
        known_.token = std::string(answer.headers.get("x-subject-token"));
        const auto token = get_object(parse(answer.body), "token");
        known_.ids["project"] = get_string(get_object(token, "project"), "id");
        known_.ids["domain"] = "default";
        known_.ids["token"] = known_.token;
        if (known_.token.empty()) throw Finding("the administrator can't log in: " + answer.body);
    }

    /// Remembers the id of the object `key` of the answer, or of the first one of a list.
    void keep(const std::string& name, const std::string& method, const std::string& target, const json::object& body,
              const std::string& key) {
        const auto answer = parse(call(method, target, body.empty() ? "" : json::serialize(body)).body);
        const auto* found = key.empty() ? nullptr : answer.if_contains(key);
        if (found != nullptr && found->is_array() && !found->as_array().empty()) found = &found->as_array()[0];
        const auto& object = found != nullptr && found->is_object() ? found->as_object() : answer;
        if (object.contains("id")) known_.ids[name] = get_string(object, "id");
    }

    /// One user, who has one role in each of many places: a caller is his token for one of them.
    void add_callers() {
        constexpr const char* kUsers = "/identity/v3/users";
        keep("somebody", "POST", kUsers, {{"user", {{"name", "somebody"}, {"password", kPassword}}}}, "user");
        std::map<std::string, std::string> roles;
        for (const auto& role : get_array(parse(call("GET", "/identity/v3/roles", "").body), "roles"))
            roles[get_string(role.as_object(), "name")] = get_string(role.as_object(), "id");
        const auto grant = [&](const std::string& where, const std::string& role) {
            call("PUT", "/identity/v3/" + where + "/users/" + known_.ids["somebody"] + "/roles/" + roles[role], "");
        };
        const auto password = json::object{{"user", {{"id", known_.ids["somebody"]}, {"password", kPassword}}}};
        known_.callers["unscoped"] = token_for({{"methods", {"password"}}, {"password", password}}, "unscoped");
        const json::object again{{"methods", {"token"}}, {"token", {{"id", known_.callers["unscoped"]}}}};
        for (const std::string role : {"reader", "member", "manager", "admin", "service"}) {
            keep("place", "POST", "/identity/v3/projects", {{"project", {{"name", role + "s"}}}}, "project");
            grant("projects/" + known_.ids["place"], role);
            known_.callers[role] = token_for(again, json::object{{"project", {{"id", known_.ids["place"]}}}});
        }
        for (const std::string role : {"reader", "admin"}) {
            keep("place", "POST", "/identity/v3/domains", {{"domain", {{"name", role + "s"}}}}, "domain");
            grant("domains/" + known_.ids["place"], role);
            known_.callers["domain " + role] =
                token_for(again, json::object{{"domain", {{"id", known_.ids["place"]}}}});
        }
        grant("system", "reader");
        known_.callers["system reader"] = token_for(again, json::object{{"system", {{"all", true}}}});
        known_.ids.erase("place");
    }

    std::string token_for(const json::object& identity, const json::value& scope) {
        const auto answer = call("POST", "/identity/v3/auth/tokens",
                                 json::serialize(json::object{{"auth", {{"identity", identity}, {"scope", scope}}}}));
        auto token = std::string(answer.headers.get("x-subject-token"));
        if (token.empty()) throw Finding("a caller can't log in: " + answer.body);
        return token;
    }

    /// Waits until the flow that makes it has ended.
    void settle(const std::string& target, const std::string& key) {
        using Clock = std::chrono::steady_clock;
        for (const auto until = Clock::now() + kSlow; Clock::now() < until;) {
            const auto status = get_string(get_object(parse(call("GET", target, "").body), key), "status");
            if (status != "creating" && status != "BUILD") return;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        throw Finding(target + " doesn't come up");
    }

    const http::Router& router_;
    Known& known_;
};

/// A folder that goes with its object.
struct Folder {
    Folder() = default;
    ~Folder() { fs::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    fs::path path = new_folder();
};

/// A furnished cloud, of which each Control gets a copy.
struct Pattern {
    Pattern() {
        Cloud cloud(folder.path);
        cloud.runner.run();
        Furnisher(cloud.router, known).furnish();
    }
    Folder folder;
    Known known;
};

const Pattern& pattern() {
    static const Pattern only;
    return only;
}

std::string without_id(std::string_view name) {
    return std::string(name.ends_with("_id") ? name.substr(0, name.size() - 3) : name);
}

}  // namespace

struct Control::Impl {
    Impl() {
        fs::copy(pattern().folder.path, folder.path, fs::copy_options::recursive);
        cloud = std::make_unique<Cloud>(folder.path);
    }
    Folder folder;
    std::unique_ptr<Cloud> cloud;
};

Control::Control() : impl_(std::make_unique<Impl>()), routes_(impl_->cloud->router.routes()) {}
Control::~Control() = default;

std::string Control::expand(std::string_view text) const {
    std::string out;
    while (!text.empty()) {
        const auto open = text.find('{');
        const auto close = open == text.npos ? text.npos : text.find('}', open);
        if (close == text.npos) break;
        const auto& ids = pattern().known.ids;
        const auto found = ids.find(without_id(text.substr(open + 1, close - open - 1)));
        // What stands for nothing may be JSON: go on behind its brace.
        const auto taken = found == ids.end() ? open + 1 : close + 1;
        out += found == ids.end() ? text.substr(0, taken) : std::string(text.substr(0, open)) + found->second;
        text.remove_prefix(taken);
    }
    return out + std::string(text);
}

http::Response Control::handle(http::Request& request) const {
    return whole_answer(impl_->cloud->router, request);
}

const http::Router& Control::router() const {
    return impl_->cloud->router;
}

const std::string& Control::token_of(const std::string& caller) const {
    return pattern().known.callers.at(caller);
}

bool Control::names_what_is_owned(std::string_view text) const {
    const auto& ids = pattern().known.ids;
    for (const auto* kind : {"server", "volume", "snapshot", "backup", "transfer", "image", "network", "subnet", "port",
                             "security_group"}) {
        const auto found = ids.find(kind);
        if (found != ids.end() && !found->second.empty() && text.find(found->second) != text.npos) return true;
    }
    return false;
}

const std::string& Control::token() const {
    return pattern().known.token;
}

Control& control() {
    static std::unique_ptr<Control> current;
    static int uses = 0;
    if (!current || ++uses % kUses == 0) {
        current.reset();
        current = std::make_unique<Control>();
    }
    return *current;
}

http::Request make_request(const Control& on, std::string method, std::string target) {
    http::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.path = http::percent_decode(http::path_of(request.target), false);
    request.query = http::parse_query(http::query_of(request.target));
    request.base_url = "http://127.0.0.1:1";
    request.remote_address = "127.0.0.1";
    request.request_id = "req-00000000-0000-4000-8000-000000000000";
    request.headers.add("X-Auth-Token", on.token());
    request.headers.add("Content-Type", "application/json");
    request.headers.add("OpenStack-API-Version",
                        http::is_below(request.path, "/volume") ? "volume 3.70" : "compute 2.93");
    return request;
}

int run(Control& on, http::Request& request) {
    TextReader reader(request.body);
    request.stream = &reader;
    request.content_length = request.body.size();
    const auto started = std::chrono::steady_clock::now();
    auto response = on.handle(request);
    char piece[4096];
    while (response.stream && response.stream(piece, sizeof piece) > 0) {
    }
    const auto what = request.method + " " + request.target;
    if (response.status == 500) throw Finding(what + " failed: " + response.body);
    if (response.status < 200 || response.status > 599)
        throw Finding(what + ": status " + std::to_string(response.status));
    if (std::chrono::steady_clock::now() - started > kSlow) throw Finding(what + " took too long");
    return response.status;
}

}  // namespace virga::fuzz
