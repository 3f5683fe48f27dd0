#include "http/http.hpp"
#include "http/status.hpp"
#include "http/target.hpp"

namespace virga::http {
namespace {

/// Keys of Nova's and Cinder's fault bodies; a status that has none goes under "computeFault" in both.
std::string_view envelope_name(int status) {
    switch (status) {
        case 400:
            return "badRequest";
        case 401:
            return "unauthorized";
        case 403:
            return "forbidden";
        case 404:
            return "itemNotFound";
        case 405:
            return "badMethod";
        case 409:
            return "conflictingRequest";
        case 413:
        case 429:
            return "overLimit";
        case 415:
            return "badMediaType";
        case 501:
            return "notImplemented";
        case 503:
            return "serviceUnavailable";
        default:
            return "computeFault";
    }
}

/// Clients of Neutron tell kinds of errors apart by these names.
std::string_view neutron_type(int status) {
    switch (status) {
        case 400:
            return "BadRequest";
        case 401:
            return "HTTPUnauthorized";
        case 403:
            return "HTTPForbidden";
        case 404:
            return "HTTPNotFound";
        case 405:
            return "HTTPMethodNotAllowed";
        case 409:
            return "Conflict";
        case 413:
            return "HTTPRequestEntityTooLarge";
        case 503:
            return "ServiceUnavailable";
        default:
            return "HTTPInternalServerError";
    }
}

std::string escape_html(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

}  // namespace

int status_of(ErrorCode code, std::string_view path) {
    switch (code) {
        case ErrorCode::NotFound:
            return 404;
        case ErrorCode::Conflict:
            return 409;
        case ErrorCode::InvalidInput:
            return 400;
        case ErrorCode::Unauthenticated:
            return 401;
        case ErrorCode::Forbidden:
            return 403;
        case ErrorCode::QuotaExceeded:
            return is_below(path, "/volume") ? 413 : 403;
        case ErrorCode::TooLarge:
            return 413;
        case ErrorCode::NotSupported:
            return 400;
        case ErrorCode::NoSpace:
            return is_below(path, "/image") ? 413 : 503;
        case ErrorCode::Busy:
            return 409;
        case ErrorCode::Unavailable:
            return 503;
        case ErrorCode::Timeout:
            return 503;
        case ErrorCode::Cancelled:
            return 409;
        case ErrorCode::Corrupt:
            return 500;
        case ErrorCode::Internal:
            return 500;
    }
    return 500;
}

std::string envelope_fault(int status, const std::string& message) {
    json::object fault{{"code", status}, {"message", message}};
    if (status == 413 || status == 429) fault["retryAfter"] = "0";
    json::object body;
    body[envelope_name(status)] = std::move(fault);
    return json::serialize(body);
}

std::string error_fault(int status, const std::string& message) {
    json::object fault{{"code", status}, {"message", message}, {"title", reason_phrase(status)}};
    json::object body;
    body["error"] = std::move(fault);
    return json::serialize(body);
}

std::string neutron_fault(int status, const std::string& message) {
    json::object fault{{"type", neutron_type(status)}, {"message", message}, {"detail", ""}};
    json::object body;
    body["NeutronError"] = std::move(fault);
    return json::serialize(body);
}

std::string html_fault(int status, const std::string& message) {
    const auto title = std::to_string(status) + " " + std::string(reason_phrase(status));
    return "<html>\n<head><title>" + title + "</title></head>\n<body>\n<h1>" + title + "</h1>\n" +
           escape_html(message) + "<br /><br />\n</body>\n</html>\n";
}

}  // namespace virga::http
