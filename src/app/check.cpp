#include <cstdio>

#include "app/api_client.hpp"
#include "app/commands.hpp"

namespace virga::app {

int check(const Options& options) {
    const ApiClient client(read_credentials(options.state_dir + "/openrc"));
    const auto answer = client.get("/virga/v1/check");
    const auto differences = get_array(answer, "differences");
    for (const auto& difference : differences) std::printf("%s\n", difference.as_string().c_str());
    // What the machine doesn't have is no difference: it doesn't count.
    for (const auto& note : get_array(answer, "notes")) std::fprintf(stderr, "note: %s\n", note.as_string().c_str());
    if (differences.empty()) std::fprintf(stderr, "No difference between the database and reality.\n");
    return differences.empty() ? 0 : 1;
}

}  // namespace virga::app
