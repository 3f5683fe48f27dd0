#include "hostkeys/policy.hpp"

namespace virga::hostkeys {

const identity::policy::Table& policies() {
    using identity::policy::admin;
    static const identity::policy::Table table(
        "hosts",
        {{"virga:hosts:list", admin, "List the hosts that were invited, and their keys."},
         {"virga:hosts:invite", admin, "Make a token with which a machine becomes a host of the cloud."},
         {"virga:hosts:revoke", admin, "Take a host out of the cloud: its key is good for nothing any more."}});
    return table;
}

}  // namespace virga::hostkeys
