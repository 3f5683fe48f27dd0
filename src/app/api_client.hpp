#pragma once
#include <string>

#include "app/openrc.hpp"
#include "base/json.hpp"

namespace virga::app {

/// Talks to a running cloud as its user. Throws Error with the cloud's message.
class ApiClient {
public:
    explicit ApiClient(const Credentials& credentials);
    /// `path` starts at the root of the cloud: "/virga/v1/check".
    json::object get(const std::string& path) const;

private:
    std::string base_url_;
    Secret token_;
};

}  // namespace virga::app
