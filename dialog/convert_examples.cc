#include "dialog/convert_examples.h"

#include <algorithm>

#include <fmt/format.h>

#include "dialog/convert_phrases.h"
#include "dialog/reading.h"
#include "dialog/respond.h"
#include "dialog/yaml_text.h"
#include "nlu/annotation.h"
#include "nlu/base/unicode.h"

namespace dialog {

namespace {

constexpr std::size_t variants = 2;        // Of a lesson with values
constexpr std::size_t values_of_slot = 4;  // In phrases that give an answer
constexpr std::size_t words_in_lookup = 500;

std::string words_of(std::string id) {
  std::replace_if(
      id.begin(), id.end(), [](char c) { return c == '_' || c == '-'; }, ' ');
  return id;
}

// Words that mean a value of the slot, in an order that is the same each time.
std::vector<std::string> values_of(const Bot& bot, const std::string& name,
                                   const Lessons& lessons) {
  std::vector<std::string> values;
  const Slot* slot = bot.find_slot(name);
  if (!slot) return values;
  if (const auto seen = lessons.values.find(name); seen != lessons.values.end())
    values = seen->second;
  const auto add = [&](std::string one) {
    if (std::find(values.begin(), values.end(), one) == values.end())
      values.push_back(std::move(one));
  };
  for (const std::string& one : slot->values) add(words_of(one));
  if (slot->type == SlotType::number) {
    for (const int number : {2, 3, 4, 5, 7, 12, 25, 60, 150, 400}) {
      const bool fits =
          (!slot->min || number >= *slot->min) && (!slot->max || number <= *slot->max);
      if (fits) add(std::to_string(number));
    }
  }
  return values;
}

// The text with the words of each entity exchanged for those that `replacement` gives.
template <class Replacement>
Lesson with_other_values(const Lesson& lesson, const Replacement& replacement) {
  Lesson other{lesson.intent, "", {}, lesson.mark};
  std::size_t at = 0;
  for (const nlu::Entity& entity : lesson.entities) {
    other.text += lesson.text.substr(at, entity.span.begin - at);
    nlu::Entity moved = entity;
    moved.value = replacement(entity);
    moved.span = {other.text.size(), other.text.size() + moved.value.size()};
    other.text += moved.value;
    other.entities.push_back(std::move(moved));
    at = entity.span.end;
  }
  other.text += lesson.text.substr(at);
  return other;
}

}  // namespace

void ExampleBook::know(const nlu::TrainingData& data) {
  for (const nlu::Example& example : data.examples) {
    known_.insert(nlu::fold(example.text));
    intents_.insert(example.intent);
  }
}

bool ExampleBook::add(const std::string& file, const std::string& intent, const std::string& text,
                      const std::vector<nlu::Entity>& entities) {
  // A text on one line: that is what the format holds.
  if (text.empty() || text.find_first_of("\n\r\t") != std::string::npos) return false;
  if (!known_.insert(nlu::fold(text)).second) return false;
  intents_.insert(intent);
  auto& intents = files_[file];
  auto found = std::find_if(intents.begin(), intents.end(),
                            [&](const auto& one) { return one.first == intent; });
  if (found == intents.end())
    found = intents.insert(intents.end(), {intent, std::vector<std::string>{}});
  found->second.push_back(nlu::write_annotations(text, entities));
  return true;
}

std::size_t ExampleBook::count(const std::string& file) const {
  std::size_t count = 0;
  const auto found = files_.find(file);
  if (found == files_.end()) return 0;
  for (const auto& [intent, lines] : found->second) count += lines.size();
  return count;
}

FolderTexts ExampleBook::files(const std::map<std::string, std::string>& headers) const {
  FolderTexts texts;
  for (const auto& [file, intents] : files_) {
    const auto header = headers.find(file);
    std::string text = header == headers.end() ? "" : yaml_comment(header->second);
    text += "version: \"3.1\"\nnlu:\n";
    for (const auto& [intent, lines] : intents) {
      text += fmt::format("  - intent: {}\n    examples: |\n", yaml_scalar(intent, "_-./"));
      for (const std::string& line : lines) text += "      - " + line + "\n";
    }
    texts[file] = std::move(text);
  }
  return texts;
}

void add_lessons(ExampleBook& book, const std::string& file, const Bot& bot,
                 const Lessons& lessons) {
  for (const Lesson& lesson : lessons.lessons)
    book.add(file, lesson.intent, lesson.text, lesson.entities);
  std::map<std::string, std::string> slots;  // Entity, role and group → slot
  for (const auto& [name, slot] : bot.slots) {
    const nlu::Entity entity = entity_of(slot);
    slots.emplace(entity.type + "/" + entity.role + "/" + entity.group, name);
  }
  std::size_t turn = 0;
  for (const Lesson& lesson : lessons.lessons) {
    if (lesson.entities.empty()) continue;
    for (std::size_t i = 0; i < variants; ++i) {
      ++turn;
      const Lesson other = with_other_values(lesson, [&](const nlu::Entity& entity) {
        const auto slot = slots.find(entity.type + "/" + entity.role + "/" + entity.group);
        const auto values = slot == slots.end() ? std::vector<std::string>{}
                                                : values_of(bot, slot->second, lessons);
        return values.empty() ? entity.value : values[turn % values.size()];
      });
      book.add(file, other.intent, other.text, other.entities);
    }
  }
}

void add_answers(ExampleBook& book, const std::string& file, const Bot& bot,
                 const Lessons& lessons) {
  std::map<std::string, std::vector<const Flow*>> asked_in;
  for (const auto& [id, flow] : bot.flows) {
    if (flow.is_pattern || !book.has(intent_of(flow))) continue;
    for (const std::string& slot : collected_slots(bot, flow)) asked_in[slot].push_back(&flow);
  }
  for (const auto& [name, flows] : asked_in) {
    const Slot* slot = bot.find_slot(name);
    nlu::Entity entity = slot ? entity_of(*slot) : nlu::Entity{};
    if (entity.type.empty() || slot->type == SlotType::boolean) continue;
    std::vector<std::string> values = values_of(bot, name, lessons);
    if (values.empty()) continue;
    if (values.size() > values_of_slot) values.resize(values_of_slot);
    const auto say = [&](const std::string& phrase, std::size_t which) {
      const std::size_t at = phrase.find("{}");
      entity.value = values[which % values.size()];
      entity.span = {at, at + entity.value.size()};
      // A slot that several flows ask for is a word of each of them.
      book.add(file, intent_of(*flows[which % flows.size()]),
               phrase.substr(0, at) + entity.value + phrase.substr(at + 2), {entity});
    };
    const AnswerPhrases phrases = phrases_for_answer(words_of(name), bot.language);
    // A number alone may be the answer to anything.
    const std::size_t count =
        slot->type == SlotType::number ? phrases.unmistakable : phrases.texts.size();
    for (std::size_t i = 0; i < count; ++i) {
      say(phrases.texts[i], i);
      say(phrases.texts[i], i + 1);
    }
    // What only one flow has to choose from may be asked for at once.
    if (slot->type != SlotType::categorical || flows.size() > 1) continue;
    for (const std::string& phrase : phrases_for_choice(bot.language)) {
      for (std::size_t i = 0; i < values.size(); ++i) say(phrase, i);
    }
  }
}

ValueNames value_names(const Bot& bot) {
  ValueNames names;
  for (const auto& [id, response] : bot.responses) {
    for (const Variation& variation : response.variations) {
      for (const auto* buttons : {&variation.buttons, &variation.quick_replies}) {
        for (const Button& button : *buttons) {
          // "/SetSlots(a=b)", of one slot and a text.
          constexpr std::string_view prefix = "/SetSlots(";
          const std::size_t equals = button.payload.find('=');
          if (!button.payload.starts_with(prefix) || equals == std::string::npos ||
              !button.payload.ends_with(')') || button.payload.find(',') != std::string::npos) {
            continue;
          }
          const std::string slot = button.payload.substr(prefix.size(), equals - prefix.size());
          const json::value value =
              payload_value(std::string_view(button.payload)
                                .substr(equals + 1, button.payload.size() - equals - 2));
          const Slot* const known = bot.find_slot(slot);
          if (!known || known->type == SlotType::boolean || !value.is_string()) continue;
          const std::string& title = button.title.text;
          if (!title.empty() && title.find('{') == std::string::npos)
            names[slot].emplace(title, to_text(value));
        }
      }
    }
  }
  return names;
}

std::string values_file(const Bot& bot, const ValueNames& names) {
  std::set<std::string> asked;
  for (const auto& [id, flow] : bot.flows) {
    for (std::string& slot : collected_slots(bot, flow)) asked.insert(std::move(slot));
  }
  std::string lookups, synonyms;
  std::set<std::string> meant;  // A word has one meaning, whatever the slot.
  for (const std::string& name : asked) {
    const Slot* slot = bot.find_slot(name);
    const nlu::Entity entity = slot ? entity_of(*slot) : nlu::Entity{};
    if (!slot || slot->type != SlotType::categorical || entity.type.empty()) continue;
    std::set<std::string> words;
    for (const std::string& value : slot->values) {
      if (words.size() < words_in_lookup) words.insert(words_of(value));
      std::vector<std::string> others;
      if (words_of(value) != value) others.push_back(words_of(value));
      if (const auto called = names.find(name); called != names.end()) {
        for (const auto& [title, one] : called->second) {
          if (one == value && nlu::fold(title) != nlu::fold(value)) others.push_back(title);
        }
      }
      std::string lines;
      for (const std::string& other : others) {
        if (words.size() < words_in_lookup) words.insert(other);
        if (meant.insert(nlu::fold(other)).second) lines += "      - " + other + "\n";
      }
      if (!lines.empty())
        synonyms += fmt::format("  - synonym: {}\n    examples: |\n{}", yaml_scalar(value), lines);
    }
    lookups += fmt::format("  - lookup: {}\n    examples: |\n", yaml_scalar(entity.type, "_-"));
    for (const std::string& word : words) lookups += "      - " + word + "\n";
  }
  if (lookups.empty()) return "";
  return "version: \"3.1\"\nnlu:\n" + lookups + synonyms;
}

}  // namespace dialog
