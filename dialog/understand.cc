#include "dialog/understand.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "dialog/answer.h"
#include "dialog/respond.h"
#include "nlu/base/diagnostic.h"
#include "nlu/base/unicode.h"
#include "nlu/builtin_entities.h"

namespace dialog {

namespace {

// A new flow is heard over the answer to a question for free text only when it is this likely.
constexpr double sure = 0.8;
constexpr int call_depth = 8;
constexpr std::size_t set_slots_limit = 16;

// The question that is open: the collect at which the acting flow stands.
struct Question {
  const Collect* collect = nullptr;
  const Slot* slot = nullptr;
  InputType type = InputType::any;
  explicit operator bool() const { return collect != nullptr; }
};

struct Payload {
  std::string intent;
  json::object entities;
};

bool contains(const std::vector<std::string>& list, std::string_view one) {
  return std::find(list.begin(), list.end(), one) != list.end();
}

bool has_correction_cue(std::string_view text);

// Everything one call knows; one member function a row of docs/understanding-rules.md.
class Reading {
 public:
  Reading(const Bot& bot, const Conversation& conversation, const std::string& text,
          const std::optional<Attachment>& attachment, const nlu::Interpretation& interpretation,
          const std::string& today)
      : bot_(bot),
        c_(conversation),
        text_(text),
        attachment_(attachment),
        said_(interpretation),
        today_(today),
        open_(question()) {
    if (!said_.segments.empty()) segment_ = &said_.segments.front();
    find_relevant_slots();
  }

  std::vector<Command> of_payload(const std::string& payload);
  std::vector<Command> of_text();

 private:
  Question question() const;
  void find_relevant_slots();
  void add_slots_of(const Flow& flow, int depth);

  bool may_fill(const Slot& slot) const;
  std::vector<Command> of_intent_payload(const Payload& payload);
  std::optional<std::vector<Command>> set_slots_payload(std::string_view payload);
  std::optional<Command> steering(const std::string& intent) const;
  std::vector<Command> of_attachment() const;

  std::optional<json::value> answer();
  std::optional<json::value> typed_answer() const;
  std::optional<json::value> text_answer() const;
  std::optional<json::value> choice_answer() const;
  std::optional<json::value> confirmation_answer() const;
  std::optional<json::value> shown_choice() const;
  const nlu::Entity* entity_for(const Slot& slot) const;
  std::optional<json::value> entity_value(const std::string& slot) const;
  std::vector<std::string> by_mention(const std::vector<std::string>& slots) const;
  void fill_others(std::vector<Command>& commands, const std::string& except,
                   const std::vector<std::string>& relevant, bool may_correct,
                   std::optional<nlu::Span> answer) const;
  nlu::Span span_of(const json::value& answered) const;
  bool belongs_elsewhere(const json::value& answered) const;
  void fill_from_intent(std::vector<Command>& commands) const;
  bool is_correction(const std::vector<Command>& commands) const;
  bool is_in_use(const std::string& slot) const;

  const std::string& best() const;
  double p_of_best() const;
  double p_outside() const { return segment_ ? segment_->p_outside : 1; }
  bool is_outside() const;
  double threshold_of(const Flow& flow, const std::string& intent) const;
  const Flow* flow_for(const std::string& intent) const;
  bool may_start(const Flow& flow) const;
  std::vector<std::string> candidates() const;
  std::vector<Command> start(const Flow& flow) const;
  bool is_of_current_group(const Flow& flow) const;
  bool was_offered_person() const;
  std::vector<Command> cannot() const;

  const Bot& bot_;
  const Conversation& c_;
  const std::string& text_;
  const std::optional<Attachment>& attachment_;
  const nlu::Interpretation& said_;
  const std::string& today_;
  const nlu::Segment* segment_ = nullptr;
  Question open_;
  std::vector<std::string> relevant_;  // Slots that the acting flow asks for, in order.
};

// ---- where the conversation stands ----

Question Reading::question() const {
  if (c_.stack.empty()) return {};
  const Frame& top = c_.stack.back();
  const Flow* flow = bot_.find_flow(top.flow);
  const Step* step = flow ? flow->find_step(top.step) : nullptr;
  const auto* collect = step ? std::get_if<Collect>(&step->what) : nullptr;
  if (!collect) return {};
  return {collect, bot_.find_slot(collect->slot), answer_type(bot_, *collect)};
}

void Reading::add_slots_of(const Flow& flow, int depth) {
  for (const Step& step : flow.steps) {
    const auto* collect = std::get_if<Collect>(&step.what);
    if (collect && !contains(relevant_, collect->slot)) relevant_.push_back(collect->slot);
    const auto* call = std::get_if<Call>(&step.what);
    const Flow* called = call && depth < call_depth ? bot_.find_flow(call->flow) : nullptr;
    if (called) add_slots_of(*called, depth + 1);
  }
}

// Only of the acting flow and its callers: an entity must not leak into a flow that sleeps.
void Reading::find_relevant_slots() {
  std::size_t begin = c_.stack.size();
  while (begin > 0) {
    --begin;
    if (c_.stack[begin].parent == 0 && !c_.stack[begin].flow.starts_with("pattern_")) break;
  }
  for (; begin < c_.stack.size(); ++begin) {
    if (const Flow* flow = bot_.find_flow(c_.stack[begin].flow)) add_slots_of(*flow, 0);
  }
}

// ---- payloads ----

// "/name{…}" and "/name"; nullopt: plain text.
std::optional<Payload> parse_intent_payload(std::string_view payload) {
  if (payload.size() < 2 || payload.front() != '/') return std::nullopt;
  payload.remove_prefix(1);
  const std::size_t brace = payload.find('{');
  Payload parsed;
  parsed.intent = std::string(trimmed(payload.substr(0, brace)));
  const bool is_name =
      !parsed.intent.empty() && std::all_of(parsed.intent.begin(), parsed.intent.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '/';
      });
  if (!is_name) return std::nullopt;
  if (brace != std::string_view::npos) {
    const auto entities = nlu::parse_json(trimmed(payload.substr(brace)));
    if (!entities || !entities->is_object()) return std::nullopt;
    parsed.entities = entities->get_object();
  }
  return parsed;
}

json::value payload_value(std::string_view text) {
  if (text == "null" || text == "undefined") return nullptr;
  if (text == "true" || text == "True") return true;
  if (text == "false" || text == "False") return false;
  const bool quoted = text.size() > 1 && (text.front() == '"' || text.front() == '\'') &&
                      text.back() == text.front();
  return json::value(quoted ? text.substr(1, text.size() - 2) : text);
}

// A page or a customer can write any payload, so what is the flows' own stays so.
bool Reading::may_fill(const Slot& slot) const {
  return !slot.is_controlled() || (open_ && open_.collect->slot == slot.name);
}

// /SetSlots(a=b, c="d, e"); nullopt: it is none.
std::optional<std::vector<Command>> Reading::set_slots_payload(std::string_view payload) {
  constexpr std::string_view begin = "/SetSlots(";
  if (!payload.starts_with(begin) || !payload.ends_with(')')) return std::nullopt;
  payload = payload.substr(begin.size(), payload.size() - begin.size() - 1);
  std::vector<Command> commands;
  std::size_t from = 0;
  char quote = 0;
  for (std::size_t i = 0; i <= payload.size(); ++i) {
    const char c = i < payload.size() ? payload[i] : ',';
    if (quote) {
      if (c == quote && i < payload.size()) quote = 0;
      if (i < payload.size()) continue;
    } else if (c == '"' || c == '\'') {
      quote = c;
      continue;
    }
    if (c != ',') continue;
    const std::string_view part = trimmed(payload.substr(from, i - from));
    from = i + 1;
    const std::size_t equals = part.find('=');
    const std::string name(trimmed(part.substr(0, equals)));
    const Slot* slot = bot_.find_slot(name);
    if (equals == std::string_view::npos || !slot || !may_fill(*slot)) continue;
    if (commands.size() == set_slots_limit) break;
    commands.emplace_back(
        command::SetSlot{name, payload_value(trimmed(part.substr(equals + 1))), "payload"});
  }
  if (commands.empty()) commands.emplace_back(command::CannotHandle{"unsure"});
  return commands;
}

std::vector<Command> Reading::of_payload(const std::string& payload) {
  if (auto slots = set_slots_payload(payload)) return *slots;
  const auto parsed = parse_intent_payload(payload);
  if (!parsed) return of_text();
  if (parsed->intent == "flow") {
    const auto name = nlu::get_string(parsed->entities, "name");
    return {command::StartFlow{std::string(name.value_or(""))}};
  }
  return of_intent_payload(*parsed);
}

std::vector<Command> Reading::of_intent_payload(const Payload& payload) {
  std::vector<Command> commands;
  const Understanding& u = bot_.understanding;
  if (was_offered_person() && payload.intent == u.deny) return {};
  if (was_offered_person() && payload.intent == u.affirm) return {command::HumanHandover{}};
  const bool yes = payload.intent == u.affirm, no = payload.intent == u.deny;
  if (open_ && open_.type == InputType::confirmation && (yes || no)) {
    return {command::SetSlot{open_.collect->slot, yes, "payload"}};
  }
  if (const auto steer = steering(payload.intent)) return {*steer};
  const Flow* flow = flow_for(payload.intent);
  if (flow) commands.emplace_back(command::StartFlow{flow->id});
  for (const auto& member : payload.entities) {
    for (const auto& [name, slot] : bot_.slots) {
      const bool mapped =
          name == member.key() ||
          std::any_of(slot.mappings.begin(), slot.mappings.end(), [&](const SlotMapping& mapping) {
            return mapping.kind == SlotMapping::Kind::from_entity && mapping.entity == member.key();
          });
      if (mapped && may_fill(slot)) {
        commands.emplace_back(command::SetSlot{name, member.value(), "payload"});
      }
    }
  }
  if (commands.empty()) commands.emplace_back(command::CannotHandle{"unsure"});
  return commands;
}

// ---- intents ----

const std::string& Reading::best() const {
  static const std::string none;
  return segment_ && !segment_->intents.empty() ? segment_->intents.front().name : none;
}

double Reading::p_of_best() const {
  return segment_ && !segment_->intents.empty() ? segment_->intents.front().p : 0;
}

bool Reading::is_outside() const {
  return best().empty() || best() == bot_.understanding.out_of_scope ||
         p_outside() > bot_.understanding.outside_threshold;
}

double Reading::threshold_of(const Flow& flow, const std::string& intent) const {
  for (const Trigger& trigger : flow.triggers) {
    if (trigger.intent == intent && trigger.threshold > 0) return trigger.threshold;
  }
  return bot_.understanding.intent_threshold;
}

bool Reading::may_start(const Flow& flow) const {
  const ConversationNames names(c_, nullptr);
  return !flow.is_pattern && (!flow.guard || flow.guard->evaluate(names));
}

// The flow that an intent starts: by its trigger, else the flow of its name.
const Flow* Reading::flow_for(const std::string& intent) const {
  if (intent.empty()) return nullptr;
  for (const auto& [id, flow] : bot_.flows) {
    const bool triggers = std::any_of(flow.triggers.begin(), flow.triggers.end(),
                                      [&](const Trigger& t) { return t.intent == intent; });
    if (triggers && may_start(flow)) return &flow;
  }
  const Flow* named = bot_.find_flow(intent);
  return named && named->triggers.empty() && may_start(*named) ? named : nullptr;
}

// Intents with a meaning of their own, whatever flow is running. One that starts a flow of the
// bot's is that flow's.
std::optional<Command> Reading::steering(const std::string& intent) const {
  const Understanding& u = bot_.understanding;
  if (intent.empty() || flow_for(intent)) return std::nullopt;
  if (intent == u.handover) return command::HumanHandover{};
  if (intent == u.cancel) return command::CancelFlow{};
  if (intent == u.repeat) return command::Repeat{};
  if (intent == u.restart) return command::Restart{};
  if (intent == u.skip) return command::SkipQuestion{};
  if (intent == u.chitchat) return command::ChitChat{};
  return std::nullopt;
}

// Flows that the utterance may mean, likeliest first: the best intent's, and those nearly as
// likely.
std::vector<std::string> Reading::candidates() const {
  std::vector<std::string> flows;
  if (!segment_) return flows;
  const double unsure_below = p_of_best() - bot_.understanding.ambiguity_margin;
  const bool between = segment_->p_between > 0.5;
  for (std::size_t i = 0; i < segment_->intents.size() && flows.size() < 4; ++i) {
    const nlu::ScoredIntent& intent = segment_->intents[i];
    if (i > 0 && intent.p < unsure_below && !(between && i == 1)) break;
    const Flow* flow = flow_for(intent.name);
    if (!flow) {
      if (i == 0) break;
      continue;
    }
    if (!contains(flows, flow->id)) flows.push_back(flow->id);
  }
  return flows;
}

bool Reading::is_of_current_group(const Flow& flow) const {
  for (std::size_t i = c_.stack.size(); i-- > 0;) {
    if (c_.stack[i].flow == flow.id) return true;
    if (c_.stack[i].parent == 0) break;
  }
  return false;
}

bool Reading::was_offered_person() const {
  return !c_.last_replies.empty() && c_.last_replies.back().response == "utter_offer_person";
}

// ---- answers ----

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

std::optional<json::value> Reading::confirmation_answer() const {
  const Understanding& u = bot_.understanding;
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
  std::vector<const Choice*> shown;
  if (!c_.last_replies.empty()) {
    for (const Choice& choice : c_.last_replies.back().buttons) shown.push_back(&choice);
    for (const Choice& choice : c_.last_replies.back().quick_replies) shown.push_back(&choice);
  }
  const std::string folded = nlu::fold(trimmed(text_));
  const Choice* chosen = nullptr;
  for (const Choice* one : shown) {
    if (nlu::fold(one->title) == folded) chosen = one;
  }
  static const std::map<std::string, std::size_t> ordinals = {
      {"first", 1}, {"second", 2}, {"third", 3},  {"fourth", 4}, {"fifth", 5},
      {"1", 1},     {"2", 2},      {"3", 3},      {"4", 4},      {"5", 5},
      {"1st", 1},   {"2nd", 2},    {"3rd", 3},    {"4th", 4},    {"one", 1},
      {"two", 2},   {"three", 3},  {"第一个", 1}, {"第二个", 2}, {"第三个", 3}};
  static const std::set<std::string> around = {"the", "one",  "number", "option", "please", ".",
                                               "i",   "take", "want",   "choose", "nr",     "no"};
  if (!chosen && !shown.empty()) {
    std::size_t position = 0;
    const auto whole = ordinals.find(folded);
    if (whole != ordinals.end()) {
      position = whole->second;
    } else {
      for (const nlu::Word& word : nlu::split_words(text_, 8)) {
        const auto ordinal = ordinals.find(word.folded);
        if (ordinal != ordinals.end() && !(word.folded == "one" && position)) {
          position = ordinal->second;
        } else if (word.folded == "last") {
          position = shown.size();
        } else if (!around.count(word.folded)) {
          position = 0;
          break;
        }
      }
    }
    if (position >= 1 && position <= shown.size()) chosen = shown[position - 1];
  }
  if (!chosen) return std::nullopt;
  const std::string prefix = fmt::format("/SetSlots({}=", open_.collect->slot);
  if (chosen->payload.starts_with(prefix) && chosen->payload.ends_with(')')) {
    return payload_value(std::string_view(chosen->payload)
                             .substr(prefix.size(), chosen->payload.size() - prefix.size() - 1));
  }
  return chosen->payload.starts_with('/') ? json::value(chosen->title)
                                          : json::value(chosen->payload);
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

// Whether the customer takes something back: "no, I meant …".
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

// "Sorry, I meant order 10555": whatever flow that sounds like, it takes an answer back. A question
// does not: "sorry, where is order 10555?"
bool Reading::is_correction(const std::vector<Command>& commands) const {
  const bool corrects = std::any_of(commands.begin(), commands.end(), [](const Command& one) {
    return std::holds_alternative<command::CorrectSlot>(one);
  });
  const bool asks = text_.find('?') != std::string::npos || text_.find("？") != std::string::npos;
  return corrects && !asks && has_correction_cue(text_);
}

// The slots in the order of the flows' questions, but first those that the text names.
std::vector<std::string> Reading::by_mention(const std::vector<std::string>& slots) const {
  const std::string folded = nlu::fold(text_);
  std::vector<std::string> ordered = slots;
  std::stable_partition(ordered.begin(), ordered.end(), [&](const std::string& name) {
    return folded.find(in_words(name)) != std::string::npos;
  });
  return ordered;
}

// Whether a flow that runs or sleeps works with the slot's value; else it is left from an earlier
// one.
bool Reading::is_in_use(const std::string& slot) const {
  return std::any_of(c_.stack.begin(), c_.stack.end(),
                     [&](const Frame& frame) { return contains(frame.collected, slot); });
}

// Entities of other slots that the flows ask for; of one that is filled already, a correction, or a
// new value when a flow begins and the old one was left over.
// What stands in `answer` is the open question's, and one place in the text fills one slot only.
void Reading::fill_others(std::vector<Command>& commands, const std::string& except,
                          const std::vector<std::string>& relevant, bool may_correct,
                          std::optional<nlu::Span> answer) const {
  std::vector<nlu::Span> used;
  if (answer) used.push_back(*answer);
  for (const std::string& name : by_mention(relevant)) {
    const Slot* slot = bot_.find_slot(name);
    if (name == except || !slot) continue;
    const nlu::Entity* entity = entity_for(*slot);
    if (!entity) continue;
    const bool is_taken = std::any_of(used.begin(), used.end(), [&](const nlu::Span& span) {
      return entity->span.begin < span.end && span.begin < entity->span.end;
    });
    if (is_taken) continue;
    const auto value = accept_for_slot(*slot, json::value(entity->value));
    if (!value) continue;
    used.push_back(entity->span);
    const auto held = c_.slots.find(name);
    if (held == c_.slots.end()) {
      commands.emplace_back(command::SetSlot{name, *value, "entity"});
    } else if (may_correct && held->second != *value) {
      commands.emplace_back(command::CorrectSlot{name, *value, "entity"});
    } else if (!may_correct && held->second != *value && !is_in_use(name)) {
      commands.emplace_back(command::SetSlot{name, *value, "entity"});
    }
  }
}

// Where the answer stands; the whole text when that cannot be told.
nlu::Span Reading::span_of(const json::value& answered) const {
  const std::string value = to_text(answered);
  if (open_.slot) {
    const nlu::Entity* entity = entity_for(*open_.slot);
    if (entity && entity->value == value) return entity->span;
  }
  const std::size_t at = value.empty() ? std::string::npos : text_.find(value);
  if (at == std::string::npos) return {0, text_.size()};
  return {at, at + value.size()};
}

void Reading::fill_from_intent(std::vector<Command>& commands) const {
  for (const std::string& name : relevant_) {
    const Slot* slot = bot_.find_slot(name);
    if (!slot || c_.slots.count(name) || (open_ && open_.collect->slot == name)) continue;
    for (const SlotMapping& mapping : slot->mappings) {
      if (mapping.kind != SlotMapping::Kind::from_intent) continue;
      if (!contains(mapping.intents, best()) || contains(mapping.not_intents, best())) continue;
      commands.emplace_back(command::SetSlot{name, mapping.value, "intent"});
      break;
    }
  }
}

// ---- the decision ----

std::vector<Command> Reading::start(const Flow& flow) const {
  std::vector<Command> commands{command::StartFlow{flow.id}};
  Reading starting(*this);
  starting.relevant_.clear();
  starting.add_slots_of(flow, 0);
  fill_others(commands, "", starting.relevant_, false, std::nullopt);
  starting.open_ = {};
  starting.fill_from_intent(commands);
  return commands;
}

std::vector<Command> Reading::of_attachment() const {
  if (open_ && open_.type == InputType::file) {
    return {command::SetSlot{open_.collect->slot, to_json(*attachment_), "text"}};
  }
  return {command::CannotHandle{"nothing_to_answer"}};
}

std::vector<Command> Reading::cannot() const {
  const bool typed = open_ && open_.type != InputType::any && open_.type != InputType::text;
  const bool patterned = open_ && open_.collect->matches.has_value();
  if (typed || patterned) return {command::CannotHandle{"invalid_answer"}};
  return {command::CannotHandle{is_outside() ? "outside" : "unsure"}};
}

std::vector<Command> Reading::of_text() {
  if (attachment_) return of_attachment();
  if (trimmed(text_).empty()) return {command::CannotHandle{"nothing_to_answer"}};

  const Understanding& u = bot_.understanding;
  const bool heard = !is_outside() && p_of_best() >= u.intent_threshold;
  const bool answers_confirmation = open_ && open_.type == InputType::confirmation;
  if (was_offered_person() && heard && !answers_confirmation) {
    if (best() == u.affirm) return {command::HumanHandover{}};
    if (best() == u.deny) return {};
  }
  auto answered = answer();

  if (answered && !entity_value(open_.collect->slot) && belongs_elsewhere(*answered)) {
    answered = std::nullopt;
  }

  // "the first" may look like anything to the classifier, and "no" like a cancellation: what fits
  // the question to the letter is its answer, what steers the talk comes next.
  const bool literal = answered && (answers_confirmation || open_.type == InputType::choice ||
                                    trimmed(text_).size() <= to_text(*answered).size() + 2);
  if (heard && !literal) {
    if (const auto steer = steering(best())) {
      const bool needs_question = std::holds_alternative<command::SkipQuestion>(*steer);
      if (!needs_question || open_) return {*steer};
    }
  }

  std::vector<std::string> flows = candidates();
  const Flow* flow = flows.empty() ? nullptr : bot_.find_flow(flows.front());
  const bool startable = flow && !is_outside() && p_of_best() >= threshold_of(*flow, best()) &&
                         !is_of_current_group(*flow);

  if (open_) {
    const std::string& asked = open_.collect->slot;
    std::vector<Command> commands;
    if (answered) {
      const auto held = c_.slots.find(asked);
      if (held == c_.slots.end() || held->second != *answered || c_.stack.back().waiting) {
        const char* by = entity_value(asked) ? "entity" : "text";
        commands.emplace_back(command::SetSlot{asked, *answered, by});
      }
      fill_others(commands, asked, relevant_, true, span_of(*answered));
      fill_from_intent(commands);
      return commands;
    }
    const bool free_text = open_.type == InputType::text && !open_.collect->matches;
    if (!free_text || has_correction_cue(text_)) {
      fill_others(commands, asked, relevant_, true, std::nullopt);
    }
    const bool begins_flow = startable && p_of_best() >= sure && !is_correction(commands);
    if (!commands.empty() && !begins_flow) return commands;
    const bool from_text =
        open_.slot &&
        std::any_of(open_.slot->mappings.begin(), open_.slot->mappings.end(), [](const auto& m) {
          return m.kind == SlotMapping::Kind::from_text || m.kind == SlotMapping::Kind::from_llm;
        });
    const bool any_text = open_.type == InputType::any && from_text;
    if ((free_text && from_text) || any_text) {
      if (startable && p_of_best() >= sure && flows.size() < 2) return start(*flow);
      return {command::SetSlot{asked, json::value(trimmed(text_)), "text"}};
    }
  }

  if (startable) {
    if (flows.size() > 1) return {command::Clarify{flows}};
    return start(*flow);
  }
  std::vector<Command> commands;
  if (heard) fill_from_intent(commands);
  if (!commands.empty()) return commands;
  if (heard && flow && is_of_current_group(*flow)) return {command::StartFlow{flow->id}};
  return cannot();
}

}  // namespace

std::vector<Command> understand(const Bot& bot, const Conversation& conversation,
                                const std::string& text, const std::string& payload,
                                const std::optional<Attachment>& attachment,
                                const nlu::Interpretation& interpretation,
                                const std::string& today) {
  // A payload that is plain text was said; so was a "/…" that somebody typed.
  const bool typed = payload.empty() && text.starts_with('/');
  const bool plain = !payload.empty() && payload.front() != '/';
  const std::string& said = plain ? payload : text;
  Reading reading(bot, conversation, said, attachment, interpretation, today);
  if (!payload.empty() && !plain) return reading.of_payload(payload);
  return typed ? reading.of_payload(text) : reading.of_text();
}

}  // namespace dialog
