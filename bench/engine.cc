// The CPU of what Usher does itself: a turn through the runtime and the engine, from the client's
// frame to the frames that answer it, without sockets, disk and models; and an utterance's in the
// models.
#include <algorithm>
#include <ctime>
#include <memory>
#include <random>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bench/bench.h"
#include "bot/runtime/runtime.h"
#include "dialog/load.h"
#include "nlu/dataset.h"
#include "nlu/torch/load.h"
#include "nlu/torch/trainer.h"

namespace bench {
namespace {

// Of the calling thread alone: what else runs on the machine takes nothing of it.
double cpu_us() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e6 * static_cast<double>(now.tv_sec) + 1e-3 * static_cast<double>(now.tv_nsec);
}
namespace rt = bot::runtime;
namespace web = connectors::web;

class OneBot final : public rt::Bots {
 public:
  explicit OneBot(dialog::BotPtr bot) : bot_(std::move(bot)) {}
  dialog::BotPtr current(rt::Tenant) const override { return bot_; }
  dialog::BotPtr find(rt::Tenant, const std::string&) const override { return bot_; }

 private:
  dialog::BotPtr bot_;
};

dialog::BotPtr load(const std::string& folder) {
  dialog::Loaded loaded = dialog::load_bot(folder);
  if (loaded.bot == nullptr)
    throw CLI::RuntimeError("the bot has errors: usher check " + folder, 1);
  return loaded.bot;
}

struct Line {
  const char* text;
  const char* intent;
};
constexpr Line lines[] = {{"hello there", "greet"},
                          {"what are your opening hours?", "opening_hours"},
                          {"how can I pay?", "payment_methods"},
                          {"thanks a lot", "thank"}};

// Stands for sockets, disk and models: does what they would have the CPU do, and answers at once.
class Surroundings {
 public:
  explicit Surroundings(const dialog::BotPtr& bot)
      : bots_(bot), runtime_(limits(), bots_, random()) {
    feed(rt::Connected{1, 1});
    rt::FrameReceived hello;
    hello.connection = 1;
    hello.frame = web::Hello{"client-1", 1, "", "", 0, 0, "en", ""};
    feed(std::move(hello));
  }

  void turn(std::uint64_t n) {
    line_ = &lines[n % std::size(lines)];
    const std::string bytes = fmt::format(
        R"({{"type":"message","id":"message-{0}","cseq":{0},"text":"{1}"}})", n, line_->text);
    auto frame = web::parse(bytes);
    rt::FrameReceived received;
    received.connection = 1;
    received.frame = std::move(std::get<web::ClientFrame>(frame));
    feed(std::move(received));
  }

  std::uint64_t replies() const { return replies_; }

 private:
  static rt::Limits limits() {
    rt::Limits made;
    made.messages_per_s = 1e9;
    made.message_burst = 1e9;
    return made;
  }
  static rt::Runtime::Random random() {
    return [engine = std::mt19937_64(1)](std::uint8_t* bytes, std::size_t count) mutable {
      std::generate_n(bytes, count, [&] { return static_cast<std::uint8_t>(engine()); });
    };
  }

  void feed(rt::Input input) {
    std::vector<rt::Output> outputs;
    runtime_.on(std::move(input), ++now_, outputs);
    for (rt::Output& output : outputs) carry_out(output);
  }

  void carry_out(rt::Output& output) {
    if (auto* interpret = std::get_if<rt::Interpret>(&output)) {
      rt::Interpreted answer;
      answer.ticket = interpret->ticket;
      answer.interpretation.segments = {
          {{0, 10}, {{line_->intent, 0.97}, {"other", 0.01}}, 0.01, 0}};
      feed(std::move(answer));
    } else if (auto* append = std::get_if<rt::Append>(&output)) {
      for (const dialog::Event& event : append->batch.events) {
        bytes_ += dialog::encode(event).size();
        if (event.seq > 0 && greeting_.size() < 4) greeting_.push_back(event);
      }
      feed(rt::Appended{append->ticket, {}});
    } else if (auto* read = std::get_if<rt::ReadVisible>(&output)) {  // Once, behind the welcome
      feed(rt::VisibleRead{read->ticket, greeting_});
    } else if (auto* send = std::get_if<rt::Send>(&output)) {
      bytes_ += web::render(send->frame).size();
      if (std::holds_alternative<web::Visible>(send->frame)) ++replies_;
      feed(rt::Drained{1, 1});
    }
  }

  OneBot bots_;
  rt::Runtime runtime_;
  dialog::Millis now_ = 1'700'000'000'000;
  const Line* line_ = nullptr;
  std::vector<dialog::Event> greeting_;
  std::uint64_t replies_ = 0, bytes_ = 0;
};

// The median of `runs` times of CPU that `work` takes, in microseconds for each of its `count`
// parts.
template <class Work>
double median_us(int runs, std::size_t count, Work work) {
  std::vector<double> times;
  for (int run = 0; run < runs; ++run) {
    const double begun = cpu_us();
    work();
    times.push_back((cpu_us() - begun) / static_cast<double>(count));
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

}  // namespace

void add_engine(CLI::App& app) {
  auto* command = app.add_subcommand("engine", "CPU of a turn without network, disk and models");
  auto folder = std::make_shared<std::string>("flows/shop");
  command->add_option("BOT", *folder);
  command->callback([folder] {
    Surroundings surroundings(load(*folder));
    constexpr std::size_t turns = 2000;
    std::uint64_t n = 0;
    const double us = median_us(9, turns, [&] {
      for (std::size_t i = 0; i < turns; ++i) surroundings.turn(++n);
    });
    if (surroundings.replies() < n) throw CLI::RuntimeError("turns were not answered", 1);
    fmt::print("a turn without NLU, sockets and disk: {:.1f} us of CPU (median of 9 runs of {})\n",
               us, turns);
  });
}

void add_interpret(CLI::App& app) {
  auto* command = app.add_subcommand("interpret", "CPU of an utterance in the models, one thread");
  struct Asked {
    std::string folder = "flows/shop", model, texts;
  };
  auto asked = std::make_shared<Asked>();
  command->add_option("BOT", asked->folder);
  CLI::Option* const model =
      command->add_option("--model", asked->model, "Not a bot's: this model, on --texts");
  command->add_option("--texts", asked->texts, "A CSV file with the column text")->needs(model);
  command->callback([asked] {
    std::vector<nlu::Utterance> utterances;
    std::vector<std::string> languages;
    std::string path = asked->model;
    if (path.empty()) {
      const dialog::BotPtr bot = load(asked->folder);
      for (const auto& example : bot->training.examples)
        utterances.push_back({example.text, "2026-01-05"});
      languages = {bot->language, "zh"};
      path = nlu::model_path_of(asked->folder);
    } else {
      const auto rows = nlu::read_dataset(asked->texts, nlu::DataFormat::csv);
      if (!rows) throw CLI::RuntimeError(rows.error().message, 1);
      for (const nlu::DataRow& row : *rows) utterances.push_back({row.example.text, "2026-01-05"});
    }
    const auto interpreter = nlu::load_interpreter(path, languages);
    if (!interpreter) throw CLI::RuntimeError(interpreter.error().message, 1);
    const std::span<const nlu::Utterance> all(utterances);
    const double single = median_us(9, all.size(), [&] {
      for (std::size_t i = 0; i < all.size(); ++i) (*interpreter)->interpret(all.subspan(i, 1));
    });
    const double batched = median_us(9, all.size(), [&] {
      for (std::size_t i = 0; i < all.size(); i += 32) {
        (*interpreter)->interpret(all.subspan(i, std::min<std::size_t>(32, all.size() - i)));
      }
    });
    fmt::print("interpret: {:.0f} us one at a time, {:.0f} us in batches of 32 ({} utterances)\n",
               single, batched, all.size());
  });
}

}  // namespace bench
