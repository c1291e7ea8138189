#include "nlu/training_folder.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "nlu/base/yaml.h"

namespace nlu {

namespace fs = std::filesystem;

void read_training_folder(const std::string& folder, TrainingData& data, Diagnostics& diagnostics) {
  constexpr std::size_t files_limit = 1000;
  const fs::path root = fs::path(folder).lexically_normal();
  const fs::path shown_root = root.has_filename() ? root.filename() : root.parent_path().filename();
  std::error_code failed;
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator at(root, failed), end; !failed && at != end;
       at.increment(failed)) {
    const std::string kind = at->path().extension().string();
    if ((kind == ".yml" || kind == ".yaml") && at->is_regular_file(failed))
      files.push_back(at->path());
    if (files.size() > files_limit) break;
  }
  if (failed || files.empty() || files.size() > files_limit) {
    const std::string why = files.size() > files_limit ? "holds too many files"
                            : failed                   ? "cannot be read"
                                                       : "holds no .yml file";
    diagnostics.push_back({Severity::error,
                           "no_training_data",
                           {shown_root.string(), 0, 0},
                           fmt::format("the folder {} {}", folder, why)});
    return;
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    const std::string shown = (shown_root / file.lexically_relative(root)).string();
    const std::variant<Yaml, Diagnostic> yaml = read_yaml(file.string(), shown);
    if (const Diagnostic* const wrong = std::get_if<Diagnostic>(&yaml)) {
      diagnostics.push_back(*wrong);
    } else {
      read_training_data(std::get<Yaml>(yaml), data, diagnostics);
    }
  }
}

}  // namespace nlu
