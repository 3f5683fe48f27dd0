#include "volume/flows/upload_charge.hpp"

#include "base/log.hpp"

namespace virga::volume::flows {

UploadCharge::UploadCharge(Dependencies& d, ImageId image, const taskflow::TaskContext& context)
    : d_(d), image_(std::move(image)), context_(context), thread_([this] { run(); }) {}

UploadCharge::~UploadCharge() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

json::object UploadCharge::call(const std::function<json::object(const taskflow::TaskContext&)>& command) {
    auto context = context_;
    context.report_progress = [this](std::int64_t done, std::int64_t total) {
        if (context_.report_progress) context_.report_progress(done, total);
        report(done);
    };
    context.cancel_requested = [this] {
        return refused() || (context_.cancel_requested && context_.cancel_requested());
    };
    try {
        return command(context);
    } catch (const Error&) {
        // The host only knows that it was told to end.
        const std::lock_guard lock(mutex_);
        if (refusal_) throw *refusal_;
        throw;
    }
}

void UploadCharge::report(std::int64_t bytes) {
    {
        const std::lock_guard lock(mutex_);
        reported_ = bytes;
    }
    changed_.notify_all();
}

bool UploadCharge::refused() {
    const std::lock_guard lock(mutex_);
    return refusal_.has_value();
}

void UploadCharge::charge(std::int64_t bytes) {
    try {
        d_.images.charge_upload(image_, context_.flow, bytes);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::TooLarge && error.code() != ErrorCode::NotFound) {
            // What could not be charged now is charged with the next report, or when the upload ends.
            log::warning("an upload could not be charged", {{"image", image_.value}, {"error", error.message()}});
            return;
        }
        {
            const std::lock_guard lock(mutex_);
            refusal_ = error;
        }
        d_.hosts.wake();
    }
}

void UploadCharge::run() {
    std::int64_t charged = 0;
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [&] { return closing_ || (reported_ > charged && !refusal_); });
        if (closing_) return;
        charged = reported_;
        lock.unlock();
        charge(charged);
        lock.lock();
    }
}

}  // namespace virga::volume::flows
