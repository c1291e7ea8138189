#include "bot/evaluation.h"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <unistd.h>

namespace bot {

TemporaryModel::TemporaryModel()
    : path_((std::filesystem::temp_directory_path() /
             fmt::format("usher-eval-{}.safetensors", getpid()))
                .string()) {}

TemporaryModel::~TemporaryModel() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

int write_report(const std::string& path, const nlu::json::object& report) {
  if (path.empty()) return 0;
  std::ofstream file(path);
  file << nlu::json::serialize(report) << '\n';
  if (file.flush()) return 0;
  fmt::print(stderr, "{} cannot be written\n", path);
  return 1;
}

}  // namespace bot
