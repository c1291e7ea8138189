// Where fits stand, so that one that was interrupted goes on where it was, and one that has been
// done with the same data and options is not done again. What comes out is the same, to the bit.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <random>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "nlu/torch/fit.h"

namespace nlu {

// What a fit needs to go on, in the fit's own memory.
struct FitState {
  std::vector<std::span<float>> floats;  // What it has learnt, and its optimizers' memory.
  std::vector<int*> counts;
  std::mt19937_64* random = nullptr;
  std::vector<std::size_t>* order = nullptr;  // Of the examples; may be none.
  FitProgress progress;                       // After the last epoch done.
};

// A folder with a file a fit. Safe from several threads for different fits.
class Checkpoints {
 public:
  // "": nothing is kept and nothing found.
  explicit Checkpoints(std::string folder) : folder_(std::move(folder)) {}

  // Puts back what was kept for `key` (fit_key), if it fits; else leaves `state` as it is.
  void restore(const std::string& key, FitState& state);
  // A file that cannot be written costs time after an interruption, and nothing else.
  void keep(const std::string& key, const FitState& state);

  // Deletes what no fit has asked for, and of the rest the largest until `bytes` are left at most.
  void tidy(std::size_t bytes);

 private:
  std::string path_of(const std::string& key) const;
  const std::string folder_;
  std::mutex mutex_;
  std::set<std::string> used_;
};

// One fit's place there; `checkpoints` may be null.
class Checkpoint {
 public:
  Checkpoint() = default;
  Checkpoint(Checkpoints* checkpoints, std::string key)
      : checkpoints_(checkpoints), key_(std::move(key)) {}

  // Tells `watcher` of the epochs that need not be done again; false: it says stop.
  bool restore(FitState& state, const FitWatcher& watcher);
  // After an epoch: tells `watcher`, and keeps the state when it is the last one, when it says
  // stop, or after half a minute. Returns what `watcher` says.
  bool keep(FitState& state, const FitProgress& progress, int epochs, const FitWatcher& watcher);

 private:
  using Clock = std::chrono::steady_clock;
  Checkpoints* checkpoints_ = nullptr;
  std::string key_;
  Clock::time_point kept_ = Clock::now();
};

// Of `steps` in all, those of the epochs that need not be done again.
inline std::size_t steps_done(const FitState& state, std::size_t steps, int epochs) {
  return steps / static_cast<std::size_t>(std::max(epochs, 1)) *
         static_cast<std::size_t>(state.progress.epoch);
}

// A hash of all that a fit's result depends on.
std::string fit_key(const SparseRows& rows, const std::vector<std::int64_t>& labels,
                    const std::vector<float>& importance, const std::vector<std::size_t>& ends,
                    const std::string& options);

}  // namespace nlu
