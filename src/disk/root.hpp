#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "disk/file.hpp"

/// Paths that come from elsewhere, above all in commands of the control process, which a user may have taken over: they
/// are resolved beneath fixed folders, without a link or a step out of them, by the kernel (openat2).
namespace virga::disk {

/// A folder of this host. How it is reached is the operator's affair; what is beneath it isn't trusted.
class Root {
public:
    /// Absolute; need not exist yet.
    explicit Root(std::string folder);

    const std::string& folder() const { return folder_; }
    /// Whether the path says so; nothing is looked at.
    bool names(std::string_view path) const;
    /// Throws Error{InvalidInput} when the path isn't beneath the folder or leads over a link, Error{NotFound} when
    /// there is nothing.
    File open(const std::string& path) const;
    File open_folder(const std::string& path) const;
    /// As open(), but what isn't there is fine, and so is a folder.
    void check(const std::string& path) const;

private:
    File resolve(const std::string& path, int flags) const;

    std::string folder_;
};

/// Several of them.
class Roots {
public:
    explicit Roots(const std::vector<std::string>& folders);
    /// Throws Error{InvalidInput} that names `what` unless the path is beneath one of them; see Root::check.
    void check(const std::string& path, std::string_view what) const;

private:
    std::vector<Root> roots_;
};

}  // namespace virga::disk
