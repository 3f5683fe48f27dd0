#include "http/http.hpp"

namespace virga::http {

Response Response::with_json(int status, const json::value& value) {
    Response response;
    response.status = status;
    response.headers.add("Content-Type", "application/json");
    response.body = json::serialize(value);
    return response;
}

Response Response::empty(int status) {
    Response response;
    response.status = status;
    return response;
}

Response Response::waiting_for(std::string on, std::function<Response()> work) {
    Response response;
    response.later = std::make_shared<const Later>(Later{std::move(on), std::move(work)});
    return response;
}

}  // namespace virga::http
