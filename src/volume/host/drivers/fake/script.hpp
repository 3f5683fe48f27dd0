#pragma once
#include <functional>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace virga::volume::host::fake {

/// What shall happen at one call.
struct Step {
    std::string method;     ///< create, create_from_image, clone, remove ...; "*": any
    std::int64_t nth = 1;   ///< which call that matches, from 1; each counts once
    std::string action;     ///< fail: throws and does nothing; lose_reply: does it, then throws; hang: waits to be
                            ///< released (or cancelled), then does it
    std::string volume_id;  ///< empty: any volume
    std::string code = "Internal";  ///< ErrorCode of fail and lose_reply
    std::string message = "scripted failure";

    json::object to_json() const;
    static Step from_json(const json::object& o);
};

/// The script of a fake driver: script.json in its folder ({"steps": [...]}), read at every call so that a test outside
/// the process can change it; the counts stand in script-state.json, so that a restart does not begin again.
/// A hang ends when the file "release" exists.
class Script {
public:
    explicit Script(std::string folder);

    void set(const std::vector<Step>& steps);
    void release();
    /// Runs the work of one call as scripted.
    void run(const std::string& method, const std::string& volume_id, const std::function<bool()>& cancelled,
             const std::function<void()>& work);

private:
    std::vector<Step> next(const std::string& method, const std::string& volume_id);

    std::string folder_;
};

}  // namespace virga::volume::host::fake
