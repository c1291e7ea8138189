// How one message is read: what understand() knows and asks of it. Its own; others call
// dialog/understand.h.
//
// reading.cc knows where the conversation stands and what the intents say, reading_payload.cc reads
// what a button sends, reading_answer.cc what answers the open question; understand.cc decides, and
// reading_segments.cc puts together what several segments say.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dialog/answer.h"
#include "dialog/bot.h"
#include "dialog/command.h"
#include "dialog/conversation.h"
#include "nlu/interpretation.h"

namespace dialog {

// The question that is open: the collect at which the acting flow stands.
struct Question {
  const Collect* collect = nullptr;
  const Slot* slot = nullptr;
  InputType type = InputType::any;
  explicit operator bool() const { return collect != nullptr; }
};

inline bool contains(const std::vector<std::string>& list, std::string_view one) {
  return std::find(list.begin(), list.end(), one) != list.end();
}

// Whether the customer takes something back: "no, I meant …".
bool has_correction_cue(std::string_view text);

// The flows that a text may begin, the likeliest first.
struct Topic {
  std::vector<std::string> flows;
  const Flow* flow = nullptr;  // The first of them
  bool startable = false;      // It is likely enough, and not what runs already.
};

// A value as a payload writes it: true, null, "quoted" or plain.
json::value payload_value(std::string_view text);

// Everything one call knows; one member function a row of docs/understanding-rules.md.
class Reading {
 public:
  Reading(const Bot& bot, const Conversation& conversation, const std::string& text,
          const std::optional<Attachment>& attachment, const nlu::Interpretation& interpretation,
          const std::string& now)
      : bot_(bot),
        c_(conversation),
        text_(text),
        attachment_(attachment),
        said_(interpretation),
        now_(now),
        today_(std::string_view(now).substr(0, 10)),
        open_(question()) {
    if (!said_.segments.empty()) segment_ = &said_.segments.front();
    find_relevant_slots();
  }

  std::vector<Command> of_payload(const std::string& payload);
  std::vector<Command> of_text();
  // What else it says of the running flow than the answer for `except`.
  std::vector<Command> of_values(const std::string& except) const;
  // The flow, with what the text says of its questions.
  std::vector<Command> start(const Flow& flow) const;

  // From now on as if no question was open.
  void close_question() { open_ = {}; }
  std::string open_slot() const { return open_ ? open_.collect->slot : ""; }
  bool takes_free_text() const;  // Whatever is said may be the answer.
  Topic topic() const;
  bool is_certain(const Topic& topic) const;  // One flow, likely enough to be heard over free text.
  const std::string& best() const;
  bool is_outside() const;

 private:
  Question question() const;
  void find_relevant_slots();
  void add_slots_of(const Flow& flow, int depth);

  bool may_fill(const Slot& slot) const;
  std::vector<Command> of_intent_payload(const std::string& intent, const json::object& entities);
  std::optional<std::vector<Command>> set_slots_payload(std::string_view payload);
  std::optional<Command> steering(const std::string& intent) const;
  std::vector<Command> of_attachment() const;

  std::optional<json::value> answer();
  std::optional<json::value> typed_answer() const;
  std::optional<json::value> text_answer() const;
  std::optional<json::value> choice_answer() const;
  std::optional<json::value> confirmation_answer() const;
  std::vector<const Choice*> shown() const;
  const Choice* shown_with_title() const;
  json::value value_of(const Choice& chosen) const;
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

  double p_of_best() const;
  double p_outside() const { return segment_ ? segment_->p_outside : 1; }
  double threshold_of(const Flow& flow, const std::string& intent) const;
  const Flow* flow_for(const std::string& intent) const;
  bool may_start(const Flow& flow) const;
  std::vector<std::string> candidates() const;
  bool is_of_current_group(const Flow& flow) const;
  bool is_bare_value() const;
  bool was_offered_person() const;
  bool was_asked_which() const;
  std::string last_asleep() const;
  std::vector<Command> cannot() const;
  std::vector<Command> of_answer(const json::value& answered) const;
  std::vector<Command> of_no_answer(const Topic& topic) const;

  const Bot& bot_;
  const Conversation& c_;
  const std::string& text_;
  const std::optional<Attachment>& attachment_;
  const nlu::Interpretation& said_;
  const std::string& now_;
  std::string_view today_;
  const nlu::Segment* segment_ = nullptr;
  Question open_;
  std::vector<std::string> relevant_;  // Slots that the acting flow asks for, in order.
};

}  // namespace dialog
