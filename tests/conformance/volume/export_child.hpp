#pragma once

namespace virga::volume::host::test {

/// `PROGRAM --export-child FOLDER PORT OPERATION VOLUME`: what a host process does that is killed meanwhile.
int export_child_main(char** argv);

}  // namespace virga::volume::host::test
