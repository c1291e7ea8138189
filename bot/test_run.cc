#include "bot/test_run.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <thread>

namespace bot {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds progress_interval{100};

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// Calls `work` on as many threads as are of use for `count` pieces, this one included; returns when
// all are back.
void on_all_processors(std::size_t count, const std::function<void(bool is_caller)>& work) {
  const std::size_t threads =
      std::min<std::size_t>(count, std::max(1U, std::thread::hardware_concurrency()));
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < threads; ++i) others.emplace_back([&] { work(false); });
  work(true);
  for (std::thread& one : others) one.join();
}

bool fits(const dialog::Script& script, const std::string& filter) {
  return script.mark.file.find(filter) != std::string::npos ||
         script.name.find(filter) != std::string::npos;
}

// A conftest.yml is read for each file below it, and says the same each time.
void add_new(nlu::Diagnostics& all, nlu::Diagnostics more) {
  for (nlu::Diagnostic& one : more) {
    const bool is_known = std::any_of(all.begin(), all.end(), [&](const nlu::Diagnostic& other) {
      return other.mark == one.mark && other.message == one.message;
    });
    if (!is_known) all.push_back(std::move(one));
  }
}

}  // namespace

std::vector<dialog::Script> read_tests(const std::string& folder, const std::string& filter,
                                       nlu::Diagnostics& diagnostics) {
  struct File {
    std::string root, path;
    std::vector<dialog::Script> scripts;
    nlu::Diagnostics diagnostics;
  };
  std::vector<File> files;
  for (const char* name : test_folders) {
    const std::string root = folder + "/" + name;
    for (std::string& path : dialog::script_files(root, diagnostics))
      files.push_back({root, std::move(path), {}, {}});
  }
  std::atomic<std::size_t> next{0};
  on_all_processors(files.size(), [&](bool) {
    std::map<std::string, dialog::ScriptFiles> readers;  // By root; no thread shares one.
    for (std::size_t i = next++; i < files.size(); i = next++) {
      File& file = files[i];
      file.scripts =
          readers.try_emplace(file.root, file.root).first->second.read(file.path, file.diagnostics);
    }
  });
  std::vector<dialog::Script> scripts;
  for (File& file : files) {
    add_new(diagnostics, std::move(file.diagnostics));
    for (dialog::Script& script : file.scripts) {
      if (fits(script, filter)) scripts.push_back(std::move(script));
    }
  }
  return scripts;
}

std::size_t TestRun::played() const {
  return static_cast<std::size_t>(std::count_if(results.begin(), results.end(),
                                                [](const Result& one) { return one.was_played; }));
}

std::size_t TestRun::failed() const {
  return static_cast<std::size_t>(std::count_if(
      results.begin(), results.end(), [](const Result& one) { return one.failure.has_value(); }));
}

double TestRun::Steps::percent() const {
  return all == 0 ? 100 : 100.0 * static_cast<double>(as_written) / static_cast<double>(all);
}

TestRun::Steps TestRun::steps() const {
  Steps steps;
  for (std::size_t i = 0; i < scripts.size(); ++i) {
    if (!results[i].was_played) continue;
    const auto& failure = results[i].failure;
    const auto& lines = scripts[i].lines;
    // One that could not even begin fails at what it was to begin with, which is no line.
    bool goes_on = !failure || std::any_of(lines.begin(), lines.end(), [&](const auto& line) {
      return line.mark == failure->mark;
    });
    for (const dialog::Line& line : lines) {
      goes_on = goes_on && !(failure && line.mark == failure->mark);
      if (line.kind != dialog::Line::Kind::customer || line.text.empty()) continue;
      ++steps.all;
      steps.as_written += goes_on ? 1 : 0;
    }
  }
  return steps;
}

TestRun play_tests(const dialog::Bot& bot, const nlu::Interpreter* interpreter,
                   std::vector<dialog::Script> scripts, const TestOptions& options) {
  TestRun run;
  run.scripts = std::move(scripts);
  run.results.resize(run.scripts.size());
  if (options.measures_coverage) run.coverage.emplace(bot);
  std::atomic<std::size_t> next{0}, done{0};
  std::atomic<bool> stops{false};
  std::mutex adding;
  const auto begin = Clock::now();
  on_all_processors(run.scripts.size(), [&](bool is_caller) {
    std::optional<dialog::Coverage> coverage;
    if (run.coverage) coverage.emplace(bot);
    auto told = Clock::now();
    for (std::size_t i = next++; i < run.scripts.size() && !stops; i = next++) {
      TestRun::Result& result = run.results[i];
      const auto started = Clock::now();
      result.failure =
          dialog::rehearse(bot, interpreter, run.scripts[i], coverage ? &*coverage : nullptr);
      result.seconds = seconds_since(started);
      result.was_played = true;
      ++done;
      if (result.failure && options.fail_fast) stops = true;
      if (is_caller && options.progress && Clock::now() - told >= progress_interval) {
        told = Clock::now();
        options.progress(done, run.scripts.size());
      }
    }
    if (!coverage) return;
    const std::lock_guard lock(adding);
    run.coverage->add(*coverage);
  });
  run.seconds = seconds_since(begin);
  return run;
}

}  // namespace bot
