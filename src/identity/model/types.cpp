#include "identity/model/types.hpp"

namespace virga::identity {

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
