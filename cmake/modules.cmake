set(VIRGA_PRECOMPILED
  <algorithm> <chrono> <functional> <map> <memory> <mutex> <optional> <set> <string> <string_view> <thread>
  <unordered_map> <variant> <vector>
  <boost/json/array.hpp> <boost/json/object.hpp> <boost/json/parse.hpp> <boost/json/serialize.hpp> <boost/json/value.hpp>)

# virga_precompile(TARGET OWNER [header...]): one precompiled header is shared by all targets, that of OWNER: virga_base, or
# virga_test_main for tests. The owner itself has more headers in it.
function(virga_precompile target owner)
  if(NOT VIRGA_PCH)
    return()
  endif()
  if(target STREQUAL owner)
    target_precompile_headers(${target} PRIVATE ${VIRGA_PRECOMPILED} ${ARGN})
  else()
    target_precompile_headers(${target} REUSE_FROM ${owner})
  endif()
endfunction()

# virga_test_options(TARGET): tests are compiled for the time that this takes; what they test is as in the program.
function(virga_test_options target)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
  if(NOT VIRGA_SANITIZE)
    target_compile_options(${target} PRIVATE -O0)
  endif()
endfunction()

# virga_module(NAME [LINK target...]): one static library per folder of src/, from every .cpp below it.
# Links are explicit, so that a folder can only include what it may depend on.
function(virga_module name)
  cmake_parse_arguments(arg "" "" "LINK;EXCLUDE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  foreach(pattern ${arg_EXCLUDE})
    list(FILTER sources EXCLUDE REGEX "/${pattern}/")
  endforeach()
  string(REPLACE "/" "_" target ${name})
  if(sources)
    add_library(virga_${target} STATIC ${sources})
    target_include_directories(virga_${target} PUBLIC ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(virga_${target} PUBLIC ${arg_LINK})
    virga_precompile(virga_${target} virga_base)
  else()
    add_library(virga_${target} INTERFACE)
    target_include_directories(virga_${target} INTERFACE ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(virga_${target} INTERFACE ${arg_LINK})
  endif()
endfunction()

# virga_test_program(TARGET): makes an executable a GoogleTest program that ctest runs.
function(virga_test_program name)
  virga_test_options(${name})
  target_link_libraries(${name} PRIVATE virga_test_main)
  virga_precompile(${name} virga_test_main)
  add_test(NAME ${name} COMMAND ${name})
  # The program watches its tests itself and names the one that hangs: see tests/test_main.cpp.
  set_tests_properties(${name} PROPERTIES TIMEOUT 86400)
endfunction()

# virga_test(NAME FOLDER [LINK target...]): one GoogleTest program from every .cpp of a folder of tests/.
function(virga_test name folder)
  cmake_parse_arguments(arg "" "" "LINK" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${arg_LINK})
  virga_test_program(${name})
endfunction()
