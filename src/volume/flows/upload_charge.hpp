#pragma once
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "base/error.hpp"
#include "volume/flows/dependencies.hpp"

namespace virga::volume::flows {

/// Charges a project for the data of an image while a host writes it. What the host reports is charged by a thread of
/// its own: whoever tells of progress is answered by everybody, and must not wait for the database. Data that the
/// quota doesn't leave room for ends the command.
class UploadCharge {
public:
    UploadCharge(Dependencies& d, ImageId image, const taskflow::TaskContext& context);
    ~UploadCharge();
    UploadCharge(const UploadCharge&) = delete;
    UploadCharge& operator=(const UploadCharge&) = delete;

    /// What `command` returns, which must listen to the context that it is given. Throws what it throws, or why the
    /// image could not be charged: Error{TooLarge}, Error{NotFound}.
    json::object call(const std::function<json::object(const taskflow::TaskContext&)>& command);

private:
    void report(std::int64_t bytes);
    void run();
    void charge(std::int64_t bytes);
    bool refused();

    Dependencies& d_;
    ImageId image_;
    const taskflow::TaskContext& context_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::int64_t reported_ = 0;
    bool closing_ = false;
    std::optional<Error> refusal_;
    std::thread thread_;
};

}  // namespace virga::volume::flows
