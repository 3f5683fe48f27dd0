#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>

#include "harness/test_database.hpp"
#include "image/repo/image_repo.hpp"
#include "taskflow/runner.hpp"
#include "volume/backup_commands.hpp"
#include "volume/host_commands.hpp"
#include "volume/model/records.hpp"
#include "volume/repo/change_repo.hpp"
#include "volume/repo/volume_repo.hpp"
#include "volume/service.hpp"

namespace virga::volume {

/// As an administrator does.
inline void reset(db::Transaction& tx, const VolumeId& id, std::string_view status) {
    ASSERT_TRUE(repo::try_change(tx, *lifecycle::change_to(volume_change::kResets, status), id));
}

/// A storage host that answers from a script: by default it keeps ids of volumes and snapshots.
class ScriptedHost : public rpc::Caller {
public:
    using Answer = std::function<json::object(const json::object&, const rpc::CallOptions&)>;
    static constexpr const char* kName = "store1";

    json::object call(const std::string& host, std::string_view method, json::object params,
                      const rpc::CallOptions& options) override {
        Answer answer;
        {
            const std::lock_guard lock(mutex_);
            if (!up || host != kName) throw Error(ErrorCode::Unavailable, "host " + host + " is not connected");
            calls.emplace_back(method);
            const auto scripted = answers_.find(method);
            if (scripted != answers_.end()) answer = scripted->second;
        }
        if (answer) return answer(params, options);
        return keep(method, params);
    }
    std::vector<rpc::HostState> hosts() const override {
        const std::lock_guard lock(mutex_);
        if (!up) return {};
        std::vector<rpc::HostState> states{{kName, report(backends)}};
        for (const auto& [name, list] : other_hosts) states.push_back({name, report(list)});
        return states;
    }
    bool is_up(const std::string&) const override { return up; }

    void on(const std::string& method, Answer answer) {
        const std::lock_guard lock(mutex_);
        answers_[method] = std::move(answer);
    }
    void fail(const std::string& method, ErrorCode code, const std::string& message) {
        on(method, [=](const json::object&, const rpc::CallOptions&) -> json::object { throw Error(code, message); });
    }
    void restore(const std::string& method) {
        const std::lock_guard lock(mutex_);
        answers_.erase(method);
    }
    bool has(const std::string& id) const {
        const std::lock_guard lock(mutex_);
        return snapshots_.contains(id) || std::any_of(volumes_.begin(), volumes_.end(),
                                                      [&](const auto& item) { return item.second.contains(id); });
    }
    bool has_on(const std::string& backend, const std::string& id) const {
        const std::lock_guard lock(mutex_);
        const auto found = volumes_.find(backend);
        return found != volumes_.end() && found->second.contains(id);
    }
    void lose(const std::string& id) {
        const std::lock_guard lock(mutex_);
        for (auto& [backend, ids] : volumes_) ids.erase(id);
    }

    std::atomic<bool> up{true};
    std::vector<std::string> backends{"local"};
    std::map<std::string, std::vector<std::string>> other_hosts;  ///< that answer nothing
    std::vector<std::string> calls;

private:
    static json::object report(const std::vector<std::string>& names) {
        json::array list;
        for (const auto& name : names)
            list.push_back(json::object{{"name", name}, {"driver", "fake"}, {"total_gib", 1000}, {"free_gib", 900}});
        return {{"backends", std::move(list)}};
    }
    json::object keep(std::string_view method, const json::object& params) {
        const std::lock_guard lock(mutex_);
        if (method == command::kInventory) return inventory();
        if (method.find("backup") != std::string_view::npos) return keep_backup(method, params);
        const auto volume = get_string(params, "volume_id");
        const auto backend = get_string(params, "backend");
        auto& volumes = volumes_[backend];
        if (method == command::kInitializeConnection) {
            const json::object data{{"path", "/" + backend + "/" + volume}, {"format", "raw"}};
            return {{"driver_volume_type", "local"}, {"data", data}};
        }
        if (method == command::kTerminateConnection) return {};
        if (method == command::kDelete) {
            volumes.erase(volume);
            return {};
        }
        if (method == command::kCreateSnapshot) snapshots_.insert(get_string(params, "snapshot_id"));
        if (method == command::kDeleteSnapshot) snapshots_.erase(get_string(params, "snapshot_id"));
        if (std::string(method).find("napshot") == std::string::npos || method == command::kCreateFromSnapshot) {
            volumes.insert(volume);
        }
        auto reply = VolumeFile{"/" + backend + "/" + volume, "raw", get_int(params, "size_gib", 1)}.to_json();
        reply["copied_bytes"] = 0;
        reply["base_hit"] = true;
        return reply;
    }
    json::object keep_backup(std::string_view method, const json::object& params) {
        const auto id = get_string(params, "backup_id");
        if (method == command::kBackupInventory) {
            json::array all;
            for (const auto& one : backups_) all.emplace_back(json::string(one));
            return {{"backups", std::move(all)}};
        }
        if (method == command::kDeleteBackup) backups_.erase(id);
        if (method == command::kCreateBackup) backups_.insert(id);
        const auto volume = get_string(params, "volume_id");
        if (method == command::kCreateFromBackup) volumes_[get_string(params, "backend")].insert(volume);
        auto reply = VolumeFile{"/volumes/" + volume, "raw", get_int(params, "size_gib", 1)}.to_json();
        reply["own_chunks"] = 1;
        return reply;
    }
    json::object inventory() const {
        json::array snapshots;
        for (const auto& id : snapshots_) snapshots.emplace_back(json::string(id));
        json::array list;
        for (const auto& name : backends) {
            json::array ids;
            const auto found = volumes_.find(name);
            if (found != volumes_.end())
                for (const auto& id : found->second) ids.emplace_back(json::string(id));
            list.push_back(json::object{
                {"name", name}, {"driver", "fake"}, {"volumes", std::move(ids)}, {"snapshots", snapshots}});
        }
        return {{"backends", std::move(list)}};
    }

    mutable std::mutex mutex_;
    std::map<std::string, Answer, std::less<>> answers_;
    std::map<std::string, std::set<std::string>> volumes_;  ///< by backend
    std::set<std::string> snapshots_;
    std::set<std::string> backups_;
};

/// The volume service with a real database and the real flow runner, on a scripted host.
class ControlFixture : public testing::Test {
protected:
    ControlFixture()
        : folder_(std::filesystem::temp_directory_path() / ("virga-volume-" + new_uuid())),
          place_(created(folder_)),
          database(make_database(place_.url())),
          identity(*database, config),
          images(*database, config, identity, (folder_ / "state").string()),
          runner(std::make_unique<taskflow::Runner>(*database, registry, 4)),
          service(*database, config, identity, images, host, *runner) {
        auth.project = ProjectId("99999999999999999999999999999999");
        auth.user = UserId("88888888888888888888888888888888");
        auth.roles = {"member"};
        auth.request_id = "req-1";
        service.register_tasks(registry);
        service.bootstrap();
        runner->run();
    }
    ~ControlFixture() override {
        runner->stop();
        std::filesystem::remove_all(folder_);
    }

    static const std::filesystem::path& created(const std::filesystem::path& folder) {
        std::filesystem::create_directories(folder / "state");
        return folder;
    }
    static std::unique_ptr<db::Database> make_database(const std::string& url) {
        auto database = std::make_unique<db::Database>(url);
        for (const auto* list :
             {&taskflow::migrations(), &identity::migrations(), &image::migrations(), &volume::migrations()}) {
            db::migrate(*database, *list);
        }
        return database;
    }

    static NewVolume raw(std::int64_t size_gib = 1) {
        NewVolume request;
        request.id = new_id<VolumeId>();
        request.name = "v";
        request.size_gib = size_gib;
        return request;
    }
    FlowId create(const NewVolume& request) {
        return database->write_with(
            [&](db::Transaction& tx) { return service.create(tx, auth, request, std::nullopt); });
    }
    std::optional<FlowId> remove(const VolumeId& id) {
        return database->write_with([&](db::Transaction& tx) { return service.remove(tx, id, "req-2", std::nullopt); });
    }
    VolumeId created(NewVolume request = raw()) {
        ended(create(request));
        return request.id;
    }
    taskflow::FlowRecord ended(const FlowId& flow) {
        EXPECT_TRUE(runner->wait(flow, std::chrono::seconds(20)));
        return *database->read_with([&](db::Transaction& tx) { return runner->find(tx, flow); });
    }
    std::vector<std::string> decisions(const FlowId& flow) {
        std::vector<std::string> out;
        auto tx = database->read();
        for (const auto& run : runner->journal(tx, flow)) out.push_back(run.decision);
        return out;
    }
    std::optional<VolumeRecord> row(const VolumeId& id) {
        return database->read_with([&](db::Transaction& tx) { return repo::find_volume(tx, id); });
    }
    std::string status(const VolumeId& id) {
        const auto volume = row(id);
        return volume ? text_of(volume->status) : "gone";
    }
    std::vector<std::string> differences(const std::vector<ServerId>& servers = {}) {
        return database->read_with([&](db::Transaction& tx) { return service.check(tx, servers); });
    }
    template <class F>
    auto write(F&& function) {
        return database->write_with(std::forward<F>(function));
    }
    template <class F>
    static ErrorCode code_of(F&& function) {
        try {
            function();
        } catch (const Error& error) {
            return error.code();
        }
        ADD_FAILURE() << "nothing was thrown";
        return ErrorCode::Internal;
    }

private:
    std::filesystem::path folder_;
    test::TestDatabase place_;

protected:
    config::Config config;
    ScriptedHost host;
    std::unique_ptr<db::Database> database;
    identity::Service identity;
    image::Service images;
    taskflow::Registry registry;
    std::unique_ptr<taskflow::Runner> runner;
    Service service;
    identity::Auth auth;
};

}  // namespace virga::volume
