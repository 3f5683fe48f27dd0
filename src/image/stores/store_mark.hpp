#pragma once
#include <string>

#include "image/image_source.hpp"

namespace virga::image {

/// Name of the file in the folder of the store.
inline constexpr const char* kMarkFile = ".store";

/// The mark of the store in this folder, which is made when there is none; it is the same for all processes that share
/// the folder, whoever comes first. Throws Error{Unavailable} when it can't be read or made.
StoreMark mark_store(const std::string& folder);

}  // namespace virga::image
