#include "identity/model/types.hpp"

namespace virga::identity {

json::value password_expiry_json(TimestampUs expires_us) {
    return expires_us == 0 ? json::value() : json::value(iso8601_us(expires_us));
}

std::string to_string(TargetKind kind) {
    switch (kind) {
        case TargetKind::Project:
            return "project";
        case TargetKind::Domain:
            return "domain";
        case TargetKind::System:
            return "system";
    }
    return {};
}

TargetKind Scope::kind() const {
    if (system) return TargetKind::System;
    return project_id.empty() ? TargetKind::Domain : TargetKind::Project;
}

std::string Scope::target_id() const {
    if (system) return kWholeSystem;
    return project_id.empty() ? domain_id : project_id;
}

}  // namespace virga::identity
