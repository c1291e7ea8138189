// usher test: many conversations read and played at once.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "dialog/coverage.h"
#include "dialog/judge.h"
#include "nlu/base/diagnostic.h"

namespace bot {

// Folders of a bot that hold conversation tests: ours, and where Rasa's lie.
inline constexpr const char* test_folders[] = {"tests", "e2e_tests"};

// All scripts of the bot in `folder` whose file or name has `filter`, in order of their files.
// Blocks; reads files on several threads. What is wrong with them goes to `diagnostics`.
std::vector<dialog::Script> read_tests(const std::string& folder, const std::string& filter,
                                       nlu::Diagnostics& diagnostics);

struct TestRun {
  struct Result {
    bool was_played = false;  // Not so behind the first failure, with fail_fast.
    double seconds = 0;
    std::optional<dialog::Failure> failure;
  };
  std::vector<dialog::Script> scripts;
  std::vector<Result> results;  // One for each script
  double seconds = 0;           // Of the clock
  std::optional<dialog::Coverage> coverage;

  std::size_t played() const;
  std::size_t failed() const;

  // Turns with a customer's text, of the conversations that were played. Behind the first that goes
  // another way a conversation ends, and nothing more of it is as written.
  struct Steps {
    std::size_t all = 0, as_written = 0;
    double percent() const;  // 100 where there are none
  };
  Steps steps() const;
};

struct TestOptions {
  bool fail_fast = false;
  bool measures_coverage = false;
  // Called now and then, from the calling thread, with how many are done.
  std::function<void(std::size_t done, std::size_t all)> progress;
};

// Plays them, each alone, on all processors. `interpreter` may be nullptr, as in dialog::Rehearsal.
TestRun play_tests(const dialog::Bot& bot, const nlu::Interpreter* interpreter,
                   std::vector<dialog::Script> scripts, const TestOptions& options);

}  // namespace bot
