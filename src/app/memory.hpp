#pragma once

namespace virga::app {

/// Few arenas, and large blocks go back to the system as soon as they are freed. To be called before the first thread.
void limit_memory();

/// Gives back what only starting needed: free heap, and pages of the program and its libraries that were read once by
/// the dynamic linker. What is needed again is read again from the page cache.
void give_back_memory();

}  // namespace virga::app
