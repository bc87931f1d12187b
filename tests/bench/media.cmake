# SPDX-License-Identifier: Apache-2.0
add_executable(media_bench media_bench.cpp)
target_link_libraries(media_bench PRIVATE media)
set_target_properties(media_bench PROPERTIES AUTOMOC OFF RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
