#include "image/policy.hpp"

namespace virga::image {

using identity::policy::admin;
using identity::policy::member;
using identity::policy::reader;

const identity::policy::Table& policies() {
    static const identity::policy::Table table(
        "image", {
                     {"add_image", member, "Create an image."},
                     {"get_images", reader, "List images: those of the project, shared and public ones."},
                     {"get_image", reader, "Show an image."},
                     {"modify_image", member, "Change an image."},
                     {"delete_image", member, "Delete an image."},
                     {"publicize_image", admin, "Make an image public."},
                     {"set_image_owner", admin, "Give an image to another project."},
                     {"upload_image", member, "Upload the data of an image."},
                     {"download_image", reader, "Download the data of an image."},
                     {"download_image:deactivated", admin, "Download the data of an image that is deactivated."},
                     {"deactivate", member, "Deactivate an image."},
                     {"reactivate", member, "Reactivate an image."},
                     {"add_member", member, "Share an image with another project."},
                     {"get_members", reader, "List the projects that an image is shared with."},
                     {"get_member", reader, "Show a project that an image is shared with."},
                     {"modify_member", member, "Accept or reject an image that is shared with the project."},
                     {"modify_member:other_project", admin, "Accept or reject for another project."},
                     {"delete_member", member, "Share an image no more."},
                     {"get_schemas", reader, "Show the schemas of images and members."},
                     {"get_import_info", reader, "Show how images can be imported."},
                     {"context_is_admin", admin, "See and change images of all projects."},
                 });
    return table;
}

}  // namespace virga::image
