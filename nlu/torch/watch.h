// How far training is, over all that is fitted side by side. Safe to call from several threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "nlu/torch/checkpoint.h"
#include "nlu/torch/fit.h"
#include "nlu/torch/trainer.h"

namespace nlu {

// Adds up what all fits have done, and asks whether to go on.
class Watch {
 public:
  Watch(const std::function<bool(const Progress&)>& progress, const std::string& checkpoints)
      : progress_(progress), checkpoints_(checkpoints) {}

  void plan(double work) { planned_ += work; }
  Checkpoints* checkpoints() { return &checkpoints_; }
  bool is_stopped() const { return stopped_; }

  // `part` tells apart what has the same phase, from 1.
  bool tell(std::string_view phase, int part, const FitProgress& fit, int epochs, double work) {
    const std::lock_guard lock(mutex_);
    done_ += work;
    if (!progress_ || stopped_) return !stopped_;
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    const double done = planned_ > 0 ? std::min(done_ / planned_, 1.0) : 0;
    const double left = done > 0 ? seconds * (1 - done) / done : 0;
    if (!progress_({phase, part, fit.epoch, epochs, fit.loss, fit.accuracy, done, left}))
      stopped_ = true;
    return !stopped_;
  }

 private:
  const std::function<bool(const Progress&)>& progress_;
  Checkpoints checkpoints_;
  std::mutex mutex_;
  std::atomic<bool> stopped_{false};
  double planned_ = 0, done_ = 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace nlu
