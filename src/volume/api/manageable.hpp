#pragma once
#include "volume/api/api.hpp"
#include "volume/flows/manage.hpp"

/// What taking over volumes and taking over snapshots share.
namespace virga::volume::api {

/// A reference of a request: {"source-name": "...", "format": "raw" or "qcow2" (of a volume)}.
struct SourceRef {
    std::string name;
    std::string format;  ///< empty: not told
};
SourceRef source_ref(http::Fields& fields);

/// The item with this name, which can be taken over: else Error{InvalidInput} that says why not.
flows::ManageableItem required_item(const std::vector<flows::ManageableItem>& items, const std::string& name);

/// GET of a list: {"<key>": [...]} of the backend that `host` of the query names, sorted and cut as asked.
http::Response list_manageable(const Call& call, const std::string& key, bool snapshots, bool detailed);

}  // namespace virga::volume::api
