#include "identity/model/types.hpp"

namespace virga::identity {

json::value password_expiry_json(const User& user) {
    if (user.password_expires_us == 0) return nullptr;
    return json::value(iso8601_us(user.password_expires_us));
}

std::string to_string(TargetKind kind) {
    switch (kind) {
        case TargetKind::Project:
            return "project";
        case TargetKind::Domain:
            return "domain";
    }
    return {};
}

}  // namespace virga::identity
