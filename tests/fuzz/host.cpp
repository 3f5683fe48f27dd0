#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/ids.hpp"
#include "base/scope_exit.hpp"
#include "compute/host/manager.hpp"
#include "config/config.hpp"
#include "fuzz/targets.hpp"
#include "network/host/taps.hpp"
#include "rpc/socket/connection.hpp"
#include "rpc/socket/host.hpp"
#include "volume/host/manager.hpp"

/// The commands of a host with the fake hypervisor, over the socket by which the control process sends them.
namespace virga::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr int kUses = 200;
constexpr int kMostCommands = 16;
constexpr int kPatience_s = 60;
constexpr std::string_view kCanary = "canary of the host";
const std::string kMark(64, 'm');  ///< of the image store

config::Config fake_hypervisor() {
    config::Config config;
    config.set("compute.driver", "fake");
    return config;
}

/// As app/host.cpp puts a host together, beside a file and a folder that are none of its business.
class RunningHost {
public:
    RunningHost()
        : taps_(false, state()),
          volumes_(config_, state(), images(), "fuzzed"),
          guests_(config_, state(), "h1", taps_, {images(), volumes_.volume_folders(), {}}),
          listener_(rpc::listen_unix(folder_ / "rpc.sock")),
          endpoint_((folder_ / "rpc.sock").string(), "h1", {2, 1}) {
        furnish();
        taps_.register_commands(endpoint_);
        volumes_.register_commands(endpoint_);
        guests_.register_commands(endpoint_);
        volumes_.recover();
        guests_.start();
        endpoint_.start();
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) throw Finding("the host does not come");
        const timeval patience{kPatience_s, 0};
        ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        connection_ = std::make_unique<rpc::Connection>(fd);
        connection_->receive();
        connection_->send({{"type", "welcome"}});
    }
    ~RunningHost() {
        connection_->shut_down();
        endpoint_.stop();
        guests_.stop();
        ::close(listener_);
        fs::remove_all(folder_);
    }
    RunningHost(const RunningHost&) = delete;
    RunningHost& operator=(const RunningHost&) = delete;

    std::string expand(std::string text) const {
        for (const auto& [name, path] : {std::pair<std::string, std::string>{"{secret}", secret().string()},
                                         {"{images}", images()},
                                         {"{volumes}", volumes_.volume_folders().front()},
                                         {"{state}", state()}}) {
            for (auto at = text.find(name); at != text.npos; at = text.find(name, at + path.size()))
                text.replace(at, name.size(), path);
        }
        return text;
    }

    /// Waits for the reply.
    void call(const std::string& method, json::object params) {
        const auto id = "fuzz-" + std::to_string(++number_);
        prove_store(params);
        connection_->send({{"type", "call"}, {"id", id}, {"method", method}, {"params", std::move(params)}});
        for (;;) {
            const auto message = connection_->receive();
            if (!message) throw Finding(method + ": the host hangs or has hung up");
            if (get_string(*message, "type") != "reply" || get_string(*message, "id") != id) continue;
            const auto told = get_string(get_object(*message, "error"), "message");
            if (told == "internal error of the host") throw Finding(method + " ends in an error that is none of ours");
            if (json::serialize(*message).find(kCanary) != std::string::npos) throw Finding(method + " tells a secret");
            return;
        }
    }

    void require_untouched() const {
        std::ifstream file(secret(), std::ios::binary);
        const std::string content{std::istreambuf_iterator<char>(file), {}};
        if (content != kCanary) throw Finding("a file outside of the host's folders was changed");
        if (entries() != before_) throw Finding("something was made or removed outside of the host's folders");
    }

private:
    /// Without the mark of the store a path of an image isn't looked at.
    static void prove_store(json::object& params) {
        for (const auto* key : {"image", "target"}) {
            auto* const images = params.if_contains(key);
            if (images != nullptr && images->is_object() && !images->get_object().contains("store"))
                images->get_object()["store"] = json::object{{"file", ".store"}, {"value", kMark}};
        }
    }

    void furnish() {
        fs::create_directories(images());
        fs::create_directories(folder_ / "precious");
        std::ofstream(secret(), std::ios::binary) << kCanary;
        for (const auto& folder : {images(), volumes_.volume_folders().front()}) {
            fs::create_directories(folder);
            fs::create_symlink(secret(), fs::path(folder) / "link");
            fs::create_directory_symlink(folder_ / "precious", fs::path(folder) / "folder-link");
        }
        std::ofstream(images() + "/.store", std::ios::binary) << kMark;
        std::ofstream(images() + "/image", std::ios::binary) << std::string(65'536, 'x');
        before_ = entries();
    }

    std::size_t entries() const {
        std::size_t count = 0;
        for (const auto& folder : {folder_, folder_ / "precious"})
            count += static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
        return count;
    }

    std::string state() const { return (folder_ / "state").string(); }
    std::string images() const { return (folder_ / "images").string(); }
    fs::path secret() const { return folder_ / "secret"; }

    static fs::path new_folder() {
        auto folder = fs::temp_directory_path() / ("virga-fuzz-host-" + new_uuid());
        fs::create_directories(folder / "state");
        return folder;
    }

    const fs::path folder_ = new_folder();
    const config::Config config_ = fake_hypervisor();
    network::host::Taps taps_;
    volume::host::Manager volumes_;
    compute::host::Manager guests_;
    int listener_;
    rpc::SocketHost endpoint_;
    std::unique_ptr<rpc::Connection> connection_;
    std::int64_t number_ = 0;
    std::size_t before_ = 0;
};

/// Made anew after some uses, so that what inputs make doesn't pile up, and after each Finding.
std::unique_ptr<RunningHost>& running() {
    static std::unique_ptr<RunningHost> current;
    static int uses = 0;
    if (!current || ++uses % kUses == 0) {
        current.reset();
        current = std::make_unique<RunningHost>();
    }
    return current;
}

/// Control sends no others, and a message that is not JSON ends the connection.
bool is_name(std::string_view method) {
    return std::all_of(method.begin(), method.end(),
                       [](char c) { return c > ' ' && c <= '~' && c != '"' && c != '\\'; });
}

}  // namespace

void host(std::string_view input) {
    auto& on = running();
    std::string text = on->expand(std::string(input));
    std::string_view rest = text;
    for (int count = 0; count < kMostCommands && !rest.empty(); ++count) {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        const auto space = line.find(' ');
        if (!is_name(line.substr(0, space))) continue;
        if (space == line.npos || line.starts_with("volume.log_level")) continue;
        boost::system::error_code failure;
        auto params = json::parse(line.substr(space + 1), failure);
        if (!failure && params.is_object()) on->call(std::string(line.substr(0, space)), std::move(params.as_object()));
    }
    on->require_untouched();
}

}  // namespace virga::fuzz
