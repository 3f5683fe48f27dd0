#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>

#include "app/cloud_api.hpp"
#include "app/commands.hpp"
#include "app/memory.hpp"
#include "app/openrc.hpp"
#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "compute/service.hpp"
#include "http/http.hpp"
#include "identity/service.hpp"
#include "image/service.hpp"
#include "network/service.hpp"
#include "rpc/rpc.hpp"
#include "taskflow/runner.hpp"
#include "volume/service.hpp"

namespace virga::app {
namespace {

http::ServerOptions server_options(const config::Config& config) {
    const auto& listen = config.get(setting::listen);
    const auto colon = listen.rfind(':');
    http::ServerOptions options;
    int port = -1;
    if (colon != std::string::npos) {
        const auto [end, failure] = std::from_chars(listen.data() + colon + 1, listen.data() + listen.size(), port);
        if (failure != std::errc() || end != listen.data() + listen.size()) port = -1;
    }
    if (port < 0 || port > 65535)
        throw Error(ErrorCode::InvalidInput, "http.listen: '" + listen + "' is not address:port");
    options.address = listen.substr(0, colon);
    options.port = static_cast<std::uint16_t>(port);
    options.threads = static_cast<std::size_t>(config.get(setting::http_threads));
    return options;
}

constexpr std::chrono::seconds kHousekeepingPause{3600};

/// Each one who follows a trace holds a thread of the API: at least half of them is left for everybody else.
std::size_t most_followers(const config::Config& config) {
    return static_cast<std::size_t>(config.get(setting::http_threads)) / 2;
}

/// Random bytes behind the admin's generated password.
constexpr std::size_t kPasswordBytes = 24;

/// The control process: every service over one database, one router and one flow runner.
class Control {
public:
    Control(const Options& options, const config::Config& config)
        : options_(options),
          config_(config),
          database_("sqlite://" + options.control_dir() + "/virga.db"),
          endpoint_(options.socket_path()),
          runner_(database_, registry_, static_cast<std::size_t>(config.get(setting::flow_threads))),
          identity_((migrate(), database_), config),
          images_(database_, config, identity_, options.control_dir()),
          volumes_(database_, config, identity_, images_, endpoint_, runner_),
          networks_(database_, config, identity_, endpoint_, runner_),
          compute_({database_, config_, images_, volumes_, networks_, endpoint_, runner_}, identity_),
          cloud_(database_, identity_, images_, volumes_, networks_, compute_, runner_, most_followers(config)),
          server_(server_options(config), router_) {}

    void start() {
        bootstrap();
        volumes_.use(compute_.attached_volumes());
        networks_.use(compute_.server_nics());
        volumes_.register_tasks(registry_);
        compute_.register_tasks(registry_);
        identity_.register_routes(router_);
        images_.register_routes(router_);
        volumes_.register_routes(router_);
        networks_.register_routes(router_);
        compute_.register_routes(router_);
        cloud_.register_routes(router_);
        images_.recover();
        endpoint_.on_event([this](const std::string& host, std::string_view event, const json::object& params) {
            compute_.host_event(host, event, params);
        });
        runner_.interrupt_with([this] { endpoint_.wake(); }, [this] { endpoint_.stop(); });
        endpoint_.start();
        runner_.run();
        server_.start();
        write_openrc(options_.openrc_path(), credentials_with_url());
        mark_ready();
        log::info("control is ready", {{"port", static_cast<int>(server_.port())}});
    }

    void forget_old_flows() {
        const auto days = config_.get(setting::keep_flows_days);
        if (days < 0) return;
        constexpr std::int64_t kDay_us = 86'400'000'000;
        const auto forgotten = runner_.forget_before(now_us() - days * kDay_us);
        if (forgotten > 0) log::info("old flows were forgotten", {{"flows", forgotten}, {"older_than_days", days}});
    }

    void stop() {
        std::filesystem::remove(options_.ready_path());
        runner_.end_watches();
        server_.stop();
        runner_.stop();
        endpoint_.stop();
    }

private:
    void migrate() {
        for (const auto* list : {&taskflow::migrations(), &identity::migrations(), &image::migrations(),
                                 &volume::migrations(), &network::migrations(), &compute::migrations()})
            db::migrate(database_, *list);
    }

    void bootstrap() {
        // The file comes first: an end of the process in between must not leave a cloud whose password nobody knows.
        if (!std::filesystem::exists(options_.openrc_path()))
            write_openrc(options_.openrc_path(), {"", "admin", Secret(random_token(kPasswordBytes)), "admin"});
        identity_.bootstrap(read_openrc(options_.openrc_path()).password);
        volumes_.bootstrap();
        volumes_.open_vault(options_.control_dir());
        networks_.bootstrap();
        compute_.bootstrap();
    }

    Credentials credentials_with_url() const {
        auto credentials = read_openrc(options_.openrc_path());
        auto address = server_options(config_).address;
        if (address == "0.0.0.0") address = "127.0.0.1";
        credentials.auth_url = "http://" + address + ":" + std::to_string(server_.port()) + "/identity/v3";
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
    rpc::ControlEndpoint endpoint_;
    taskflow::Registry registry_;
    taskflow::Runner runner_;
    identity::Service identity_;
    image::Service images_;
    volume::Service volumes_;
    network::Service networks_;
    compute::Service compute_;
    CloudApi cloud_;
    http::Router router_;
    http::Server server_;
};

}  // namespace

int control(const Options& options) {
    block_stop_signals();
    limit_memory();
    const auto config = options.load();
    log::init("control", config.get(setting::log_level));
    prepare_state_dir(options);
    lock_folder(options.control_dir());
    give_control_dir(options, config);
    drop_privileges(config);
    ::umask(0077);
    if (::access(options.control_dir().c_str(), R_OK | W_OK | X_OK) != 0)
        throw Error(ErrorCode::InvalidInput,
                    "state folder: user '" + config.get(setting::control_user) +
                        "' of the control process can't reach " + options.control_dir() +
                        ": choose --state-dir below a folder that others may enter, or set control.user");
    std::filesystem::remove(options.ready_path());
    Control process(options, config);
    process.start();
    give_back_memory();
    do {
        process.forget_old_flows();
    } while (!wait_for_stop_signal(kHousekeepingPause));
    process.stop();
    return 0;
}

}  // namespace virga::app
