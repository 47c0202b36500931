# One CMake library per folder; a test executable per folder of tests/unit. Sources are found by glob, so a new file needs no edit here.

add_library(lockstep_flags INTERFACE)
target_include_directories(lockstep_flags INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR})
target_compile_options(lockstep_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wnon-virtual-dtor -Wold-style-cast -Wcast-align -Woverloaded-virtual -Wimplicit-fallthrough
  -fstack-protector-strong -fstack-clash-protection -fcf-protection)
# In a unity build a local name may be that of another file's helper, and GCC takes every file for a header, whose types no other unit knows.
target_compile_options(lockstep_flags INTERFACE
  $<IF:$<BOOL:$<TARGET_PROPERTY:UNITY_BUILD>>,$<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>,-Wshadow>)
target_compile_definitions(lockstep_flags INTERFACE _GLIBCXX_ASSERTIONS)
target_link_options(lockstep_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
if(CMAKE_BUILD_TYPE MATCHES "Rel")
  target_compile_options(lockstep_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
if(LOCKSTEP_REPRODUCIBLE)
  target_compile_options(lockstep_flags INTERFACE -ffile-prefix-map=${CMAKE_SOURCE_DIR}/= -ffile-prefix-map=${CMAKE_BINARY_DIR}/=build/)
endif()
if(LOCKSTEP_WERROR)
  target_compile_options(lockstep_flags INTERFACE -Werror)
endif()
if(LOCKSTEP_SANITIZE)
  target_compile_options(lockstep_flags INTERFACE -fsanitize=${LOCKSTEP_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(lockstep_flags INTERFACE -fsanitize=${LOCKSTEP_SANITIZE})
endif()
if(LOCKSTEP_COVERAGE)
  target_compile_options(lockstep_flags INTERFACE --coverage -O0)
  target_link_options(lockstep_flags INTERFACE --coverage)
endif()

# lockstep_library(<name> [PURE] [DEPS …]): every *.cpp of the current folder (not of its subfolders).
# PURE: no exceptions, so no I/O library that throws can slip in.
function(lockstep_library name)
  cmake_parse_arguments(ARG "PURE" "" "DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  if(sources)
    add_library(lockstep_${name} STATIC ${sources})
    target_link_libraries(lockstep_${name} PUBLIC lockstep_flags ${ARG_DEPS})
    if(ARG_PURE)
      target_compile_options(lockstep_${name} PRIVATE -fno-exceptions)
    endif()
  else()
    add_library(lockstep_${name} INTERFACE)
    target_link_libraries(lockstep_${name} INTERFACE lockstep_flags ${ARG_DEPS})
  endif()
endfunction()

# What nearly every test includes, read once for all of them. What is tested is optimised in its library; tests themselves hardly.
set(LOCKSTEP_TEST_OPTIONS $<$<CONFIG:Release>:-O1> $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)  # without the latter ccache keeps nothing of them
function(lockstep_test_headers)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/test_headers.cpp CONTENT "int main() {}\n")
  add_executable(lockstep_test_headers ${CMAKE_BINARY_DIR}/test_headers.cpp)
  target_link_libraries(lockstep_test_headers PRIVATE lockstep_flags GTest::gtest GTest::gmock)
  target_compile_options(lockstep_test_headers PRIVATE ${LOCKSTEP_TEST_OPTIONS})
  target_precompile_headers(lockstep_test_headers PRIVATE <algorithm> <filesystem> <fstream> <functional> <map> <optional> <random> <string> <vector>
    <gmock/gmock.h> <gtest/gtest.h> <nlohmann/json.hpp>)
endfunction()

# lockstep_test(<name> [DEPS …] [SOURCES …]): one GoogleTest executable, every *.cpp of the current folder unless SOURCES are given.
function(lockstep_test name)
  cmake_parse_arguments(ARG "" "" "DEPS;SOURCES;LABELS" ${ARGN})
  if(NOT ARG_SOURCES)
    file(GLOB ARG_SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  endif()
  if(NOT ARG_SOURCES)
    return()
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE lockstep_flags ${ARG_DEPS} GTest::gtest GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE LOCKSTEP_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  target_compile_options(${name} PRIVATE ${LOCKSTEP_TEST_OPTIONS})
  target_precompile_headers(${name} REUSE_FROM lockstep_test_headers)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600)
  if(ARG_LABELS)
    set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}")
  endif()
endfunction()
