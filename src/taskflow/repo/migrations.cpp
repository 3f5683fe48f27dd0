#include "taskflow/runner.hpp"

namespace virga::taskflow {

const std::vector<db::Migration>& migrations() {
    static const std::vector<db::Migration> list{
        {"taskflow",
         1,
         {"CREATE TABLE flows (id TEXT PRIMARY KEY, kind TEXT NOT NULL, resource TEXT NOT NULL, state TEXT NOT NULL, "
          "tasks TEXT NOT NULL, data TEXT NOT NULL, position BIGINT NOT NULL, runs BIGINT NOT NULL, "
          "generation BIGINT NOT NULL, cancel_requested BIGINT NOT NULL, failure TEXT, request_id TEXT NOT NULL, "
          "project_id TEXT NOT NULL, user_id TEXT NOT NULL, parent TEXT, started_us BIGINT NOT NULL, "
          "ended_us BIGINT NOT NULL)",
          "CREATE INDEX flows_by_resource ON flows (resource, started_us)",
          "CREATE INDEX flows_by_parent ON flows (parent)",
          "CREATE INDEX flows_unfinished ON flows (ended_us) WHERE ended_us = 0",
          "CREATE TABLE task_runs (flow_id TEXT NOT NULL, seq BIGINT NOT NULL, task_index BIGINT NOT NULL, "
          "task TEXT NOT NULL, phase TEXT NOT NULL, attempt BIGINT NOT NULL, started_us BIGINT NOT NULL, "
          "ended_us BIGINT NOT NULL, outcome TEXT NOT NULL, decision TEXT NOT NULL, error TEXT NOT NULL, "
          "done_bytes BIGINT NOT NULL DEFAULT 0, total_bytes BIGINT NOT NULL DEFAULT 0, "
          "PRIMARY KEY (flow_id, seq))"}},
        {"taskflow", 2, {"CREATE INDEX flows_by_end ON flows (ended_us)"}},
        {"taskflow", 3, {"ALTER TABLE task_runs ADD COLUMN told TEXT NOT NULL DEFAULT ''"}},
        {"taskflow",
         4,
         {"ALTER TABLE flows ADD COLUMN owner TEXT",
          "CREATE TABLE replicas (id TEXT PRIMARY KEY, beat_us BIGINT NOT NULL)"}},
        // Runs are read by their flow only: one tree is enough for them. Most flows have no parent, and none has ended
        // when it begins: those are in no index of the others.
        {"taskflow",
         5,
         {"CREATE TABLE runs_of_flows (flow_id TEXT NOT NULL, seq BIGINT NOT NULL, task_index BIGINT NOT NULL, "
          "task TEXT NOT NULL, phase TEXT NOT NULL, attempt BIGINT NOT NULL, started_us BIGINT NOT NULL, "
          "ended_us BIGINT NOT NULL, outcome TEXT NOT NULL, decision TEXT NOT NULL, "
          "told TEXT NOT NULL DEFAULT '', error TEXT NOT NULL, done_bytes BIGINT NOT NULL DEFAULT 0, "
          "total_bytes BIGINT NOT NULL DEFAULT 0, "
          "PRIMARY KEY (flow_id, seq)) WITHOUT ROWID",
          "INSERT INTO runs_of_flows (flow_id, seq, task_index, task, phase, attempt, started_us, ended_us, outcome, "
          "decision, told, error, done_bytes, total_bytes) SELECT flow_id, seq, task_index, task, phase, attempt, "
          "started_us, ended_us, outcome, decision, told, error, done_bytes, total_bytes FROM task_runs",
          "DROP TABLE task_runs", "ALTER TABLE runs_of_flows RENAME TO task_runs", "DROP INDEX flows_by_parent",
          "CREATE INDEX flows_by_parent ON flows (parent) WHERE parent IS NOT NULL", "DROP INDEX flows_by_end",
          "CREATE INDEX flows_by_end ON flows (ended_us) WHERE ended_us > 0"}}};
    return list;
}

}  // namespace virga::taskflow
