// Regular expressions that take linear time whatever a customer writes (RE2, named in regex.cc
// only).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "nlu/base/result.h"

namespace nlu {

class Regex {
 public:
  // Errc::invalid says what is wrong with the pattern (RE2's syntax; ≤ 1,000 bytes, ≤ 8 MB
  // compiled).
  static Result<Regex> compile(std::string_view pattern, bool ignore_case = false);

  struct Match {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  bool matches_whole(std::string_view text) const;
  bool matches_somewhere(std::string_view text) const;
  std::vector<Match> find_all(std::string_view text, std::size_t limit = 64) const;  // None empty.
  const std::string& pattern() const;

 private:
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

}  // namespace nlu
