#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "app/cloud_api.hpp"
#include "app/commands.hpp"
#include "app/configuration.hpp"
#include "app/http_options.hpp"
#include "app/memory.hpp"
#include "app/openrc.hpp"
#include "app/schema.hpp"
#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/scope_exit.hpp"
#include "compute/service.hpp"
#include "hostkeys/service.hpp"
#include "http/http.hpp"
#include "identity/service.hpp"
#include "identity/settings.hpp"
#include "image/service.hpp"
#include "network/service.hpp"
#include "rpc/endpoints.hpp"
#include "taskflow/runner.hpp"
#include "volume/service.hpp"

namespace virga::app {
namespace {

constexpr std::chrono::seconds kHousekeepingPause{3600};

/// Each one who follows a trace holds a thread of the API: at least half of them is left for everybody else.
std::size_t most_followers(const config::Config& config) {
    return static_cast<std::size_t>(config.get(setting::http_threads)) / 2;
}

std::string database_url(const Options& options, const config::Config& config) {
    const auto& url = config.get(setting::database_url);
    return url.empty() ? options.database_file_url() : url;
}

/// Random bytes behind the admin's generated password.
constexpr std::size_t kPasswordBytes = 24;
constexpr const char* kAdmin = "admin";

/// The control process: every service over one database, one router and one flow runner.
class Control {
public:
    Control(const Options& options, const config::Config& config)
        : options_(options),
          config_(config),
          database_(database_url(options, config), static_cast<std::size_t>(config.get(setting::database_connections))),
          endpoint_(rpc::make_control_endpoint(config, options.socket_path(), [this] { return host_keys_.barred(); })),
          runner_(database_, registry_, static_cast<std::size_t>(config.get(setting::flow_threads))),
          identity_((db::migrate(database_, migrations()), database_), config),
          images_(database_, config, identity_, options.control_dir()),
          volumes_(database_, config, identity_, images_, *endpoint_, runner_),
          networks_(database_, config, identity_, *endpoint_, runner_),
          host_keys_(database_, config, identity_),
          compute_({database_, config_, images_, volumes_, networks_, *endpoint_, runner_}, identity_),
          cloud_(database_, identity_, images_, volumes_, networks_, compute_, runner_, most_followers(config)),
          server_(server_options(config), router_) {}
    /// When the start failed, hosts are connected and flows run yet: both need the services.
    ~Control() { end(); }
    Control(const Control&) = delete;
    Control& operator=(const Control&) = delete;

    void start() {
        bootstrap();
        router_.set_gate([this](const http::Request& request) {
            const auto auth = identity_.authenticate(request);
            return auth.project.empty() ? auth.user.value : auth.project.value;
        });
        volumes_.use(compute_.attached_volumes());
        networks_.use(compute_.server_nics());
        volumes_.register_tasks(registry_);
        compute_.register_tasks(registry_);
        register_routes();
        endpoint_->on_event([this](const std::string& host, std::string_view event, const json::object& params) {
            compute_.host_event(host, event, params);
        });
        endpoint_->set_cloud(volumes_.cloud_id());
        runner_.interrupt_with([this] { endpoint_->wake(); }, [this] { endpoint_->stop(); });
        runner_.keep_lease_in(options_.control_dir() + "/lease");
        images_.share_store([this] { return runner_.replica(); }, taskflow::Runner::is_alive);
        endpoint_->start();
        compute_.tell_of_hosts();
        runner_.run();
        images_.recover();
        server_.start();
        write_openrc(options_.openrc_path(), credentials_with_url());
    }

    /// The API answers, there.
    std::string announce() const {
        mark_ready();
        log::info("control is ready", {{"port", static_cast<int>(server_.port())}});
        return public_url(config_, server_.port());
    }

    /// The routes of the program, each of them guarded.
    const http::Router& register_routes() {
        identity_.register_routes(router_);
        images_.register_routes(router_);
        volumes_.register_routes(router_);
        networks_.register_routes(router_);
        compute_.register_routes(router_);
        host_keys_.register_routes(router_);
        cloud_.register_routes(router_);
        require_guarded(router_);
        return router_;
    }

    /// What comes back by itself within an hour ends nobody: an unreachable database, a full disk.
    void keep_house() {
        const auto attempt = [](const char* work, const std::function<void()>& done) {
            try {
                done();
            } catch (const std::exception& failure) {
                log::error("housekeeping failed, it is tried again later",
                           {{"work", work}, {"error", std::string(failure.what())}});
            }
        };
        attempt("forget old flows", [this] { forget_old_flows(); });
        attempt("look through the image store", [this] { images_.recover(); });
    }

    void stop() {
        std::error_code ignored;  // who looks there finds that nobody answers
        std::filesystem::remove(options_.ready_path(), ignored);
        runner_.end_watches();
        end();
    }

private:
    /// May be called again.
    void end() {
        server_.stop();
        compute_.end_telling();
        runner_.stop();
        endpoint_->stop();
    }

    void forget_old_flows() {
        const auto days = config_.get(setting::keep_flows_days);
        if (days < 0) return;
        constexpr std::int64_t kDay_us = 86'400'000'000;
        const auto time = now_us() - days * kDay_us;
        const auto flows = runner_.forget_before(time);
        const auto servers = compute_.forget_actions_before(time);
        if (flows + servers > 0)
            log::info("old flows were forgotten",
                      {{"flows", flows}, {"deleted_servers", servers}, {"older_than_days", days}});
    }

    void bootstrap() {
        // First: a process that isn't of this cloud must not give its administrator a password.
        volumes_.open_vault(options_.control_dir());
        bootstrap_identity();
        volumes_.bootstrap();
        images_.sign_transfers_with(volumes_.derived_key("virga image transfers"));
        networks_.bootstrap();
        compute_.bootstrap();
    }

    /// Without the file nobody knows the password: the cloud is new, or somebody who may remove the file wants another
    /// one. An end of the process before the file is written is no different.
    void bootstrap_identity() {
        const auto path = options_.openrc_path();
        if (std::filesystem::exists(path)) {
            identity_.bootstrap(read_openrc(path).password);
            return;
        }
        const Secret password(random_token(kPasswordBytes));
        identity_.bootstrap(password, identity::AdminPassword::New);
        write_openrc(path, {"", kAdmin, password, config_.get(identity::setting::admin_project), ""});
    }

    Credentials credentials_with_url() const {
        auto credentials = read_openrc(options_.openrc_path());
        if (credentials.user == kAdmin) credentials.project = config_.get(identity::setting::admin_project);
        credentials.auth_url = public_url(config_, server_.port()) + "/identity/v3";
        credentials.ca_file = config_.get(setting::tls_ca);
        return credentials;
    }

    void mark_ready() const {
        const auto part = options_.ready_path() + ".new";
        if (std::FILE* file = std::fopen(part.c_str(), "w"); file != nullptr) std::fclose(file);
        std::filesystem::rename(part, options_.ready_path());
    }

    const Options& options_;
    const config::Config& config_;
    db::Database database_;
    std::unique_ptr<rpc::ControlEndpoint> endpoint_;
    taskflow::Registry registry_;
    taskflow::Runner runner_;
    identity::Service identity_;
    image::Service images_;
    volume::Service volumes_;
    network::Service networks_;
    hostkeys::Service host_keys_;
    compute::Service compute_;
    CloudApi cloud_;
    http::Router router_;
    http::Server server_;
};

}  // namespace

int policy(PolicyForm form) {
    auto folder = (std::filesystem::temp_directory_path() / "virga-policy-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) throw_errno(ErrorCode::Internal, "make a folder in " + folder, errno);
    const ScopeExit away([&] {
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
    });
    Options options;
    options.state_dir = folder;
    std::filesystem::create_directories(options.control_dir());
    const config::Config config;
    log::init("policy", "warning");
    Control process(options, config);
    std::fputs(describe_policies(process.register_routes(), form).c_str(), stdout);
    return 0;
}

int control(const Options& options, Announcer& announcer) {
    block_stop_signals();
    limit_memory();
    const auto config = options.load();
    log::init("control", config.get(setting::log_level));
    check_control(options, config);
    prepare_state_dir(options);
    enter_control_dir(options, config);
    std::filesystem::remove(options.ready_path());
    const auto http = server_options(config);
    raise_descriptor_limit(http.connections);
    warn_of_clear_text(http);
    Control process(options, config);
    process.start();
    // Who was told to end meanwhile, since the other half can't start, was never ready.
    bool told_to_end = wait_for_stop_signal(std::chrono::seconds(0));
    if (!told_to_end) announcer.ready("the API answers at " + process.announce());
    give_back_memory();
    while (!told_to_end) {
        process.keep_house();
        told_to_end = wait_for_stop_signal(kHousekeepingPause);
    }
    announcer.stopping();
    process.stop();
    return 0;
}

}  // namespace virga::app
