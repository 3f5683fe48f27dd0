#pragma once
#include <string>

#include "app/openrc.hpp"
#include "base/json.hpp"

namespace virga::app {

/// Talks to a running cloud as its user. Throws Error with the cloud's message. What it gives may be shown on a
/// terminal: control characters in texts, which users chose, are escaped.
class ApiClient {
public:
    explicit ApiClient(const Credentials& credentials);
    /// `path` starts at the root of the cloud: "/virga/v1/check".
    json::object get(const std::string& path) const { return send("GET", path); }
    json::object post(const std::string& path) const { return send("POST", path); }
    void remove(const std::string& path) const { send("DELETE", path); }

private:
    json::object send(const std::string& method, const std::string& path) const;

    std::string base_url_;
    std::string ca_file_;
    Secret token_;
};

}  // namespace virga::app
