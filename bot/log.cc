#include "bot/log.h"

#include <chrono>
#include <ctime>

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace bot {

namespace {

std::string timestamp() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto millis =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     millis);
}

spdlog::level::level_enum level_of(std::string_view name) {
  if (name == "debug") return spdlog::level::debug;
  if (name == "warning") return spdlog::level::warn;
  if (name == "error") return spdlog::level::err;
  if (name == "off") return spdlog::level::off;
  return spdlog::level::info;
}

}  // namespace

struct Log::Impl {
  spdlog::logger logger{"usher", std::make_shared<spdlog::sinks::stderr_sink_mt>()};

  void write(spdlog::level::level_enum level, std::string_view name, std::string_view event,
             nlu::json::object fields) {
    if (!logger.should_log(level)) return;
    nlu::json::object line;
    line["ts"] = timestamp();
    line["level"] = name;
    line["event"] = event;
    for (auto& field : fields) line[field.key()] = std::move(field.value());
    logger.log(level, "{}", nlu::json::serialize(line));
  }
};

Log::Log(std::string_view level) : impl_(std::make_unique<Impl>()) {
  impl_->logger.set_pattern("%v");
  impl_->logger.set_level(level_of(level));
}

Log::~Log() = default;

void Log::debug(std::string_view event, nlu::json::object fields) {
  impl_->write(spdlog::level::debug, "debug", event, std::move(fields));
}
void Log::info(std::string_view event, nlu::json::object fields) {
  impl_->write(spdlog::level::info, "info", event, std::move(fields));
}
void Log::warning(std::string_view event, nlu::json::object fields) {
  impl_->write(spdlog::level::warn, "warning", event, std::move(fields));
}
void Log::error(std::string_view event, nlu::json::object fields) {
  impl_->write(spdlog::level::err, "error", event, std::move(fields));
}

}  // namespace bot
