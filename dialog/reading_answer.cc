// What in a message answers the question that is open.
#include <map>
#include <set>

#include <fmt/format.h>

#include "dialog/reading.h"
#include "dialog/respond.h"
#include "nlu/base/unicode.h"
#include "nlu/builtin_entities.h"

namespace dialog {

bool has_correction_cue(std::string_view text) {
  static const std::set<std::string> cues = {"meant",   "mean",       "actually", "sorry",  "wrong",
                                             "instead", "correction", "mistake",  "rather", "oops"};
  static const char* const han_cues[] = {"不是", "不对", "错了", "应该是", "我是说"};
  for (const char* cue : han_cues) {
    if (text.find(cue) != std::string_view::npos) return true;
  }
  const std::vector<nlu::Word> words = nlu::split_words(text, 64);
  if (!words.empty() && words.front().folded == "no" && words.size() > 1) return true;
  return std::any_of(words.begin(), words.end(),
                     [](const nlu::Word& word) { return cues.count(word.folded) != 0; });
}

// The entity that the slot's mappings name, if it was meant: of several the last, as it corrects.
const nlu::Entity* Reading::entity_for(const Slot& slot) const {
  const nlu::Entity* found = nullptr;
  for (const SlotMapping& mapping : slot.mappings) {
    const bool from_entity = mapping.kind == SlotMapping::Kind::from_entity;
    if (!from_entity && mapping.kind != SlotMapping::Kind::from_llm) continue;
    if (!mapping.intents.empty() && !contains(mapping.intents, best())) continue;
    if (contains(mapping.not_intents, best())) continue;
    for (const nlu::Entity& entity : said_.entities) {
      const bool same = from_entity ? entity.type == mapping.entity &&
                                          (mapping.role.empty() || entity.role == mapping.role) &&
                                          (mapping.group.empty() || entity.group == mapping.group)
                                    : entity.type == slot.name;
      if (same && !entity.negated && !entity.retracted) found = &entity;
    }
    if (found) return found;
  }
  return nullptr;
}

std::optional<json::value> Reading::entity_value(const std::string& name) const {
  const Slot* slot = bot_.find_slot(name);
  const nlu::Entity* entity = slot ? entity_for(*slot) : nullptr;
  if (!entity) return std::nullopt;
  return json::value(entity->value);
}

std::vector<const Choice*> Reading::shown() const {
  std::vector<const Choice*> all;
  if (c_.last_replies.empty()) return all;
  for (const Choice& choice : c_.last_replies.back().buttons) all.push_back(&choice);
  for (const Choice& choice : c_.last_replies.back().quick_replies) all.push_back(&choice);
  return all;
}

// Of what was shown last, the one whose title this is.
const Choice* Reading::shown_with_title() const {
  const std::string folded = nlu::fold(trimmed(text_));
  const Choice* found = nullptr;
  for (const Choice* one : shown()) {
    if (nlu::fold(one->title) == folded) found = one;
  }
  return found;
}

// What a button that was pressed, or whose title was typed, says to the open question.
json::value Reading::value_of(const Choice& chosen) const {
  const Understanding& u = bot_.understanding;
  const std::string prefix = fmt::format("/SetSlots({}=", open_.collect->slot);
  if (chosen.payload.starts_with(prefix) && chosen.payload.ends_with(')')) {
    return payload_value(std::string_view(chosen.payload)
                             .substr(prefix.size(), chosen.payload.size() - prefix.size() - 1));
  }
  if (open_.type == InputType::confirmation && chosen.payload == "/" + u.affirm) return true;
  if (open_.type == InputType::confirmation && chosen.payload == "/" + u.deny) return false;
  return json::value(chosen.payload.starts_with('/') ? chosen.title : chosen.payload);
}

std::optional<json::value> Reading::confirmation_answer() const {
  const Understanding& u = bot_.understanding;
  if (const Choice* titled = shown_with_title()) {
    if (const json::value value = value_of(*titled); value.is_bool()) return value;
  }
  if (p_of_best() >= 0.4 && !is_outside()) {
    if (best() == u.affirm) return true;
    if (best() == u.deny) return false;
  }
  static const std::set<std::string> yes = {"yes", "y",    "yeah", "yep",  "ok", "okay", "sure",
                                            "是",  "是的", "好",   "好的", "对", "可以", "ja"};
  static const std::set<std::string> no = {"no",   "n",    "nope", "nah", "不",
                                           "不是", "不要", "不用", "否",  "nein"};
  std::string folded = nlu::fold(trimmed(text_));
  while (!folded.empty() && std::string_view(".!,").find(folded.back()) != std::string_view::npos) {
    folded.pop_back();
  }
  if (yes.count(folded)) return true;
  if (no.count(folded)) return false;
  return std::nullopt;
}

// "the second one", "2", "last" of what was shown last, or its title.
std::optional<json::value> Reading::shown_choice() const {
  const std::vector<const Choice*> all = shown();
  const std::string folded = nlu::fold(trimmed(text_));
  const Choice* chosen = shown_with_title();
  static const std::map<std::string, std::size_t> ordinals = {
      {"first", 1},  {"second", 2}, {"third", 3},  {"fourth", 4}, {"fifth", 5}, {"1", 1},
      {"2", 2},      {"3", 3},      {"4", 4},      {"5", 5},      {"1st", 1},   {"2nd", 2},
      {"3rd", 3},    {"4th", 4},    {"one", 1},    {"two", 2},    {"three", 3}, {"第一个", 1},
      {"第二个", 2}, {"第三个", 3}, {"第四个", 4}, {"第五个", 5}};
  static const std::set<std::string> around = {"the", "one",  "number", "option", "please", ".",
                                               "i",   "take", "want",   "choose", "nr",     "no"};
  static const std::set<std::string> last = {"last", "最后一个", "最后那个", "最后"};
  if (!chosen && !all.empty()) {
    std::size_t position = 0;
    const auto whole = ordinals.find(folded);
    if (whole != ordinals.end()) {
      position = whole->second;
    } else if (last.count(folded) != 0) {
      position = all.size();
    } else {
      for (const nlu::Word& word : nlu::split_words(text_, 8)) {
        const auto ordinal = ordinals.find(word.folded);
        if (ordinal != ordinals.end() && !(word.folded == "one" && position)) {
          position = ordinal->second;
        } else if (last.count(word.folded) != 0) {
          position = all.size();
        } else if (!around.count(word.folded)) {
          position = 0;
          break;
        }
      }
    }
    if (position >= 1 && position <= all.size()) chosen = all[position - 1];
  }
  if (!chosen) return std::nullopt;
  return value_of(*chosen);
}

std::optional<json::value> Reading::choice_answer() const {
  const auto& choices = choices_of(bot_, *open_.collect);
  const std::string folded = nlu::fold(trimmed(text_));
  std::optional<json::value> mentioned;
  std::vector<std::string> known;
  for (const std::string& choice : choices) {
    const std::string words = nlu::fold(in_words(choice));
    known.push_back(words);
    if (words == folded || nlu::fold(choice) == folded) return json::value(choice);
    if (words.empty()) continue;
    const std::size_t at = folded.find(words);
    if (at == std::string::npos) continue;
    const bool inside = (at > 0 && std::isalnum(static_cast<unsigned char>(folded[at - 1]))) ||
                        (at + words.size() < folded.size() &&
                         std::isalnum(static_cast<unsigned char>(folded[at + words.size()])));
    if (inside) continue;
    if (mentioned) return std::nullopt;  // Two of them: which?
    mentioned = json::value(choice);
  }
  if (mentioned) return mentioned;
  if (auto shown = shown_choice()) {
    if (auto accepted = accept_value(bot_, *open_.collect, *shown, today_)) return accepted;
  }
  const std::string near = nlu::did_you_mean(folded, known);
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (!near.empty() && near == fmt::format("; did you mean '{}'?", known[i])) {
      return json::value(choices[i]);
    }
  }
  return std::nullopt;
}

// The whole text, or the one part of it that fits `matches`.
std::optional<json::value> Reading::text_answer() const {
  const std::string_view whole = trimmed(text_);
  if (!open_.collect->matches) return std::nullopt;  // Free text: of_text() decides.
  if (open_.collect->matches->matches_whole(whole)) return json::value(whole);
  std::vector<std::string> fitting;
  for (const nlu::Regex::Match& match : open_.collect->matches->find_all(text_)) {
    const auto is_word = [&](std::size_t at) {
      return at < text_.size() && std::isalnum(static_cast<unsigned char>(text_[at]));
    };
    if ((match.begin > 0 && is_word(match.begin - 1) && is_word(match.begin)) ||
        (is_word(match.end) && is_word(match.end - 1))) {
      continue;
    }
    const bool taken_back =
        std::any_of(said_.entities.begin(), said_.entities.end(), [&](const nlu::Entity& entity) {
          return (entity.retracted || entity.negated) && entity.span.begin <= match.begin &&
                 match.end <= entity.span.end;
        });
    if (taken_back) continue;
    std::string found = text_.substr(match.begin, match.end - match.begin);
    if (!contains(fitting, found)) fitting.push_back(std::move(found));
  }
  if (fitting.size() != 1) return std::nullopt;
  return json::value(fitting.front());
}

std::optional<json::value> Reading::typed_answer() const {
  const auto parsed = [&](std::string_view type) -> std::optional<json::value> {
    const auto value = nlu::parse_value(type, text_, today_);
    return value ? std::optional<json::value>(json::value(*value)) : std::nullopt;
  };
  switch (open_.type) {
    case InputType::number:
    case InputType::rating: {
      auto number = parsed("number");
      if (!number && open_.type == InputType::rating) number = shown_choice();
      return number;
    }
    case InputType::email:
      return parsed("email");
    case InputType::phone:
      return parsed("phone");
    case InputType::date:
      return parsed("date");
    case InputType::choice:
      return choice_answer();
    case InputType::confirmation:
      return confirmation_answer();
    case InputType::text:
      return text_answer();
    default:
      return std::nullopt;
  }
}

// "Sorry, I meant order number 10432", while the postcode is asked for: what fits the question is
// another slot's entity, and the customer says that something was wrong.
bool Reading::belongs_elsewhere(const json::value& answered) const {
  if (!has_correction_cue(text_)) return false;
  const nlu::Span span = span_of(answered);
  return std::any_of(relevant_.begin(), relevant_.end(), [&](const std::string& name) {
    const Slot* slot =
        name != open_.collect->slot && c_.slots.count(name) ? bot_.find_slot(name) : nullptr;
    const nlu::Entity* entity = slot ? entity_for(*slot) : nullptr;
    return entity && entity->span.begin < span.end && span.begin < entity->span.end;
  });
}

// What answers the open question, if anything does. Free text is not decided here.
std::optional<json::value> Reading::answer() {
  if (!open_ || open_.type == InputType::file) return std::nullopt;
  if (const auto entity = entity_value(open_.collect->slot)) {
    if (auto accepted = accept_value(bot_, *open_.collect, *entity, today_)) return accepted;
  }
  if (auto typed = typed_answer()) return accept_value(bot_, *open_.collect, *typed, today_);
  if (open_.slot && segment_ && !is_outside()) {
    for (const SlotMapping& mapping : open_.slot->mappings) {
      if (mapping.kind == SlotMapping::Kind::from_intent && contains(mapping.intents, best())) {
        return accept_value(bot_, *open_.collect, mapping.value, today_);
      }
    }
  }
  return std::nullopt;
}

}  // namespace dialog
