#pragma once
#include <string>
#include <vector>

namespace virga::compute::host {

struct IsoFile {
    std::string path;  ///< "openstack/latest/meta_data.json"
    std::string content;
};

/// A whole ISO 9660 image with Rock Ridge and Joliet names. `label`: 1 to 16 characters, written as they are (the
/// standard knows capitals only, readers take any). Folders are made as the paths need them. Throws
/// Error{InvalidInput} for a path that is not relative and plain, or is given twice, and for the label;
/// Error{NoSpace, Internal} when the image can't be composed (its files pass through the folder for temporary files).
std::string iso_image(const std::vector<IsoFile>& files, const std::string& label);

}  // namespace virga::compute::host
