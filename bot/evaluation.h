// What the ways of `usher eval` share.
#pragma once

#include <string>

#include "nlu/base/json.h"

namespace bot {

// A model's path that nobody needs afterwards: the file goes with this, however the evaluation
// ends.
class TemporaryModel {
 public:
  TemporaryModel();
  ~TemporaryModel();
  TemporaryModel(const TemporaryModel&) = delete;
  TemporaryModel& operator=(const TemporaryModel&) = delete;
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
};

// Writes the report to `path`, when one was asked for; the command's exit code.
int write_report(const std::string& path, const nlu::json::object& report);

}  // namespace bot
