#include "identity/api/password_turn.hpp"

#include "identity/auth/refusals.hpp"

namespace virga::identity::api {

namespace {

http::Response told_when(const std::function<http::Response()>& work) {
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

}  // namespace

http::Response password_turn(Context& context, std::function<http::Response()> work) {
    return told_when([&] {
        return http::Response::waiting_for("passwords", [place = context.authority.passwords().enter(),
                                                         work = std::move(work)] { return told_when(work); });
    });
}

bool has_password(const http::Request& request, std::string_view key) {
    return body_object(request, key).contains("password");
}

}  // namespace virga::identity::api
