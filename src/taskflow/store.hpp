#pragma once
#include <optional>
#include <string>
#include <vector>

#include "taskflow/flow.hpp"

/// SQL of flows and their journal.
namespace virga::taskflow::store {

/// An unfinished flow as the runner holds it.
struct StoredFlow {
    FlowSpec spec;
    FlowState state = FlowState::Running;
    std::size_t position = 0;  ///< index of the task to execute, or to revert
    std::int64_t runs = 0;     ///< journal rows so far
    std::int64_t generation = 0;
    std::optional<Failure> failure;
    bool cancel_requested = false;
};

/// False when a flow of this id exists already.
bool insert(db::Transaction& tx, const FlowSpec& spec);
std::vector<StoredFlow> load_unfinished(db::Transaction& tx);
void set_generation(db::Transaction& tx, const FlowId& flow, std::int64_t generation);

struct Fence {
    std::int64_t generation = -1;  ///< -1: no such flow
    bool cancel_requested = false;
};
Fence fence(db::Transaction& tx, const FlowId& flow);
void update(db::Transaction& tx, const StoredFlow& flow, bool data_changed, bool tasks_changed);
void finish(db::Transaction& tx, const StoredFlow& flow, FlowState state);
void append_run(db::Transaction& tx, const FlowId& flow, std::int64_t sequence, const TaskRun& run);
bool request_cancel(db::Transaction& tx, const FlowId& flow);
bool is_finished(db::Transaction& tx, const FlowId& flow);

/// Deletes at most some hundred flows that ended before `time`, oldest first; returns how many.
std::int64_t forget(db::Transaction& tx, TimestampUs time);

std::optional<FlowRecord> find(db::Transaction& tx, const FlowId& flow);
std::vector<FlowRecord> of_resource(db::Transaction& tx, const std::string& resource);
std::vector<FlowRecord> children(db::Transaction& tx, const FlowId& flow);
std::vector<FlowId> unfinished(db::Transaction& tx, const std::string& resource);
std::vector<TaskRun> journal(db::Transaction& tx, const FlowId& flow);

}  // namespace virga::taskflow::store
