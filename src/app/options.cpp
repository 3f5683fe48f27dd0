#include "app/options.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/own_folder.hpp"

namespace virga::app {
namespace {

struct User {
    uid_t uid = 0;
    gid_t gid = 0;
    std::string name;
};

User find_user(const config::Config& config) {
    const auto& name = config.get(setting::control_user);
    if (const passwd* entry = ::getpwnam(name.c_str()); entry != nullptr) return {entry->pw_uid, entry->pw_gid, name};
    throw Error(ErrorCode::InvalidInput,
                "control.user: this machine has no user '" + name +
                    "', as which the control process runs: make it with `useradd --system --user-group "
                    "--no-create-home --shell /usr/sbin/nologin " +
                    name + "`, or name another one");
}

void make_folder(const std::string& path, mode_t mode) {
    std::error_code failure;
    std::filesystem::create_directories(path, failure);
    if (failure) throw Error(ErrorCode::InvalidInput, "state folder: cannot make " + path + ": " + failure.message());
    if (::chmod(path.c_str(), mode) != 0) throw_errno(ErrorCode::InvalidInput, "state folder: " + path, errno);
}

/// It may hold other things, such as the settings: only an empty folder is given a mode.
void make_state_folder(const std::string& path) {
    if (!is_of_others(path, {})) return make_folder(path, 0755);
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) throw_errno(ErrorCode::InvalidInput, "state folder: " + path, errno);
    if ((info.st_mode & S_IXOTH) == 0)
        throw Error(ErrorCode::InvalidInput, "state folder: users of guests must be able to pass through " + path +
                                                 ": set its mode to 0711 or 0755");
}

void make_link(const std::string& target, const std::string& path) {
    if (std::filesystem::is_symlink(path)) return;
    if (::symlink(target.c_str(), path.c_str()) != 0 && errno != EEXIST)
        throw_errno(ErrorCode::InvalidInput, "state folder: " + path, errno);
}

void give_to(const std::string& folder, const User& user) {
    if (::lchown(folder.c_str(), user.uid, user.gid) != 0) throw_errno(ErrorCode::Internal, "chown " + folder, errno);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (::lchown(entry.path().c_str(), user.uid, user.gid) != 0)
            throw_errno(ErrorCode::Internal, "chown " + entry.path().string(), errno);
    }
}

}  // namespace

config::Config Options::load() const {
    config::Config config;
    if (!config_file.empty()) config.load_file(config_file);
    for (const auto& item : sets) {
        const auto equals = item.find('=');
        if (equals == std::string::npos) throw Error(ErrorCode::InvalidInput, "--set " + item + ": must be key=value");
        config.set(item.substr(0, equals), item.substr(equals + 1));
    }
    if (!listen.empty()) config.set(setting::listen.key, listen);
    return config;
}

std::vector<std::string> Options::arguments() const {
    std::vector<std::string> out{"--state-dir", state_dir};
    if (!config_file.empty()) out.insert(out.end(), {"--config", config_file});
    if (!listen.empty()) out.insert(out.end(), {"--listen", listen});
    for (const auto& item : sets) out.insert(out.end(), {"--set", item});
    return out;
}

std::string host_name(const config::Config& config) {
    const auto& wanted = config.get(setting::host_name);
    if (!wanted.empty()) return wanted;
    char name[256] = {};
    ::gethostname(name, sizeof name - 1);
    return name;
}

void check_control_user(const config::Config& config) {
    if (::geteuid() == 0) find_user(config);
}

void prepare_state_dir(const Options& options) {
    make_state_folder(options.state_dir);
    make_folder(options.control_dir(), 0700);
    make_folder(options.host_dir(), 0711);  // guests' users pass through it to their own files
    make_link("control/openrc", options.state_dir + "/openrc");
    make_link("control/ready", options.state_dir + "/ready");
}

void lock_folder(const std::string& folder) {
    const auto path = folder + "/lock";
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) throw_errno(ErrorCode::InvalidInput, "state folder: " + path, errno);
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return;  // stays open and locked until the process ends
    ::close(fd);
    throw Error(ErrorCode::Busy, "another virga process uses " + folder);
}

namespace {

void give_control_dir(const Options& options, const config::Config& config) {
    if (::geteuid() == 0) give_to(options.control_dir(), find_user(config));
}

/// As root: becomes `control_user` for good.
void drop_privileges(const config::Config& config) {
    if (::geteuid() != 0) return;
    const auto user = find_user(config);
    if (user.uid == 0) {
        log::warning("the control process runs as root, as control.user says");
        return;
    }
    int end_with_parent = 0;
    ::prctl(PR_GET_PDEATHSIG, &end_with_parent, 0, 0, 0);
    const pid_t parent = ::getppid();
    if (::setgroups(0, nullptr) != 0 || ::setresgid(user.gid, user.gid, user.gid) != 0 ||
        ::setresuid(user.uid, user.uid, user.uid) != 0)
        throw_errno(ErrorCode::Internal, "cannot become user " + user.name, errno);
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    // A change of user clears the signal for the parent's end; the parent may have gone meanwhile.
    ::prctl(PR_SET_PDEATHSIG, end_with_parent, 0, 0, 0);
    if (end_with_parent != 0 && ::getppid() != parent) ::raise(end_with_parent);
    log::info("control runs unprivileged", {{"user", user.name}});
}

}  // namespace

void enter_control_dir(const Options& options, const config::Config& config) {
    lock_folder(options.control_dir());
    give_control_dir(options, config);
    drop_privileges(config);
    ::umask(0077);
    if (::access(options.control_dir().c_str(), R_OK | W_OK | X_OK) == 0) return;
    throw Error(ErrorCode::InvalidInput,
                "state folder: user '" + config.get(setting::control_user) + "' of the control process can't reach " +
                    options.control_dir() +
                    ": choose --state-dir below a folder that others may enter, or set control.user");
}

}  // namespace virga::app
