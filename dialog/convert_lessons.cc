#include "dialog/convert_lessons.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "dialog/answer.h"
#include "dialog/convert_hypotheses.h"
#include "dialog/judge.h"
#include "dialog/rehearsal.h"
#include "nlu/base/unicode.h"

namespace dialog {

namespace {

constexpr std::size_t values_limit = 200;  // Of a slot
constexpr int calls_nested = 12;
constexpr std::size_t short_answer_words = 3;  // Longer ones are sentences, not values.

void collect_slots(const Bot& bot, const Flow& flow, int depth, std::vector<std::string>& slots) {
  for (const Step& step : flow.steps) {
    if (const auto* collect = std::get_if<Collect>(&step.what)) {
      if (std::find(slots.begin(), slots.end(), collect->slot) == slots.end())
        slots.push_back(collect->slot);
    } else if (const auto* call = std::get_if<Call>(&step.what)) {
      const Flow* called = bot.find_flow(call->flow);
      if (called && depth < calls_nested) collect_slots(bot, *called, depth + 1, slots);
    }
  }
}

bool is_text_of_customer(const Line& line) {
  return line.kind == Line::Kind::customer && !line.text.empty() && !line.text.starts_with('/') &&
         !line.commands;
}

class Student {
 public:
  Student(const Bot& bot, const ValueNames& names, nlu::Diagnostics& diagnostics)
      : bot_(bot), names_(names), diagnostics_(diagnostics) {}

  void study(const Script& script) {
    const auto count = static_cast<std::size_t>(
        std::count_if(script.lines.begin(), script.lines.end(), is_text_of_customer));
    learnt_.steps += count;
    rehearsal_.emplace(bot_, nullptr, script.language, script.now, script.seed);
    rehearsal_->stub(script.backend);
    for (const GivenSlot& slot : script.slots) {
      if (auto given = rehearsal_->give(slot.slot, slot.value); !given) {
        return warn("step_not_explained", slot.mark, given.error().message);
      }
    }
    for (const Line& line : script.lines) {
      if (!is_text_of_customer(line)) {
        (void)rehearsal_->play(line);
      } else if (!understand(line)) {
        return;
      }
    }
  }

  Lessons graduate() { return std::move(learnt_); }

 private:
  void warn(std::string code, const nlu::Mark& mark, std::string message) {
    diagnostics_.push_back({nlu::Severity::warning, std::move(code), mark, std::move(message)});
  }

  // False: nothing goes as the line says, and what comes behind it cannot be known.
  bool understand(const Line& line) {
    const auto unknown = unknown_names(bot_, line);
    if (!unknown.empty()) {
      warn("step_not_explained", unknown.front().mark,
           fmt::format("{}: {}; the rest of this test is not learnt from", unknown.front().expected,
                       unknown.front().got));
      return false;
    }
    (void)rehearsal_->open();  // Its greeting is no part of the line.
    const Conversation before = rehearsal_->conversation();
    for (std::vector<Command>& commands : hypotheses(bot_, before, line, names_)) {
      Rehearsal attempt(*rehearsal_);
      Line stated = line;
      stated.commands = commands;
      const Rehearsal::Heard heard = attempt.play(stated);
      if (!judge(bot_, line, heard, attempt.conversation()).empty()) continue;
      if (!line.expected.empty()) teach(line, commands, before);
      learnt_.understood += line.expected.empty() ? 0 : 1;
      rehearsal_.emplace(attempt);
      return true;
    }
    const std::string missing = missing_response(line);
    warn(
        "step_not_explained", line.mark,
        fmt::format("nothing that a customer could mean by \"{}\" makes this step go as written{}; "
                    "the rest of this test is not learnt from",
                    nlu::truncate(line.text, 60),
                    missing.empty() ? "" : fmt::format(" (no response is called '{}')", missing)));
    return false;
  }

  // A response that the line waits for, and nobody can say.
  std::string missing_response(const Line& line) const {
    for (const Expectation& one : line.expected) {
      const auto* replies = std::get_if<expect::Replies>(&one.what);
      if (!replies) continue;
      for (const expect::Reply& reply : replies->replies) {
        if (!reply.response.empty() && !bot_.find_response(reply.response) &&
            !default_names().count(reply.response)) {
          return reply.response;
        }
      }
    }
    return "";
  }

  void teach(const Line& line, const std::vector<Command>& commands, const Conversation& before) {
    const std::string intent = intent_for(line, commands, before);
    if (intent.empty()) return;
    Lesson lesson{intent, std::string(trimmed(line.text)), {}, line.mark};
    annotate(lesson, commands);
    if (!is_worth_it(lesson, commands)) return;
    learnt_.lessons.push_back(std::move(lesson));
  }

  // "" where the words teach nothing about an intent.
  std::string intent_for(const Line& line, const std::vector<Command>& commands,
                         const Conversation& before) {
    const Understanding& u = bot_.understanding;
    const auto starts = std::count_if(commands.begin(), commands.end(), [](const Command& one) {
      return std::holds_alternative<command::StartFlow>(one);
    });
    if (starts > 1) return "";  // The model learns itself how wishes are put together.
    const Command& first = commands.front();
    if (const auto* start = std::get_if<command::StartFlow>(&first))
      return intent_of(*bot_.find_flow(start->flow));
    if (std::holds_alternative<command::CancelFlow>(first)) return u.cancel;
    if (std::holds_alternative<command::HumanHandover>(first)) return u.handover;
    if (std::holds_alternative<command::Repeat>(first)) return u.repeat;
    if (std::holds_alternative<command::SkipQuestion>(first)) return u.skip;
    if (std::holds_alternative<command::Restart>(first)) return u.restart;
    if (std::holds_alternative<command::ChitChat>(first)) return u.chitchat;
    if (std::holds_alternative<command::KnowledgeQuestion>(first)) {
      learnt_.asks_questions = true;
      return "knowledge_question";
    }
    if (std::holds_alternative<command::CannotHandle>(first)) {
      // No answer to a question may be anything; it is not what the bot is not for.
      return open_question(bot_, before) ? "" : u.out_of_scope;
    }
    const auto* set = std::get_if<command::SetSlot>(&first);
    if (set && set->value.is_bool() && line.text.size() < 60)
      return set->value.get_bool() ? u.affirm : u.deny;
    return running_intent(before);
  }

  // Of the flow that the customer began, and not of one that it calls.
  std::string running_intent(const Conversation& before) const {
    for (auto frame = before.stack.rbegin(); frame != before.stack.rend(); ++frame) {
      const Flow* flow = bot_.find_flow(frame->flow);
      if (flow && !flow->is_pattern && frame->parent == 0) return intent_of(*flow);
    }
    return "";
  }

  void annotate(Lesson& lesson, const std::vector<Command>& commands) {
    for (const Command& one : commands) {
      std::string name;
      const json::value* value = nullptr;
      if (const auto* set = std::get_if<command::SetSlot>(&one)) {
        name = set->slot;
        value = &set->value;
      } else if (const auto* correct = std::get_if<command::CorrectSlot>(&one)) {
        name = correct->slot;
        value = &correct->value;
      }
      const Slot* slot = value ? bot_.find_slot(name) : nullptr;
      if (!slot) continue;
      nlu::Entity entity = entity_of(*slot);
      const auto place = place_of(*slot, *value, lesson.text, names_);
      if (entity.type.empty() || !place || is_sentence(lesson.text, *place)) continue;
      const bool overlaps =
          std::any_of(lesson.entities.begin(), lesson.entities.end(), [&](const auto& other) {
            return place->begin < other.span.end && other.span.begin < place->end;
          });
      if (overlaps) continue;
      entity.span = *place;
      entity.value = lesson.text.substr(place->begin, place->end - place->begin);
      std::vector<std::string>& known = learnt_.values[name];
      if (known.size() < values_limit &&
          std::find(known.begin(), known.end(), entity.value) == known.end()) {
        known.push_back(entity.value);
      }
      lesson.entities.push_back(std::move(entity));
    }
    std::sort(lesson.entities.begin(), lesson.entities.end(),
              [](const auto& a, const auto& b) { return a.span.begin < b.span.begin; });
  }

  // The customer's own words from one end to the other: an answer, but no value to be found again.
  static bool is_sentence(const std::string& text, const nlu::Span& place) {
    return place.end - place.begin == text.size() &&
           nlu::split_words(text, short_answer_words + 1).size() > short_answer_words;
  }

  // A number or a choice alone says nothing that its question would not find by itself.
  bool is_worth_it(const Lesson& lesson, const std::vector<Command>& commands) const {
    const auto* set = std::get_if<command::SetSlot>(&commands.front());
    if (!set || set->value.is_bool()) return true;
    const Slot* slot = bot_.find_slot(set->slot);
    if (slot && slot->type == SlotType::text)
      return std::any_of(lesson.text.begin(), lesson.text.end(), [](char c) {
        return std::isdigit(static_cast<unsigned char>(c)) == 0 && c != ' ' && c != '.';
      });
    return !lesson.entities.empty() && lesson.entities.front().value.size() < lesson.text.size();
  }

  const Bot& bot_;
  const ValueNames& names_;
  nlu::Diagnostics& diagnostics_;
  std::optional<Rehearsal> rehearsal_;
  Lessons learnt_;
};

}  // namespace

std::vector<std::string> collected_slots(const Bot& bot, const Flow& flow) {
  std::vector<std::string> slots;
  collect_slots(bot, flow, 0, slots);
  return slots;
}

std::string intent_of(const Flow& flow) {
  return flow.triggers.empty() ? flow.id : flow.triggers.front().intent;
}

nlu::Entity entity_of(const Slot& slot) {
  nlu::Entity entity;
  for (const SlotMapping& mapping : slot.mappings) {
    if (mapping.kind == SlotMapping::Kind::from_entity) {
      entity.type = mapping.entity;
      entity.role = mapping.role;
      entity.group = mapping.group;
      return entity;
    }
    if (mapping.kind == SlotMapping::Kind::from_llm) {
      entity.type = slot.name;
      return entity;
    }
  }
  return entity;
}

Lessons learn_from(const Bot& bot, const std::vector<Script>& scripts,
                   const std::map<std::string, std::map<std::string, std::string>>& names,
                   nlu::Diagnostics& diagnostics) {
  Student student(bot, names, diagnostics);
  for (const Script& script : scripts) student.study(script);
  return student.graduate();
}

}  // namespace dialog
