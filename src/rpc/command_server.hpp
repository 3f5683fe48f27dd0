#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>

#include "base/fair_pool.hpp"
#include "rpc/rpc.hpp"

namespace virga::rpc {

/// Which control process a message is of or for; empty where a transport knows one only.
using Asker = std::string;

/// What a host does with commands, on any transport: runs them, joins repeats, remembers replies. A transport adds how
/// messages come and go.
class CommandServer : public HostEndpoint {
public:
    CommandServer(std::string host, Threads threads);

    void on(std::string method, CommandHandler handler, Length length = Length::Short) final;
    void report_with(std::function<json::object()> report) final;
    void on_welcome(std::function<void()> handler) final;
    void on_refused(std::function<void(const Error&)> handler) final;
    void publish_report() final;
    void publish(std::string_view event, json::object params) final;

protected:
    /// A message of a control process. Throws Error{Corrupt} for one that is none.
    void handle(const Asker& from, const json::object& message);
    json::object own_report() const { return report_ ? report_() : json::object(); }
    const std::string& host() const { return host_; }
    /// Running commands are to end: they are asked for again after the restart.
    void cancel_all();
    /// Waits for running commands; drops others.
    void end_commands();
    void refuse(const Error& why) const;

    /// A message, without a lock of this class. What can't be sent is lost: it is asked for again.
    virtual void tell(const Asker& to, const std::string& text) = 0;
    /// To every control process. As tell().
    virtual void tell_all(const std::string& text) = 0;
    /// To one of them, whichever: what must be done once. As tell().
    virtual void tell_one(const std::string& text) = 0;

private:
    /// A command that runs. A repeat of it does nothing but add who asks: the reply of the first one is for all of
    /// them.
    struct Running {
        std::atomic<bool> cancelled{false};
        std::atomic<std::int64_t> last_progress_us{0};
        std::set<Asker> askers;       ///< with the lock
        std::set<std::string> calls;  ///< that wait for it; with the lock
    };
    using RunningPtr = std::shared_ptr<Running>;
    /// What was answered. A success is the answer to every repeat. A failure is one to what was sent twice, lest it run
    /// for a caller who has heard of it; who asks anew has it tried again.
    struct Reply {
        std::string text;
        bool is_success = false;
        std::set<std::string> calls;  ///< that it was the answer to
        bool is_for(const std::string& call) const { return is_success || (!call.empty() && calls.count(call) > 0); }
    };

    void take(const Asker& from, const json::object& message);
    void post(const RunningPtr& started, Command command);
    void execute(const RunningPtr& running, Command command);
    json::object answer(const Command& command) const;
    void finish(const RunningPtr& running, const std::string& id, json::object reply);
    void remember(const std::string& id, Reply reply);
    void progress(const RunningPtr& running, const std::string& id, std::int64_t done, std::int64_t total);
    void cancel(const std::string& id);
    std::set<Asker> askers_of(const RunningPtr& running) const;

    const std::string host_;
    std::map<std::string, CommandHandler, std::less<>> handlers_;
    std::function<json::object()> report_;
    std::function<void()> welcomed_;
    std::function<void(const Error&)> refused_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, RunningPtr> commands_;
    std::unordered_map<std::string, Reply> replies_;  ///< by command id
    std::deque<std::string> reply_order_;
    std::set<std::string, std::less<>> long_methods_;
    FairPool short_work_;
    FairPool long_work_;
};

}  // namespace virga::rpc
