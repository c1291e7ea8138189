// TensorBoard's event files: https://github.com/tensorflow/tensorboard, records of tfevents with
// CRC-32C, protocol buffers of event.proto and summary.proto, written by hand as they are few.
#pragma once

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nlu/base/result.h"

namespace nlu {

// One run: a folder with one new file. Not for several threads at once.
class EventFile {
 public:
  // Makes the folder. Errc::unavailable: it cannot be made or written.
  static Result<EventFile> create(const std::string& folder);

  void add_scalar(std::string_view tag, std::int64_t step, double value);
  // Of some numbers; nothing is written of none.
  void add_histogram(std::string_view tag, std::int64_t step, std::span<const float> values);
  Result<void> flush();

 private:
  EventFile(std::string path, std::ofstream out) : path_(std::move(path)), out_(std::move(out)) {}
  void write(std::string_view event);
  std::string path_;
  std::ofstream out_;
};

// The projector's files in `folder`: vectors of one length with a row of metadata each, the first
// row the columns' names; "\t" and "\n" in metadata become spaces. Errc::unavailable.
Result<void> write_projector(const std::string& folder,
                             const std::vector<std::vector<float>>& vectors,
                             const std::vector<std::vector<std::string>>& metadata);

}  // namespace nlu
