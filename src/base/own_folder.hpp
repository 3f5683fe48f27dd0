#pragma once
#include <string>
#include <vector>

namespace virga {

/// Whether a folder is there that holds what somebody else put into it: it isn't empty (lost+found aside), and has none
/// of the entries `signs`, which Virga makes in it. Such a folder's mode is not for Virga to change.
bool is_of_others(const std::string& path, const std::vector<std::string>& signs);

/// What a setting that names a folder may name: a folder, or a place where one can be made. Makes nothing.
/// Throws Error{InvalidInput} that names `setting`: it is no absolute path, or a part of it isn't a folder.
void check_folder(const std::string& setting, const std::string& path);
/// Besides, the folder must not be of others.
void check_own_folder(const std::string& setting, const std::string& path, const std::vector<std::string>& signs);

}  // namespace virga
