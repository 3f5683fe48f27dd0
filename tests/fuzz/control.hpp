#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "http/http.hpp"

namespace virga::fuzz {

/// The control side of a cloud in this process, with hosts in memory and one resource of most kinds. No flow runs, so
/// an input does the same each time.
class Control {
public:
    Control();
    ~Control();
    Control(const Control&) = delete;
    Control& operator=(const Control&) = delete;

    /// Text with "{volume_id}" and the like replaced by the ids of what exists; names that nothing has stay.
    std::string expand(std::string_view text) const;
    http::Response handle(http::Request& request) const;
    const std::vector<std::pair<std::string, std::string>>& routes() const { return routes_; }
    const http::Router& router() const;
    /// Of the administrator.
    const std::string& token() const;
    /// Of a caller with one role: in a project, a domain or the system of that name; see Furnisher::add_callers.
    const std::string& token_of(const std::string& caller) const;
    /// Whether the id of something is in the text that belongs to the administrators' project and is shared with
    /// nobody.
    bool names_what_is_owned(std::string_view text) const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
    std::vector<std::pair<std::string, std::string>> routes_;
};

/// One for the process, made anew after some hundred uses: what inputs create and delete must not pile up.
Control& control();

/// A request as the server would hand it over, with the administrator's token and the newest microversions.
http::Request make_request(const Control& on, std::string method, std::string target);
/// Runs it, reads what it streams, and tells its status. Throws Finding for an answer of 500 or one that is no answer.
int run(Control& on, http::Request& request);

}  // namespace virga::fuzz
