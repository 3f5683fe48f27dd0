#pragma once
#include <string>

#include "base/error.hpp"

namespace virga::network {

/// An error with the HTTP status and the type name by which clients of Neutron tell errors apart.
class Fault : public Error {
public:
    Fault(ErrorCode code, int status, std::string type, std::string message)
        : Error(code, std::move(message)), status_(status), type_(std::move(type)) {}

    int status() const { return status_; }
    const std::string& type() const { return type_; }

private:
    int status_;
    std::string type_;
};

inline Fault bad_request(std::string type, std::string message) {
    return {ErrorCode::InvalidInput, 400, std::move(type), std::move(message)};
}
inline Fault conflict(std::string type, std::string message) {
    return {ErrorCode::Conflict, 409, std::move(type), std::move(message)};
}
inline Fault forbidden(const std::string& rule) {
    return {ErrorCode::Forbidden, 403, "PolicyNotAuthorized", rule + " is not allowed by policy for this user"};
}
inline Fault network_not_found(const std::string& id) {
    return {ErrorCode::NotFound, 404, "NetworkNotFound", "Network " + id + " could not be found."};
}
inline Fault subnet_not_found(const std::string& id) {
    return {ErrorCode::NotFound, 404, "SubnetNotFound", "Subnet " + id + " could not be found."};
}
inline Fault port_not_found(const std::string& id) {
    return {ErrorCode::NotFound, 404, "PortNotFound", "Port " + id + " could not be found."};
}
inline Fault security_group_not_found(const std::string& id) {
    return {ErrorCode::NotFound, 404, "SecurityGroupNotFound", "Security group " + id + " does not exist"};
}
inline Fault security_group_rule_not_found(const std::string& id) {
    return {ErrorCode::NotFound, 404, "SecurityGroupRuleNotFound", "Security group rule " + id + " does not exist"};
}

}  // namespace virga::network
