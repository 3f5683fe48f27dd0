#include "compute/virt/libvirt/export_access.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <string>
#include <thread>

#include "base/error.hpp"

namespace virga::compute::virt::libvirt {
namespace {

constexpr std::chrono::seconds kBound{15};
constexpr std::chrono::seconds kOneTry{3};
constexpr std::chrono::milliseconds kTryAgain{100};

}  // namespace

void await_export(const NbdExport& nbd) {
    const auto port = std::to_string(nbd.port);
    const auto until = std::chrono::steady_clock::now() + kBound;
    for (;;) {
        boost::asio::ip::tcp::iostream connection;
        connection.expires_after(kOneTry);
        connection.connect(nbd.host, port);
        if (connection) return;
        if (std::chrono::steady_clock::now() >= until)
            throw Error(ErrorCode::Unavailable,
                        "the host of volume " + nbd.name + " doesn't export it: no answer at " + nbd.host + ":" + port,
                        connection.error().message());
        std::this_thread::sleep_for(kTryAgain);
    }
}

}  // namespace virga::compute::virt::libvirt
