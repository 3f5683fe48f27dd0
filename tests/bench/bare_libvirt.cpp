// Floor of the benchmark: defines, creates, destroys and undefines one guest with libvirt alone, again and again.
//   bare_libvirt ROOT DOMAIN.xml ROUNDS  ->  one line for each round: define, create, destroy, undefine in microseconds
// Like `virga serve`, a parent reaps the guests' processes: otherwise libvirt waits for the machine's first process.
#include <libvirt/libvirt.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

namespace {

long long now_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

void need(bool fine, const char* what) {
    if (fine) return;
    std::fprintf(stderr, "bare_libvirt: %s failed\n", what);
    std::_Exit(1);
}

void one_round(virConnectPtr connection, const std::string& xml) {
    const auto started = now_us();
    virDomainPtr domain = virDomainDefineXML(connection, xml.c_str());
    need(domain != nullptr, "define");
    const auto defined = now_us();
    need(virDomainCreate(domain) == 0, "create");
    const auto created = now_us();
    need(virDomainDestroy(domain) == 0, "destroy");
    const auto destroyed = now_us();
    need(virDomainUndefine(domain) == 0, "undefine");
    const auto undefined = now_us();
    virDomainFree(domain);
    std::printf("%lld %lld %lld %lld\n", defined - started, created - defined, destroyed - created,
                undefined - destroyed);
    std::fflush(stdout);
}

int measure(const std::string& root, const std::string& xml, int rounds) {
    need(virEventRegisterDefaultImpl() == 0, "event loop");
    std::atomic<bool> ending{false};
    std::thread events([&] {
        while (!ending) virEventRunDefaultImpl();
    });
    events.detach();
    virConnectPtr connection = virConnectOpen(("qemu:///embed?root=" + root).c_str());
    need(connection != nullptr, "open");
    for (int i = 0; i < rounds; ++i) one_round(connection, xml);
    ending = true;
    std::_Exit(0);
}

}  // namespace

int main(int argc, char** argv) {
    need(argc == 4, "usage: bare_libvirt ROOT DOMAIN.xml ROUNDS:");
    std::ifstream file(argv[2]);
    std::stringstream xml;
    xml << file.rdbuf();
    need(!xml.str().empty(), "reading the domain");
    ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    const pid_t child = ::fork();
    need(child >= 0, "fork");
    if (child == 0) return measure(argv[1], xml.str(), std::atoi(argv[3]));
    for (;;) {
        int status = 0;
        const pid_t ended = ::waitpid(-1, &status, 0);
        if (ended == child) return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    }
}
