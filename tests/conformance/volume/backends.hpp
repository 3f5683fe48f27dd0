#pragma once
#include <memory>
#include <string>
#include <vector>

#include "volume/host/drivers/driver.hpp"

/// The drivers that the suite runs against: every compiled one, some on several kinds of storage.
namespace virga::volume::host::test {

/// "local" (a file system without reflink), "local_reflink" (XFS), "glusterfs" (a real one), "nfs" (bind mounts),
/// "fake". Those that end in "_encrypted" are the same with all volumes encrypted.
const std::vector<std::string>& backend_kinds();
/// Those whose volumes have content.
const std::vector<std::string>& storing_kinds();
bool is_remote(const std::string& kind);
bool is_encrypted(const std::string& kind);
/// A folder whose file system suits the kind.
std::string parent_folder(const std::string& kind);
/// A folder for images for it.
std::string images_folder(const std::string& kind);
/// A folder in memory where there is one: there a sync costs nothing. /tmp otherwise.
const std::string& memory_folder();
/// A driver object on this folder; a second one after the first is gone is what a restart gives.
std::unique_ptr<Driver> open_driver(const std::string& kind, const std::string& folder);
/// Unmounts what drivers on this folder have mounted.
void release_folder(const std::string& kind, const std::string& folder);

/// An XFS with reflink on a loop-mounted sparse file, for the life of the object. Throws Error{Internal} saying what is
/// missing when it can't be mounted (it takes root and loop devices).
class XfsMount {
public:
    explicit XfsMount(int mib);
    ~XfsMount();
    XfsMount(const XfsMount&) = delete;
    XfsMount& operator=(const XfsMount&) = delete;
    const std::string& path() const { return path_; }

private:
    std::string path_;
    std::string file_;
};

/// The one that lives as long as the program's tests.
const XfsMount& shared_xfs();
void close_shared_xfs();

}  // namespace virga::volume::host::test
