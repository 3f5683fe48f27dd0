#include "app/openrc.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <map>

#include "base/error.hpp"

namespace virga::app {
namespace {

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

std::string unquote(const std::string& text) {
    if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'') return text.substr(1, text.size() - 2);
    return text;
}

}  // namespace

void write_openrc(const std::string& path, const Credentials& credentials) {
    std::map<std::string, std::string> variables{{"OS_AUTH_URL", credentials.auth_url},
                                                 {"OS_USERNAME", credentials.user},
                                                 {"OS_PASSWORD", credentials.password.reveal()},
                                                 {"OS_PROJECT_NAME", credentials.project},
                                                 {"OS_USER_DOMAIN_NAME", "Default"},
                                                 {"OS_PROJECT_DOMAIN_NAME", "Default"},
                                                 {"OS_IDENTITY_API_VERSION", "3"},
                                                 {"OS_VOLUME_API_VERSION", "3"},
                                                 {"OS_REGION_NAME", "RegionOne"}};
    if (!credentials.ca_file.empty()) variables["OS_CACERT"] = credentials.ca_file;
    std::string text = "# Source this file, then use the openstack client.\n";
    for (const auto& [name, value] : variables) text += "export " + name + "='" + value + "'\n";
    const auto part = path + ".new";
    const int fd = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) throw_errno(ErrorCode::Internal, "cannot write " + part, errno);
    const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
    const int failure = errno;
    ::close(fd);
    if (!written) throw_errno(ErrorCode::Internal, "cannot write " + part, failure);
    if (::rename(part.c_str(), path.c_str()) != 0) throw_errno(ErrorCode::Internal, "cannot write " + path, errno);
}

Credentials read_openrc(const std::string& path) {
    std::ifstream file(path);
    if (!file) throw Error(ErrorCode::NotFound, "cannot read " + path);
    std::map<std::string, std::string> variables;
    for (std::string line; std::getline(file, line);) {
        const auto equals = line.find('=');
        if (line.rfind("export ", 0) != 0 || equals == std::string::npos) continue;
        variables[line.substr(7, equals - 7)] = unquote(line.substr(equals + 1));
    }
    return {variables["OS_AUTH_URL"], variables["OS_USERNAME"], Secret(variables["OS_PASSWORD"]),
            variables["OS_PROJECT_NAME"], variables["OS_CACERT"]};
}

Credentials read_credentials(const std::string& openrc_path) {
    if (const auto url = environment("OS_AUTH_URL"); !url.empty())
        return {url, environment("OS_USERNAME"), Secret(environment("OS_PASSWORD")), environment("OS_PROJECT_NAME"),
                environment("OS_CACERT")};
    try {
        return read_openrc(openrc_path);
    } catch (const Error&) {
        throw Error(ErrorCode::InvalidInput,
                    "set OS_AUTH_URL, OS_USERNAME, OS_PASSWORD and OS_PROJECT_NAME, or --state-dir of a running cloud");
    }
}

}  // namespace virga::app
