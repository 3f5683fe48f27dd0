#include "identity/auth/password_work.hpp"

#include "base/crypto.hpp"
#include "identity/auth/refusals.hpp"
#include "identity/settings.hpp"

namespace virga::identity {
namespace {

constexpr std::chrono::seconds kRetryAfter{2};

}  // namespace

class PasswordWork::Turn {
public:
    explicit Turn(PasswordWork& work) : work_(work) {
        std::unique_lock lock(work_.mutex_);
        work_.free_.wait(lock, [&] { return work_.running_ < work_.at_once_; });
        ++work_.running_;
    }
    ~Turn() {
        {
            const std::lock_guard lock(work_.mutex_);
            --work_.running_;
        }
        work_.free_.notify_one();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

private:
    PasswordWork& work_;
};

PasswordWork::PasswordWork(const config::Config& config)
    : at_once_(static_cast<std::size_t>(config.get(setting::password_threads))),
      most_waiting_(static_cast<std::size_t>(config.get(setting::password_queue))) {}

std::shared_ptr<void> PasswordWork::enter() {
    const std::lock_guard lock(mutex_);
    if (entered_ >= at_once_ + most_waiting_) {
        throw ComeBackLater(503, "Too many logins at once. Try again in a few seconds.", kRetryAfter);
    }
    ++entered_;
    return {this, [](PasswordWork* work) {
                const std::lock_guard leave(work->mutex_);
                --work->entered_;
            }};
}

std::string PasswordWork::hash(const Secret& password) {
    const Turn turn(*this);
    return hash_password(password.reveal());
}

bool PasswordWork::verify(const std::string& hash, const Secret& password) {
    const Turn turn(*this);
    return verify_password(hash, password.reveal());
}

}  // namespace virga::identity
