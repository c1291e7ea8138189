// The binary, run by a shell as a person runs it.
#pragma once

#include <cstdio>
#include <string>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sys/wait.h>

struct Ran {
  int code = 0;
  std::string output;  // Both streams
};

inline Ran run(const std::string& arguments) {
  Ran ran;
  FILE* pipe = ::popen(fmt::format("{} {} 2>&1", USHER_PROGRAM, arguments).c_str(), "r");
  REQUIRE(pipe != nullptr);
  char buffer[4096];
  while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, pipe))
    ran.output.append(buffer, count);
  const int status = ::pclose(pipe);
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  return ran;
}

inline bool says(const Ran& ran, const std::string& words) {
  return ran.output.find(words) != std::string::npos;
}
