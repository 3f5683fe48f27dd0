#include "compute/flows/record_action.hpp"

#include "compute/repo/server_repo.hpp"

namespace virga::compute::flows {

void record_action(db::Transaction& tx, const std::string& action, const taskflow::FlowSpec& flow) {
    repo::InstanceAction row;
    row.action = action;
    row.server = ServerId(flow.resource);
    row.request_id = flow.request_id;
    row.user_id = flow.user_id;
    row.project_id = flow.project_id;
    row.flow = flow.id;
    row.start_us = now_us();
    repo::insert_action(tx, row);
}

void record_action(db::Transaction& tx, const std::string& action, const identity::Auth& auth, const ServerId& server) {
    repo::InstanceAction row;
    row.action = action;
    row.server = server;
    row.request_id = auth.request_id;
    row.user_id = auth.user.value;
    row.project_id = auth.project.value;
    row.start_us = now_us();
    repo::insert_action(tx, row);
}

}  // namespace virga::compute::flows
