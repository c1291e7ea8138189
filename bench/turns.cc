// The engine alone, by Google Benchmark: a conversation of flows/shop as commands, a turn an
// iteration: what advance() decides, folded. No runtime, no encoding, no models.
//
//   build/usher-turns [--benchmark_…]
#include <cstdio>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "dialog/engine.h"
#include "dialog/load.h"
#include "dialog/understand.h"

namespace {

using namespace dialog;

BotPtr shop() {
  static const BotPtr bot = load_bot("flows/shop").bot;
  return bot;
}

input::Said said(std::string text, std::vector<Command> commands) {
  input::Said one;
  one.text = std::move(text);
  one.message_id = "0123456789abcdef";
  one.client = "client";
  one.commands = std::move(commands);
  return one;
}

input::Said understood(std::string text, const std::string& intent) {
  input::Said one = said(std::move(text), {});
  one.interpretation.segments = {
      {{0, one.text.size()}, {{intent, 0.97}, {"other", 0.01}}, 0.01, 0}};
  one.interpretation.language = "en";
  one.interpretation.model_version = "model";
  return one;
}

Conversation opened(Millis now) {
  Conversation state;
  return *advance(*shop(), state, input::Opened{{"shop", "web", "en", 7, "", ""}, {}}, now).next;
}

// Each iteration is the next turn of the same conversation, over and over.
void play(benchmark::State& state, const std::vector<input::Said>& turns, bool understands) {
  if (!shop()) return state.SkipWithError("flows/shop has mistakes");
  Millis now = 1'700'000'000'000;
  Conversation conversation = opened(now);
  std::size_t next = 0, replies = 0;
  for (auto _ : state) {
    now += 1000;
    const input::Said* turn = &turns[next++ % turns.size()];
    input::Said heard;
    if (understands) {
      heard = *turn;
      heard.commands = understand(*shop(), conversation, heard.text, heard.payload,
                                  heard.attachment, heard.interpretation, "2026-11-27T12:00");
      turn = &heard;
    }
    Advance made = advance(*shop(), conversation, *turn, now);
    for (const Event& event : made.events) {
      replies += std::holds_alternative<event::Replied>(event.body) ? 1 : 0;
    }
    conversation = std::move(*made.next);
  }
  if (replies == 0) state.SkipWithError("nothing was answered");
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

// One question and its answer, as most turns are.
void answers(benchmark::State& state) {
  play(state,
       {said("when are you open", {command::StartFlow{"opening_hours"}}),
        said("how can I pay", {command::StartFlow{"payment_methods"}}),
        said("thanks", {command::StartFlow{"thank"}})},
       false);
}
BENCHMARK(answers);

// A flow that asks, a correction, a digression, a cancel.
void questions(benchmark::State& state) {
  play(state,
       {said("where is my order", {command::StartFlow{"order_status"}}),
        said("10423", {command::SetSlot{"order_number", "10423", "text"}}),
        said("no, 10432", {command::CorrectSlot{"order_number", "10432", "text"}}),
        said("when are you open", {command::StartFlow{"opening_hours"}}),
        said("never mind", {command::CancelFlow{}})},
       false);
}
BENCHMARK(questions);

// The same as `answers`, from what the model understood.
void understood_answers(benchmark::State& state) {
  play(state,
       {understood("when are you open", "opening_hours"),
        understood("how can I pay", "payment_methods"), understood("thanks", "thank")},
       true);
}
BENCHMARK(understood_answers);

}  // namespace

BENCHMARK_MAIN();
