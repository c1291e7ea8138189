#include "bot/progress.h"

#include <cstdio>
#include <string>

#include <fmt/format.h>

namespace bot {
namespace {

std::string bar(double done) {
  constexpr std::size_t width = 24;
  const auto full = static_cast<std::size_t>(done * width);
  return std::string(full, '=') + std::string(width - full, ' ');
}

}  // namespace

void show_progress(const nlu::Progress& now, bool terminal) {
  if (terminal) {
    fmt::print(stderr,
               "\r[{}] {:3.0f} %  {} {}/{}  loss {:.3f}  accuracy {:.1f} %  {:.0f} s left   ",
               bar(now.done), 100 * now.done, now.phase, now.epoch, now.epochs, now.loss,
               100 * now.accuracy, now.seconds_left);
  } else if (now.epoch == now.epochs) {
    fmt::print(stderr, "{:3.0f} %  {} done  loss {:.3f}  accuracy {:.1f} %\n", 100 * now.done,
               now.phase, now.loss, 100 * now.accuracy);
  }
}

}  // namespace bot
