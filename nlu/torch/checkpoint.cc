#include "nlu/torch/checkpoint.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "nlu/base/hash.h"
#include "nlu/safetensors.h"

namespace nlu {
namespace {

namespace fs = std::filesystem;

constexpr int checkpoint_format = 1;

template <class T>
std::string_view bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

TensorView view_of(Dtype dtype, const void* data, std::size_t count, std::size_t size) {
  return {dtype,
          {static_cast<std::int64_t>(count)},
          {static_cast<const std::byte*>(data), count * size}};
}

bool fits(const TensorView* tensor, Dtype dtype, std::size_t bytes) {
  return tensor != nullptr && tensor->dtype == dtype && tensor->bytes.size() == bytes;
}

}  // namespace

std::string fit_key(const SparseRows& rows, const std::vector<std::int64_t>& labels,
                    const std::vector<float>& importance, const std::vector<std::size_t>& ends,
                    const std::string& options) {
  return sha256_hex(fmt::format("{}/{}/{}/{}/{}/{}/{}/{}", checkpoint_format,
                                sha256_hex(bytes_of(rows.columns)),
                                sha256_hex(bytes_of(rows.values)), sha256_hex(bytes_of(rows.ends)),
                                sha256_hex(bytes_of(labels)), sha256_hex(bytes_of(importance)),
                                sha256_hex(bytes_of(ends)), options));
}

std::string Checkpoints::path_of(const std::string& key) const {
  return (fs::path(folder_) / (key + ".safetensors")).string();
}

void Checkpoints::restore(const std::string& key, FitState& state) {
  if (folder_.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    used_.insert(key);
  }
  const Result<SafetensorsFile> file = SafetensorsFile::open(path_of(key));
  if (!file) return;
  const auto& said = file->metadata();
  const auto text = said.find("state");
  if (text == said.end()) return;
  for (std::size_t i = 0; i < state.floats.size(); ++i) {
    if (!fits(file->find(fmt::format("floats.{}", i)), Dtype::f32, state.floats[i].size_bytes()))
      return;
  }
  const TensorView* const order = file->find("order");
  if (state.order != nullptr && !fits(order, Dtype::i64, state.order->size() * sizeof(std::size_t)))
    return;
  std::istringstream in(text->second);
  FitProgress progress;
  std::vector<int> counts(state.counts.size());
  std::mt19937_64 random;
  in >> progress.epoch >> progress.loss >> progress.accuracy;
  for (int& count : counts) in >> count;
  in >> random;
  if (!in) return;
  for (std::size_t i = 0; i < state.floats.size(); ++i) {
    const TensorView* const from = file->find(fmt::format("floats.{}", i));
    if (!from->bytes.empty())
      std::memcpy(state.floats[i].data(), from->bytes.data(), from->bytes.size());
  }
  if (state.order != nullptr && !order->bytes.empty())
    std::memcpy(state.order->data(), order->bytes.data(), order->bytes.size());
  for (std::size_t i = 0; i < counts.size(); ++i) *state.counts[i] = counts[i];
  *state.random = random;
  state.progress = progress;
}

void Checkpoints::keep(const std::string& key, const FitState& state) {
  if (folder_.empty()) return;
  std::error_code failed;
  fs::create_directories(folder_, failed);
  std::map<std::string, TensorView> tensors;
  for (std::size_t i = 0; i < state.floats.size(); ++i) {
    tensors[fmt::format("floats.{}", i)] =
        view_of(Dtype::f32, state.floats[i].data(), state.floats[i].size(), sizeof(float));
  }
  if (state.order != nullptr) {
    tensors["order"] =
        view_of(Dtype::i64, state.order->data(), state.order->size(), sizeof(std::size_t));
  }
  std::ostringstream out;
  out << fmt::format("{} {} {}", state.progress.epoch, state.progress.loss,
                     state.progress.accuracy);
  for (const int* count : state.counts) out << ' ' << *count;
  out << ' ' << *state.random;
  static_cast<void>(save_safetensors(path_of(key), tensors, {{"state", out.str()}}));
}

void Checkpoints::tidy(std::size_t bytes) {
  if (folder_.empty()) return;
  struct Kept {
    std::size_t bytes = 0;
    fs::path path;
  };
  std::vector<Kept> kept;
  std::error_code failed;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, failed)) {
    if (used_.contains(entry.path().stem().string())) {
      kept.push_back({static_cast<std::size_t>(entry.file_size(failed)), entry.path()});
    } else if (entry.path().extension() == ".safetensors") {
      fs::remove(entry.path(), failed);
    }
  }
  std::sort(kept.begin(), kept.end(), [](const Kept& a, const Kept& b) {
    return std::pair(a.bytes, a.path) < std::pair(b.bytes, b.path);
  });
  std::size_t sum = 0;
  for (const Kept& one : kept) {
    sum += one.bytes;
    if (sum > bytes) fs::remove(one.path, failed);
  }
}

bool Checkpoint::restore(FitState& state, const FitWatcher& watcher) {
  if (checkpoints_ == nullptr) return true;
  checkpoints_->restore(key_, state);
  for (int epoch = 1; epoch <= state.progress.epoch; ++epoch) {
    if (watcher && !watcher({epoch, state.progress.loss, state.progress.accuracy})) return false;
  }
  return true;
}

bool Checkpoint::keep(FitState& state, const FitProgress& progress, int epochs,
                      const FitWatcher& watcher) {
  constexpr std::chrono::seconds often_enough{30};
  state.progress = progress;
  const bool goes_on = !watcher || watcher(progress);
  if (checkpoints_ == nullptr) return goes_on;
  if (!goes_on || progress.epoch == epochs || Clock::now() - kept_ > often_enough) {
    checkpoints_->keep(key_, state);
    kept_ = Clock::now();
  }
  return goes_on;
}

}  // namespace nlu
