// The log: one JSON object a line on standard error, with `ts`, `level` and `event`; what customers
// write is never in it (unless the operator asked for `log_texts`, which callers heed).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "nlu/base/json.h"

namespace bot {

class Log {
 public:
  // `level`: "debug", "info", "warning", "error" or "off"; anything else is "info".
  explicit Log(std::string_view level);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Any thread may call these. `event` is stable and snake_case.
  void debug(std::string_view event, nlu::json::object fields = {});
  void info(std::string_view event, nlu::json::object fields = {});
  void warning(std::string_view event, nlu::json::object fields = {});
  void error(std::string_view event, nlu::json::object fields = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bot
