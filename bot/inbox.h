// What `usher inbox` shows: utterances of kept conversations that can teach the bot, in groups of
// similar ones.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "bot/conversation_source.h"
#include "bot/inbox_memory.h"
#include "dialog/bot.h"
#include "dialog/inbox.h"
#include "nlu/base/json.h"
#include "nlu/interpreter.h"

namespace bot {

// One wording, as it was said last.
struct InboxItem {
  std::string id;            // "u" and 10 hex digits: of the conversation and the place in it
  std::string conversation;  // Its id, 32 hex digits
  dialog::Millis ts = 0;
  std::string text;
  std::string wording;
  std::size_t count = 1;  // How often it was said
  std::vector<dialog::InboxReason> reasons;
  std::vector<std::string> names;  // Of the customer
  nlu::Interpretation then;        // What was understood
  nlu::Interpretation now;         // What the present model understands; no segments: there is none
};

struct InboxGroup {
  std::string id;  // "g" and 10 hex digits, of all its wordings: another group has another id.
  std::vector<InboxItem> items;  // The most frequent first; the first is what the group is like.
  std::size_t count = 0;
  dialog::Millis last = 0;
  std::vector<dialog::InboxReason> reasons;
};

struct InboxQuery {
  dialog::Millis since = 0;
  std::vector<dialog::InboxReason> reasons;  // Empty: any
  dialog::InboxRules rules;
};

struct InboxFound {
  std::vector<InboxItem> items;   // By count, then the latest first.
  std::size_t conversations = 0;  // Read
  std::size_t are_examples = 0;   // Wordings left out, as they are examples
  std::size_t are_done = 0;       // and as they were labelled or dismissed
  std::size_t too_many = 0;       // and as there were over `inbox_wordings` later ones
};
inline constexpr std::size_t inbox_wordings = 20'000;

// The words but for case, spaces and marks: two utterances with the same are the same to the
// letter.
std::string wording_of_text(std::string_view text);

// `labelled`: utterances that examples were taken from already (nlu/taken_examples.h). `now` may be
// nullptr.
nlu::Result<InboxFound> find_inbox(ConversationSource& source, const dialog::Bot& bot,
                                   const InboxQuery& query, const InboxMemory& memory,
                                   const std::vector<std::string>& labelled,
                                   const nlu::Interpreter* now, const std::string& today);

// Similar ones together (nlu/torch/grouping.h), the largest group first.
std::vector<InboxGroup> group_inbox(std::vector<InboxItem> items, const dialog::Bot& bot);
// The group in parts that are more like themselves; one for each wording when it comes to that.
std::vector<InboxGroup> split_group(const InboxGroup& group, const dialog::Bot& bot);

// "outside 0.81; refund_status 0.12, greet 0.03"
std::string guesses(const nlu::Interpretation& interpretation);
nlu::json::object to_json(const InboxGroup& group);

}  // namespace bot
