#pragma once
#include <string>

#include "base/secret.hpp"

namespace virga::app {

/// What a client needs to log in: the OS_* variables, from the environment or from an openrc file.
struct Credentials {
    std::string auth_url;
    std::string user;
    Secret password;
    std::string project;
    std::string ca_file;  ///< OS_CACERT: PEM file of the authority to trust; empty: those of the system
};

/// Writes (mode 0600) the variables for the admin of this cloud.
void write_openrc(const std::string& path, const Credentials& credentials);
/// Takes OS_AUTH_URL ... from the environment when it is set, else from the file. Throws Error{InvalidInput} when
/// neither is there.
Credentials read_credentials(const std::string& openrc_path);
/// The file alone; throws Error{NotFound}.
Credentials read_openrc(const std::string& path);

}  // namespace virga::app
