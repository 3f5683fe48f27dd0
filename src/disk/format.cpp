#include "disk/format.hpp"

#include "base/error.hpp"

namespace virga::disk {

std::string to_string(Format format) {
    switch (format) {
        case Format::Raw:
            return "raw";
        case Format::Qcow2:
            return "qcow2";
    }
    throw Error(ErrorCode::Internal, "no such format of a disk");
}

Format format_of(std::string_view text) {
    for (const auto known : {Format::Raw, Format::Qcow2}) {
        if (to_string(known) == text) return known;
    }
    throw Error(ErrorCode::InvalidInput,
                "a disk has format '" + std::string(text) + "': only raw and qcow2 can be given to a guest");
}

}  // namespace virga::disk
