#include "taskflow/repo/flow_repo.hpp"

#include "db/conditions.hpp"

namespace virga::taskflow::repo {
namespace {

std::string tasks_text(const std::vector<TaskSpec>& tasks) {
    json::array list;
    for (const auto& task : tasks)
        list.push_back(json::object{{"task", task.task}, {"arg", task.arg}, {"label", task.label}});
    return json::serialize(list);
}

std::vector<TaskSpec> parse_tasks(const std::string& text) {
    std::vector<TaskSpec> tasks;
    const auto list = json::parse(text);
    for (const auto& item : list.as_array()) {
        const auto& object = item.as_object();
        tasks.push_back({get_string(object, "task"), get_object(object, "arg"), get_string(object, "label")});
    }
    return tasks;
}

std::string failure_text(const std::optional<Failure>& failure) {
    if (!failure) return {};
    return json::serialize(json::object{{"code", to_string(failure->code)},
                                        {"message", failure->message},
                                        {"detail", failure->detail},
                                        {"task", failure->task},
                                        {"consequence", to_string(failure->consequence)},
                                        {"task_index", failure->task_index}});
}

std::optional<Consequence> parse_consequence(const std::string& text) {
    for (const auto known : {Consequence::RetryHere, Consequence::OtherHost, Consequence::Abort}) {
        if (to_string(known) == text) return known;
    }
    return std::nullopt;
}

std::optional<Failure> parse_failure(const std::string& text) {
    if (text.empty()) return std::nullopt;
    const auto object = parse_object(text);
    Failure failure{error_code_from_string(get_string(object, "code")), get_string(object, "message"),
                    get_string(object, "detail"), get_string(object, "task")};
    // Versions before "consequence" derived it from the code: what it says without the task's word.
    failure.consequence =
        parse_consequence(get_string(object, "consequence")).value_or(consequence_of(failure.code, false));
    const auto index = get_int(object, "task_index", -1);
    failure.task_index = index < 0 ? kUnknownTask : static_cast<std::size_t>(index);
    return failure;
}

FlowState parse_state(const std::string& text) {
    for (const auto state : {FlowState::Running, FlowState::Reverting, FlowState::Succeeded, FlowState::Failed}) {
        if (to_string(state) == text) return state;
    }
    throw Error(ErrorCode::Corrupt, "unknown flow state '" + text + "'");
}

FlowRecord record_of(const db::Row& row) {
    FlowRecord record;
    record.id = FlowId(row.text("id"));
    record.kind = row.text("kind");
    record.resource = row.text("resource");
    record.state = parse_state(row.text("state"));
    record.cancel_requested = row.flag("cancel_requested");
    record.data = parse_object(row.text("data"));
    record.failure = parse_failure(row.text("failure"));
    record.request_id = row.text("request_id");
    record.project_id = row.text("project_id");
    record.parent = row.text("parent");
    record.started_us = row.number("started_us");
    record.ended_us = row.number("ended_us");
    return record;
}

std::vector<FlowRecord> records(db::Transaction& tx, std::string_view condition, const db::Params& values) {
    std::vector<FlowRecord> out;
    for (const auto& row : tx.query("SELECT id, kind, resource, state, cancel_requested, data, failure, request_id, "
                                    "project_id, parent, started_us, ended_us FROM flows WHERE " +
                                        std::string(condition) + " ORDER BY started_us, id",
                                    values))
        out.push_back(record_of(row));
    return out;
}

constexpr std::string_view kFree =
    "ended_us = 0 AND (owner IS NULL OR NOT EXISTS (SELECT 1 FROM replicas WHERE replicas.id = flows.owner))";

std::vector<StoredFlow> stored(const std::vector<db::Row>& rows) {
    std::vector<StoredFlow> out;
    for (const auto& row : rows) {
        StoredFlow flow;
        flow.spec.id = FlowId(row.text("id"));
        flow.spec.kind = row.text("kind");
        flow.spec.resource = row.text("resource");
        flow.spec.tasks = parse_tasks(row.text("tasks"));
        flow.spec.data = parse_object(row.text("data"));
        flow.spec.request_id = row.text("request_id");
        flow.spec.project_id = row.text("project_id");
        flow.spec.user_id = row.text("user_id");
        if (!row.is_null("parent")) flow.spec.parent = FlowId(row.text("parent"));
        flow.state = parse_state(row.text("state"));
        flow.position = static_cast<std::size_t>(row.number("position"));
        flow.runs = row.number("runs");
        flow.generation = row.number("generation");
        flow.owner = row.text("owner");
        flow.failure = parse_failure(row.text("failure"));
        flow.cancel_requested = row.flag("cancel_requested");
        out.push_back(std::move(flow));
    }
    return out;
}

}  // namespace

bool insert(db::Transaction& tx, const FlowSpec& spec, const std::string& owner) {
    return tx.exec(
               "INSERT INTO flows (id, kind, resource, state, tasks, data, position, runs, generation, "
               "cancel_requested, failure, request_id, project_id, user_id, parent, started_us, ended_us, owner) "
               "VALUES (?, ?, ?, 'running', ?, ?, 0, 0, 0, 0, NULL, ?, ?, ?, ?, ?, 0, ?) ON CONFLICT (id) DO NOTHING",
               {spec.id.value, spec.kind, spec.resource, tasks_text(spec.tasks), json::serialize(spec.data),
                spec.request_id, spec.project_id, spec.user_id,
                db::nullable(spec.parent ? spec.parent->value : std::string()), now_us(), db::nullable(owner)}) > 0;
}

std::vector<StoredFlow> load_unfinished(db::Transaction& tx) {
    return stored(tx.query("SELECT * FROM flows WHERE ended_us = 0 ORDER BY started_us, id"));
}

std::vector<StoredFlow> load_free(db::Transaction& tx, std::int64_t most) {
    return stored(
        tx.query("SELECT * FROM flows WHERE " + std::string(kFree) + " ORDER BY started_us, id LIMIT ?", {most}));
}

bool any_free(db::Transaction& tx) {
    return tx.query_one("SELECT id FROM flows WHERE " + std::string(kFree) + " LIMIT 1").has_value();
}

bool take_over(db::Transaction& tx, const FlowId& flow, std::int64_t generation, const std::string& owner) {
    return tx.exec("UPDATE flows SET generation = generation + 1, owner = ? WHERE id = ? AND generation = ?",
                   {db::nullable(owner), flow.value, generation}) > 0;
}

std::vector<FlowId> owned(db::Transaction& tx, const std::string& owner) {
    std::vector<FlowId> out;
    for (const auto& row : tx.query("SELECT id FROM flows WHERE ended_us = 0 AND owner = ?", {owner}))
        out.emplace_back(row.text("id"));
    return out;
}

std::optional<StoredFlow> load_owned(db::Transaction& tx, const FlowId& flow, const std::string& owner) {
    auto found =
        stored(tx.query("SELECT * FROM flows WHERE id = ? AND ended_us = 0 AND owner = ?", {flow.value, owner}));
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

std::vector<FlowId> to_cancel(db::Transaction& tx, const std::string& owner) {
    std::vector<FlowId> out;
    for (const auto& row : tx.query("SELECT id FROM flows WHERE ended_us = 0 AND owner = ? AND state = 'running' AND "
                                    "cancel_requested = 1",
                                    {owner}))
        out.emplace_back(row.text("id"));
    return out;
}

Fence fence(db::Transaction& tx, const FlowId& flow) {
    const auto row = tx.query_one("SELECT generation, runs, cancel_requested FROM flows WHERE id = ?", {flow.value});
    if (!row) return {};
    return {row->number("generation"), row->number("runs"), row->flag("cancel_requested")};
}

bool update(db::Transaction& tx, const StoredFlow& flow, const Change& change) {
    std::string sql = "UPDATE flows SET state = ?, position = ?, runs = ?, failure = ?";
    db::Params params{std::string(to_string(flow.state)), static_cast<std::int64_t>(flow.position), flow.runs,
                      db::nullable(failure_text(flow.failure))};
    if (change.data) {
        sql += ", data = ?";
        params.emplace_back(json::serialize(flow.spec.data));
    }
    if (change.tasks) {
        sql += ", tasks = ?";
        params.emplace_back(tasks_text(flow.spec.tasks));
    }
    if (flow.has_ended()) {
        sql += ", ended_us = ?";
        params.emplace_back(now_us());
    }
    sql += " WHERE id = ? AND generation = ?";
    params.emplace_back(flow.spec.id.value);
    params.emplace_back(flow.generation);
    if (change.unless_cancelled) sql += " AND cancel_requested = 0";
    return tx.exec(sql, params) > 0;
}

void append_run(db::Transaction& tx, const FlowId& flow, std::int64_t sequence, const TaskRun& run) {
    tx.exec(
        "INSERT INTO task_runs (flow_id, seq, task_index, task, phase, attempt, started_us, ended_us, outcome, "
        "decision, told, error, done_bytes, total_bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {flow.value, sequence, std::int64_t{run.task_index}, run.task, run.phase, std::int64_t{run.attempt},
         run.started_us, run.ended_us, run.outcome, run.decision, run.told, run.error, run.progress.done_bytes,
         run.progress.total_bytes});
}

bool request_cancel(db::Transaction& tx, const FlowId& flow) {
    return tx.exec("UPDATE flows SET cancel_requested = 1 WHERE id = ? AND state = 'running' AND cancel_requested = 0",
                   {flow.value}) > 0;
}

bool is_finished(db::Transaction& tx, const FlowId& flow) {
    return tx.scalar("SELECT COUNT(*) FROM flows WHERE id = ? AND ended_us = 0", {flow.value}) == 0;
}

std::int64_t forget(db::Transaction& tx, TimestampUs time) {
    const auto old =
        tx.query("SELECT id FROM flows WHERE ended_us > 0 AND ended_us < ? ORDER BY ended_us LIMIT 500", {time});
    for (const auto& row : old) {
        tx.exec("DELETE FROM task_runs WHERE flow_id = ?", {row.text("id")});
        tx.exec("DELETE FROM flows WHERE id = ?", {row.text("id")});
    }
    return static_cast<std::int64_t>(old.size());
}

std::optional<FlowRecord> find(db::Transaction& tx, const FlowId& flow) {
    auto found = records(tx, "id = ?", {flow.value});
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

std::vector<FlowRecord> find_all(db::Transaction& tx, const std::vector<FlowId>& flows) {
    db::Params ids;
    for (const auto& flow : flows) ids.emplace_back(flow.value);
    const auto among = db::in_list("id", std::move(ids));
    return records(tx, among.sql, among.params);
}

std::vector<FlowRecord> of_resource(db::Transaction& tx, const std::string& resource) {
    return records(tx, "resource = ?", {resource});
}

std::vector<FlowRecord> children(db::Transaction& tx, const FlowId& flow) {
    return records(tx, "parent = ?", {flow.value});
}

std::vector<FlowId> unfinished(db::Transaction& tx, const std::string& resource) {
    std::vector<FlowId> out;
    for (const auto& row :
         tx.query("SELECT id FROM flows WHERE resource = ? AND ended_us = 0 ORDER BY started_us, id", {resource}))
        out.emplace_back(row.text("id"));
    return out;
}

std::vector<TaskRun> journal(db::Transaction& tx, const FlowId& flow) {
    std::vector<TaskRun> out;
    for (const auto& row : tx.query("SELECT * FROM task_runs WHERE flow_id = ? ORDER BY seq", {flow.value})) {
        out.push_back({flow.value,
                       static_cast<int>(row.number("task_index")),
                       row.text("task"),
                       row.text("phase"),
                       static_cast<int>(row.number("attempt")),
                       row.number("started_us"),
                       row.number("ended_us"),
                       row.text("outcome"),
                       row.text("decision"),
                       row.text("error"),
                       {row.number("done_bytes"), row.number("total_bytes")},
                       row.text("told")});
    }
    return out;
}

}  // namespace virga::taskflow::repo
