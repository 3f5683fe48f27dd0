#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>

#include "app/commands.hpp"
#include "app/reference.hpp"
#include "base/certificates.hpp"
#include "base/error.hpp"
#include "base/printable.hpp"
#include "config/config.hpp"

namespace {

void add_state_dir(CLI::App* command, virga::app::Options& options) {
    command->add_option("--state-dir", options.state_dir, "Folder of the cloud's state")->capture_default_str();
}

void add_common(CLI::App* command, virga::app::Options& options) {
    add_state_dir(command, options);
    command->add_option("--config", options.config_file, "TOML file of settings");
    command->add_option("--listen", options.listen, "Address and port of the APIs: setting http.listen");
    command->add_option(
        "--notify-fd", options.notify_fd,
        "Descriptor of a pipe that gets STATUS=... lines and READY=1; default: the socket NOTIFY_SOCKET");
    command->add_option("--set", options.sets, "A setting: section.name=value; may be repeated")
        ->take_all()
        ->allow_extra_args(false);
}

/// The command, or the one below it, that waits for one more word.
const CLI::App& last_given(const CLI::App& app) {
    const auto given = app.get_subcommands();
    return given.empty() ? app : last_given(*given.front());
}

std::string commands_of(const CLI::App& app) {
    std::string names;
    for (const auto* each : app.get_subcommands([](const CLI::App*) { return true; }))
        names += (names.empty() ? "" : ", ") + each->get_name();
    return names;
}

/// What is wrong with the command line; the parser only says that a command is missing.
int explain(const CLI::App& app, const CLI::ParseError& failure) {
    const auto& command = last_given(app);
    if (failure.get_name() != "RequiredError" || command.get_require_subcommand_min() == 0) return app.exit(failure);
    const auto words = command.remaining();
    const auto wrong = words.empty() ? "a command is missing" : "there is no command '" + words.front() + "'";
    const auto name = "virga" + (&command == &app ? "" : " " + command.get_name());
    std::fprintf(stderr, "%s: %s; there are: %s. More: %s --help\n", name.c_str(), virga::printable(wrong).c_str(),
                 commands_of(command).c_str(), name.c_str());
    return failure.get_exit_code();
}

int exit_status(virga::ErrorCode code) {
    using virga::ErrorCode;
    const bool misconfigured =
        code == ErrorCode::InvalidInput || code == ErrorCode::Busy || code == ErrorCode::Unavailable;
    return misconfigured ? virga::app::kExitMisconfigured : 1;
}

using Server = int (*)(const virga::app::Options&, virga::app::Announcer&);

/// Whoever waits for the process hears why it ends, too.
int run(Server server, const virga::app::Options& options) {
    virga::app::Announcer announcer(options.notify_fd);
    try {
        return server(options, announcer);
    } catch (const std::exception& failure) {
        announcer.status(failure.what());
        throw;
    }
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Virga: an OpenStack-compatible cloud in one program"};
    app.name("virga");
    app.require_subcommand(1);
    app.set_version_flag("--version", std::string("virga ") + VIRGA_VERSION);
    virga::app::Options options;
    std::vector<std::string> ids;

    auto* serve = app.add_subcommand("serve", "Run the whole cloud on this machine");
    auto* control = app.add_subcommand("control", "Run the control process alone: APIs, scheduler, flows, database");
    auto* host = app.add_subcommand("host", "Run the host process alone: hypervisor, disks, volumes, taps");
    for (auto* command : {serve, control, host}) add_common(command, options);
    std::string host_name;
    std::string url;
    std::string token;
    std::string ca_file;
    auto* invite = host->add_subcommand("invite", "Print a token with which a machine can join the cloud as a host");
    auto* revoke = host->add_subcommand("revoke", "Take a host out of the cloud: its key is good for nothing any more");
    for (auto* command : {invite, revoke}) {
        command->add_option("NAME", host_name, "Name of the host")->required();
        add_state_dir(command, options);
    }
    auto* host_keys = host->add_subcommand("keys", "List the hosts that were invited, and what became of it");
    add_state_dir(host_keys, options);
    auto* join =
        host->add_subcommand("join", "Make this machine a host of a cloud, with a token of `virga host invite`");
    join->add_option("URL", url, "Address of the cloud's API, such as https://cloud.example.org:8774")->required();
    join->add_option("TOKEN", token, "The token, or - to read it from the standard input")->required();
    join->add_option("--ca", ca_file, "PEM file of the authority of the API; default: those of the system");
    add_state_dir(join, options);
    host->require_subcommand(0, 1);
    auto* nats = app.add_subcommand("nats", "Let NATS servers know the processes of a cloud by keys");
    auto* init = nats->add_subcommand("init", "Make the keys, the servers' configuration and control's credentials");
    std::string folder;
    init->add_option("FOLDER", folder, "Where they are, or are made")->required();
    init->add_option("--config", options.config_file, "TOML file of settings");
    init->add_option("--set", options.sets, "A setting: section.name=value; may be repeated")
        ->take_all()
        ->allow_extra_args(false);
    nats->require_subcommand(1);
    auto* trace =
        app.add_subcommand("trace", "Show what happened to servers or volumes, step by step; several side by side");
    trace->add_option("ID", ids, "Ids of servers, volumes, snapshots or backups")->required();
    bool follow = false;
    trace->add_flag("-f,--follow", follow, "Follow one of them until what is being done has ended");
    add_state_dir(trace, options);
    auto* check = app.add_subcommand("check", "Compare the database with reality and print each difference");
    add_state_dir(check, options);
    auto* config = app.add_subcommand("config", "Reference pages of settings and states");
    auto* reference = config->add_subcommand("reference", "Print the reference page of all settings");
    auto* states = config->add_subcommand("states", "Print the reference page of all states and their changes");
    auto* flows = config->add_subcommand("flows", "Print every kind of flow");
    config->require_subcommand(1);
    auto* db = app.add_subcommand("db", "Work on the database of a stopped cloud");
    auto* copy = db->add_subcommand("copy", "Copy the state of the cloud into another, empty database");
    std::string from;
    std::string to;
    copy->add_option("--from", from, "URL of the database to copy; default: the SQLite file of the state folder");
    copy->add_option("--to", to, "URL of the database to copy to; default: setting database.url");
    copy->add_option("--config", options.config_file, "TOML file of settings");
    add_state_dir(copy, options);
    db->require_subcommand(1);
    auto* policy = app.add_subcommand("policy", "Print who may do what: each policy, its rule and its routes");
    auto* pki = app.add_subcommand("pki", "Make the certificates by which hosts know one another");
    std::string pki_folder;
    std::string pki_name;
    std::vector<std::string> pki_addresses;
    auto* pki_ca = pki->add_subcommand("ca", "Make a CA: once per cloud, in a folder that no host has");
    pki_ca->add_option("DIR", pki_folder, "Folder of the CA")->required();
    auto* pki_host = pki->add_subcommand("host", "Make a host's folder DIR/NAME, to be copied to it: host.tls_folder");
    pki_host->add_option("DIR", pki_folder, "Folder of the CA")->required();
    pki_host->add_option("NAME", pki_name, "The host's name: host.name")->required();
    pki_host->add_option("ADDRESS", pki_addresses, "Addresses by which others reach it: host.address")->required();
    pki->require_subcommand(1);
    bool markdown = false;
    bool as_json = false;
    policy->add_flag("--markdown", markdown, "As the reference page");
    policy->add_flag("--json", as_json, "As JSON, for tools")->excludes("--markdown");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& failure) {
        return explain(app, failure);
    }

    options.state_dir = std::filesystem::absolute(options.state_dir).lexically_normal().string();
    if (!options.config_file.empty()) options.config_file = std::filesystem::absolute(options.config_file).string();

    try {
        if (*serve) return run(virga::app::serve, options);
        if (*control) return run(virga::app::control, options);
        if (*invite) return virga::app::invite_host(options, host_name);
        if (*revoke) return virga::app::revoke_host(options, host_name);
        if (*host_keys) return virga::app::list_host_keys(options);
        if (*join) return virga::app::join_cloud(options, url, token, ca_file);
        if (*init) return virga::app::init_nats(options, folder);
        if (*host) return run(virga::app::host, options);
        if (*trace && follow && ids.size() != 1)
            throw virga::Error(virga::ErrorCode::InvalidInput, "trace -f follows one ID");
        if (*trace) return follow ? virga::app::follow(options, ids.front()) : virga::app::trace(options, ids);
        if (*policy) {
            using virga::app::PolicyForm;
            return virga::app::policy(as_json ? PolicyForm::Json : markdown ? PolicyForm::Markdown : PolicyForm::Text);
        }
        if (*check) return virga::app::check(options);
        if (*pki_ca) virga::make_ca(pki_folder);
        if (*pki_host) std::printf("%s\n", virga::make_host_certificates(pki_folder, pki_name, pki_addresses).c_str());
        if (*copy) return virga::app::copy_database(options, from, to);
        if (*flows) std::fputs(virga::app::flow_kinds().c_str(), stdout);
        if (*reference) std::fputs(virga::config::reference_markdown().c_str(), stdout);
        if (*states) std::fputs(virga::app::states_markdown().c_str(), stdout);
        return 0;
    } catch (const virga::Error& failure) {
        std::fprintf(stderr, "virga: %s%s%s\n", virga::printable(failure.what()).c_str(),
                     failure.detail().empty() ? "" : ": ", virga::printable(failure.detail()).c_str());
        return exit_status(failure.code());
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "virga: %s\n", virga::printable(failure.what()).c_str());
    }
    return 1;
}
