#include "volume/flows/transfers.hpp"

#include "volume/api/api.hpp"
#include "volume/api/connector.hpp"
#include "volume/api/filters.hpp"
#include "volume/flows/connections.hpp"
#include "volume/repo/transfer_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::api {
namespace {

constexpr int kTransfers = 55;  ///< /volume-transfers and no_snapshots; /os-volume-transfer is older
constexpr int kProjects = 57;
constexpr int kSorting = 59;
constexpr int kEncrypted = 70;

/// One of the two paths under which transfers are found.
struct Place {
    std::string path;
    bool newer;  ///< knows no_snapshots
};

json::object summary(const Call& call, const Place& place, const Transfer& t) {
    return {{"id", t.id},
            {"name", string_or_null(t.name)},
            {"volume_id", t.volume.value},
            {"links", links_of(call, place.path + "/" + t.id)}};
}

json::object detail(const Call& call, const Place& place, const Transfer& t) {
    auto view = summary(call, place, t);
    view["created_at"] = time_or_null(t.created_us);
    if (!place.newer) return view;
    view["no_snapshots"] = t.no_snapshots;
    if (!call.at_least(kProjects)) return view;
    view["source_project_id"] = t.source.value;
    view["destination_project_id"] = nullptr;
    view["accepted"] = false;
    return view;
}

http::Response one(int status, json::object view) {
    return http::Response::with_json(status, json::object{{"transfer", std::move(view)}});
}

/// The transfer of the request, if the caller's project offers it.
Transfer own_transfer(db::Transaction& tx, const Call& call) {
    const auto& id = call.request.param("transfer_id");
    auto transfer = repo::get_transfer(tx, id);
    if (call.auth.reaches(transfer.source)) return transfer;
    throw Error(ErrorCode::NotFound, "Transfer " + id + " could not be found.", {}, id);
}

const std::map<std::string, std::string, std::less<>>& sort_columns() {
    static const std::map<std::string, std::string, std::less<>> columns{{"id", "id"},
                                                                         {"name", "name"},
                                                                         {"display_name", "name"},
                                                                         {"volume_id", "volume_id"},
                                                                         {"created_at", "created_us"}};
    return columns;
}

http::Response list(const Call& call, const Place& place, bool detailed) {
    // Cinder: a filter that is no attribute finds nothing.
    if (!has_only(call, {"volume_id", "name"})) return empty_list(call, "transfers");
    const auto slice = slice_of(call);
    repo::TransferFilter filter;
    filter.project = project_filter(call);
    filter.volume_id = call.request.query_value("volume_id").value_or("");
    filter.name = call.request.query_value("name").value_or("");
    if (call.at_least(kSorting)) filter.sort = sort_of(call, sort_columns());
    filter.marker = slice.marker;
    filter.limit = slice.limit;
    filter.offset = slice.offset;
    auto tx = call.db().read();
    const auto transfers = repo::list_transfers(tx, filter);
    json::array items;
    for (const auto& item : transfers) {
        items.push_back(detailed ? detail(call, place, item) : summary(call, place, item));
    }
    json::object body{{"transfers", std::move(items)}};
    add_next_link(body, call, "transfers", transfers.size(), slice, transfers.empty() ? "" : transfers.back().id);
    return http::Response::with_json(200, std::move(body));
}

http::Response show(const Call& call, const Place& place) {
    auto tx = call.db().read();
    return one(200, detail(call, place, own_transfer(tx, call)));
}

http::Response create(const Call& call, const Place& place) {
    const auto body = body_object(call, "transfer");
    http::Fields fields(body, "transfer");
    const auto volume_id = fields.required_uuid("volume_id");
    const auto name = read_text(fields, "name").value_or("");
    if (fields.has_value("name") && name.empty()) fields.fail("name", "must not be blank");
    const auto no_snapshots = place.newer && fields.boolean("no_snapshots").value_or(false);
    fields.finish();
    auto tx = call.db().write();
    const auto volume = own_volume(tx, call, volume_id);
    if (!volume.encryption_key_id.empty() && !call.at_least(kEncrypted)) {
        throw Error(ErrorCode::InvalidInput,
                    "Invalid volume: transferring encrypted volume " + volume_id + " needs microversion 3.70.", {},
                    volume_id);
    }
    const auto offer = flows::offer_volume(tx, volume, name, no_snapshots);
    auto view = detail(call, place, offer.transfer);
    view["auth_key"] = offer.auth_key;
    tx.commit();
    return one(202, std::move(view));
}

/// Keys that are digits only are numbers to some clients.
std::string key_of(http::Fields& fields) {
    const auto* value = fields.any("auth_key");
    if (value != nullptr && value->is_int64()) return std::to_string(value->get_int64());
    if (value != nullptr && value->is_uint64()) return std::to_string(value->get_uint64());
    return fields.required_string("auth_key", 1, 255);
}

/// Ends the connections first. Whoever may do so has shown that he has the key.
http::Response accept_ended(const Call& call, const Place& place, const Transfer& transfer, const std::string& key) {
    flows::end_leftovers(call.context.d, transfer.volume, waiting_options(call, {}));
    call.db().write_with([&](db::Transaction& tx) {
        if (flows::has_leftovers(tx, transfer.volume)) {
            throw Error(ErrorCode::Busy, "Volume " + transfer.volume.value + " is being connected. Try again.");
        }
        flows::accept_offer(tx, call.context.d, call.auth, repo::get_transfer(tx, transfer.id), key);
    });
    return one(202, summary(call, place, transfer));
}

/// Whoever knows the id and the key may take it: that is what a transfer is for.
http::Response accept(const Call& call, const Place& place) {
    const auto body = body_object(call, "accept");
    http::Fields fields(body, "accept");
    const auto key = key_of(fields);
    fields.finish();
    auto tx = call.db().write();
    const auto transfer = repo::get_transfer(tx, call.request.param("transfer_id"));
    const bool connected = flows::has_leftovers(tx, transfer.volume);
    flows::accept_offer(tx, call.context.d, call.auth, transfer, key);
    // Nothing is done yet: the connections go first, which are the former owner's.
    if (connected) {
        return waiting_for(call, repo::get_volume(tx, transfer.volume).host, [place, transfer, key](const Call& later) {
            return accept_ended(later, place, transfer, key);
        });
    }
    tx.commit();
    return one(202, summary(call, place, transfer));
}

http::Response remove(const Call& call) {
    auto tx = call.db().write();
    flows::withdraw_offer(tx, own_transfer(tx, call));
    tx.commit();
    return http::Response::empty(202);
}

void register_at(Routes& routes, const Place& place, int minimum) {
    const auto path = place.path;
    routes.add(
        "GET", path, "volume:get_all_transfers", [place](const Call& call) { return list(call, place, false); },
        minimum);
    routes.add(
        "GET", path + "/detail", "volume:get_all_transfers",
        [place](const Call& call) { return list(call, place, true); }, minimum);
    routes.add(
        "POST", path, "volume:create_transfer", [place](const Call& call) { return create(call, place); }, minimum);
    routes.add(
        "GET", path + "/{transfer_id}", "volume:get_transfer", [place](const Call& call) { return show(call, place); },
        minimum);
    routes.add("DELETE", path + "/{transfer_id}", "volume:delete_transfer", remove, minimum);
    routes.add(
        "POST", path + "/{transfer_id}/accept", "volume:accept_transfer",
        [place](const Call& call) { return accept(call, place); }, minimum);
}

}  // namespace

void register_transfers(Routes& routes) {
    register_at(routes, {"/os-volume-transfer", false}, 0);
    register_at(routes, {"/volume-transfers", true}, kTransfers);
}

}  // namespace virga::volume::api
