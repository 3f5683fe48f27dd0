#include "identity/api/password_turn.hpp"

#include "identity/auth/refusals.hpp"

namespace virga::identity::api {

http::Response password_turn(const std::function<http::Response()>& work) {
    try {
        return work();
    } catch (const ComeBackLater& refusal) {
        http::Response response;
        response.status = refusal.status;
        response.body = http::error_fault(refusal.status, refusal.message());
        response.headers.set("Content-Type", "application/json");
        response.headers.set("Retry-After", std::to_string(refusal.after.count()));
        return response;
    }
}

}  // namespace virga::identity::api
