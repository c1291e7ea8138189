#include "dialog/convert_hypotheses.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <functional>
#include <set>
#include <utility>

#include "dialog/answer.h"
#include "dialog/convert_lessons.h"
#include "dialog/convert_phrases.h"
#include "dialog/respond.h"
#include "nlu/base/unicode.h"
#include "nlu/builtin_entities.h"

namespace dialog {

namespace {

using nlu::Span;
using Values = std::vector<std::pair<std::string, json::value>>;

constexpr std::size_t spans_limit = 8;
constexpr std::size_t flows_tried_with_spans = 12;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

bool is_letter(std::string_view text, std::size_t at) {
  if (at >= text.size()) return false;
  const auto c = static_cast<unsigned char>(text[at]);
  return std::isalnum(c) != 0;
}

// `words` in `text`, whatever the case, and not within a word.
std::optional<Span> find_words(const std::string& text, std::string_view words) {
  if (words.empty()) return std::nullopt;
  const std::string in = lower(text), what = lower(words);
  for (std::size_t at = in.find(what); at != std::string::npos; at = in.find(what, at + 1)) {
    const std::size_t end = at + what.size();
    const bool within = (at > 0 && is_letter(in, at - 1) && is_letter(in, at)) ||
                        (is_letter(in, end) && is_letter(in, end - 1));
    if (!within) return Span{at, end};
  }
  return std::nullopt;
}

std::vector<nlu::Entity> builtins(const std::string& text) {
  std::vector<nlu::Entity> found;
  nlu::find_builtin_entities({text, ""}, found);
  return found;
}

struct Said {
  std::vector<Span> spans;  // That may be a value: names, codes, what is built in
  std::vector<std::pair<Span, double>> numbers;
};

// Runs of words that begin with a capital letter (not the sentence's first) or hold a digit.
Said look_at(const std::string& text) {
  Said said;
  for (const nlu::Entity& entity : builtins(text)) {
    if (entity.type == "number" || entity.type == "money") {
      said.numbers.emplace_back(entity.span, std::strtod(entity.value.c_str(), nullptr));
    } else {
      said.spans.push_back(entity.span);
    }
  }
  std::optional<Span> run;
  bool is_first = true;
  const auto end_run = [&] {
    if (run) said.spans.push_back(*run);
    run.reset();
  };
  for (const nlu::Word& word : nlu::split_words(text, 200)) {
    const std::string_view written =
        std::string_view(text).substr(word.begin, word.end - word.begin);
    const bool has_digit = std::any_of(written.begin(), written.end(), [](char c) {
      return std::isdigit(static_cast<unsigned char>(c)) != 0;
    });
    const bool is_name = !is_first && written != "I" &&
                         std::isupper(static_cast<unsigned char>(written.front())) != 0;
    is_first = false;
    if (!has_digit && !is_name) {
      end_run();
    } else if (run) {
      run->end = word.end;
    } else {
      run = Span{word.begin, word.end};
    }
  }
  end_run();
  if (said.spans.size() > spans_limit) said.spans.resize(spans_limit);
  return said;
}

class Guesses {
 public:
  Guesses(const Bot& bot, const Conversation& conversation, const Line& line,
          const ValueNames& names)
      : bot_(bot), c_(conversation), line_(line), names_(names), said_(look_at(line.text)) {
    for (const Expectation& one : line.expected) {
      if (const auto* set = std::get_if<expect::SlotSet>(&one.what)) {
        if (set->is_set && set->value && !set->value->is_null()) want(set->slot, *set->value);
      } else if (const auto* holds = std::get_if<expect::SlotHolds>(&one.what)) {
        if (!holds->value.is_null()) want(holds->slot, holds->value);
      } else if (const auto* flow = std::get_if<expect::FlowChanged>(&one.what)) {
        if (flow->what == expect::FlowChanged::What::started) started_ = flow->flows;
        is_cancelled_ = is_cancelled_ || flow->what == expect::FlowChanged::What::cancelled;
      } else if (const auto* clarified = std::get_if<expect::Clarified>(&one.what)) {
        clarified_ = clarified->flows;
      }
    }
  }

  std::vector<std::vector<Command>> all() {
    if (!clarified_.empty()) clarify();
    if (is_cancelled_) add({command::CancelFlow{}});
    if (!started_.empty()) start_named();
    answer();
    correct();
    steer();
    if (started_.empty()) start_any();
    return std::move(list_);
  }

 private:
  void want(const std::string& name, const json::value& value) {
    const Slot* slot = bot_.find_slot(name);
    if (slot && !slot->is_controlled()) wanted_.emplace_back(name, value);
  }

  void add(std::vector<Command> commands) {
    if (list_.size() < hypotheses_limit) list_.push_back(std::move(commands));
  }

  static void set(std::vector<Command>& commands, const Values& values) {
    for (const auto& [slot, value] : values) {
      commands.emplace_back(command::SetSlot{slot, value, "entity"});
    }
  }

  // What the text says of a slot by itself; numbers only where it has one.
  std::optional<json::value> found(const std::string& name) const {
    const Slot* slot = bot_.find_slot(name);
    if (!slot || slot->is_controlled()) return std::nullopt;
    if (slot->type == SlotType::number) {
      if (said_.numbers.size() != 1) return std::nullopt;
      return json::value(said_.numbers.front().second);
    }
    std::vector<std::string> words = slot->values;
    if (const auto called = names_.find(name); called != names_.end()) {
      for (const auto& [one, value] : called->second) {
        if (find_words(line_.text, one)) return json::value(value);
      }
    }
    for (const std::string& value : words) {
      if (place_of(*slot, json::value(value), line_.text, names_)) return json::value(value);
    }
    return std::nullopt;
  }

  Values wanted_of(const std::vector<std::string>& slots) const {
    Values values;
    for (const auto& one : wanted_) {
      if (std::find(slots.begin(), slots.end(), one.first) != slots.end()) values.push_back(one);
    }
    return values;
  }

  static bool has(const Values& values, const std::string& slot) {
    return std::any_of(values.begin(), values.end(),
                       [&](const auto& one) { return one.first == slot; });
  }

  void start(const Flow& flow, bool with_spans) {
    const std::vector<std::string> slots = collected_slots(bot_, flow);
    const Values wanted = wanted_of(slots);
    Values more = wanted, chosen = wanted;  // With all that is found; without numbers
    for (const std::string& slot : slots) {
      if (has(more, slot)) continue;
      const auto value = found(slot);
      if (!value) continue;
      more.emplace_back(slot, *value);
      if (!value->is_number()) chosen.emplace_back(slot, *value);
    }
    std::vector<Values> tried{chosen, wanted, more, {}};
    if (with_spans) {
      for (const std::string& slot : slots) {
        const Slot* const one = bot_.find_slot(slot);
        if (!one || has(chosen, slot) || one->is_controlled()) continue;
        if (one->type == SlotType::number) {
          for (const auto& [span, number] : said_.numbers) {
            tried.push_back(chosen);
            tried.back().emplace_back(slot, json::value(number));
          }
        }
        if (one->type != SlotType::text) continue;
        for (const Span& span : said_.spans) {
          tried.push_back(chosen);
          tried.back().emplace_back(
              slot, json::value(line_.text.substr(span.begin, span.end - span.begin)));
        }
      }
    }
    for (std::size_t i = 0; i < tried.size(); ++i) {
      if (std::find(tried.begin(), tried.begin() + static_cast<std::ptrdiff_t>(i), tried[i]) !=
          tried.begin() + static_cast<std::ptrdiff_t>(i)) {
        continue;
      }
      std::vector<Command> commands{command::StartFlow{flow.id}};
      set(commands, tried[i]);
      add(std::move(commands));
    }
  }

  void start_named() {
    for (const std::string& id : started_) {
      if (const Flow* flow = bot_.find_flow(id)) start(*flow, true);
    }
    if (started_.size() < 2) return;
    std::vector<Command> several;
    for (const std::string& id : started_) {
      const Flow* flow = bot_.find_flow(id);
      if (!flow) continue;
      several.emplace_back(command::StartFlow{id});
      set(several, wanted_of(collected_slots(bot_, *flow)));
    }
    add(std::move(several));
  }

  void start_any() {
    std::vector<std::pair<double, const Flow*>> flows;
    for (const auto& [id, flow] : bot_.flows) {
      if (flow.is_pattern) continue;
      std::string about = flow.name + " " + flow.description + " " + id;
      std::replace(about.begin(), about.end(), '_', ' ');
      flows.emplace_back(-likeness(line_.text, about), &flow);
    }
    std::stable_sort(flows.begin(), flows.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t i = 0; i < flows.size(); ++i)
      start(*flows[i].second, i < flows_tried_with_spans);
  }

  void answer() {
    const Collect* open = open_question(bot_, c_);
    if (!open) return;
    const Slot* slot = bot_.find_slot(open->slot);
    if (!slot) return;
    Values others;
    for (const auto& one : wanted_) {
      if (one.first != open->slot && !c_.slots.count(one.first)) others.push_back(one);
    }
    std::vector<json::value> values;
    for (const auto& [name, value] : wanted_) {
      if (name == open->slot) values.push_back(value);
    }
    if (values.empty()) {
      if (slot->type == SlotType::boolean) {
        const auto& common = common_phrases(bot_.language);
        const bool is_no = likeness_to(common, "deny") > likeness_to(common, "affirm");
        values.emplace_back(!is_no);
        values.emplace_back(is_no);
      } else if (const auto value = found(open->slot)) {
        values.push_back(*value);
      }
      const bool is_free = slot->type == SlotType::text || slot->type == SlotType::any;
      if (is_free) values.emplace_back(trimmed(line_.text));
      for (const Span& span : said_.spans) {
        if (is_free) values.emplace_back(line_.text.substr(span.begin, span.end - span.begin));
      }
    }
    for (const json::value& value : values) {
      std::vector<Command> commands{command::SetSlot{open->slot, value, "text"}};
      set(commands, others);
      add(std::move(commands));
    }
  }

  // Another value for what was asked before.
  void correct() {
    std::vector<Command> commands;
    for (const auto& [slot, value] : wanted_) {
      if (c_.slots.count(slot)) commands.emplace_back(command::CorrectSlot{slot, value, "entity"});
    }
    if (!commands.empty()) add(commands);
    const std::string open = open_question(bot_, c_) ? open_question(bot_, c_)->slot : "";
    for (const Frame& frame : c_.stack) {
      for (const std::string& slot : frame.collected) {
        if (slot == open || has(wanted_, slot)) continue;
        if (const auto value = found(slot)) add({command::CorrectSlot{slot, *value, "entity"}});
      }
    }
    std::vector<Command> sets;
    set(sets, wanted_);
    if (!sets.empty()) add(std::move(sets));
  }

  void clarify() {
    command::Clarify clarify;
    for (const std::string& named : clarified_) {
      for (const auto& [id, flow] : bot_.flows) {
        const bool is_new =
            std::find(clarify.flows.begin(), clarify.flows.end(), id) == clarify.flows.end();
        if ((id == named || flow.name == named) && is_new && clarify.flows.size() < 4)
          clarify.flows.push_back(id);
      }
    }
    add({clarify});
  }

  double likeness_to(const std::map<std::string, std::vector<std::string>>& common,
                     const std::string& intent) const {
    const auto phrases = common.find(intent);
    double best = 0;
    if (phrases == common.end()) return best;
    for (const std::string& one : phrases->second) best = std::max(best, likeness(line_.text, one));
    return best;
  }

  // What steers the talk, that which is said most like this first.
  void steer() {
    const auto& common = common_phrases(bot_.language);
    std::vector<std::pair<double, Command>> ways{
        {-likeness_to(common, "cancel"), command::CancelFlow{}},
        {-likeness_to(common, "talk_to_person"), command::HumanHandover{}},
        {-likeness_to(common, "repeat"), command::Repeat{}},
        {-likeness_to(common, "skip"), command::SkipQuestion{}},
        {-likeness_to(common, "restart"), command::Restart{}},
        {-likeness_to(common, "chitchat"), command::ChitChat{}},
        {-likeness_to(common, "out_of_scope"), command::CannotHandle{"outside"}},
        {0, command::KnowledgeQuestion{}}};
    std::stable_sort(ways.begin(), ways.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& [score, command] : ways) add({std::move(command)});
  }

  const Bot& bot_;
  const Conversation& c_;
  const Line& line_;
  const ValueNames& names_;
  const Said said_;
  Values wanted_;
  std::vector<std::string> started_, clarified_;
  bool is_cancelled_ = false;
  std::vector<std::vector<Command>> list_;
};

}  // namespace

const Collect* open_question(const Bot& bot, const Conversation& conversation) {
  if (conversation.stack.empty()) return nullptr;
  const Frame& frame = conversation.stack.back();
  const Flow* flow = bot.find_flow(frame.flow);
  const Step* step = flow ? flow->find_step(frame.step) : nullptr;
  return step ? std::get_if<Collect>(&step->what) : nullptr;
}

std::optional<Span> place_of(const Slot& slot, const json::value& value, const std::string& text,
                             const ValueNames& names) {
  if (value.is_number()) {
    for (const nlu::Entity& entity : builtins(text)) {
      if (entity.type != "number" && entity.type != "money") continue;
      const double said = std::strtod(entity.value.c_str(), nullptr);
      if (std::abs(said - value.to_number<double>()) < 1e-9) return entity.span;
    }
    return std::nullopt;
  }
  if (!value.is_string()) return std::nullopt;
  const std::string written = to_text(value);
  if (const auto found = find_words(text, written)) return found;
  std::string words = written;
  std::replace(words.begin(), words.end(), '_', ' ');
  if (const auto found = find_words(text, words)) return found;
  if (const auto called = names.find(slot.name); called != names.end()) {
    for (const auto& [one, meant] : called->second) {
      if (meant != written) continue;
      if (const auto found = find_words(text, one)) return found;
    }
  }
  // A number, date or address that is written another way: "on 3 May" for 2026-05-03.
  for (const nlu::Entity& entity : builtins(text)) {
    if (entity.value == written) return entity.span;
  }
  return std::nullopt;
}

std::vector<std::vector<Command>> hypotheses(const Bot& bot, const Conversation& conversation,
                                             const Line& line, const ValueNames& names) {
  return Guesses(bot, conversation, line, names).all();
}

}  // namespace dialog
