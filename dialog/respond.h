// From a response's name to what the customer reads.
//
// Pure. Values that fill a {slot} never become markup: on channels that read Markdown what would
// be a mark in them is escaped.
#pragma once

#include <string>
#include <string_view>

#include "dialog/bot.h"
#include "dialog/conversation.h"
#include "dialog/event.h"

namespace dialog {

enum class Escape {
  none,      // As it is: a summary, a slot's value, a header
  markdown,  // A reply's text
  url,       // Percent-encoded: a path, a query
};

// What {names} and conditions see: a conversation's slots and the acting frame's context, and
// beside it context.user.id, context.user.name, context.channel and context.language, and how the
// customer sounds: context.sentiment, context.mood and context.urgency. Now is when the
// conversation's last event happened.
class ConversationNames : public Names {
 public:
  // Borrows all; `frame` may be nullptr. `now` for a conversation that has not heard of now yet.
  ConversationNames(const Bot& bot, const Conversation& conversation, const Frame* frame,
                    std::string_view now = {});
  const json::value* slot(std::string_view name) const override;
  const json::value* context(std::string_view dotted_path) const override;
  std::string now() const override;
  std::optional<bool> is_open(std::string_view hours) const override;

 private:
  const Bot& bot_;
  const Conversation& conversation_;
  const Frame* frame_;
  const std::string_view now_;
  mutable json::value made_;  // The last value that was made for context().
};

// The value as people read it: 5 not 5.0, lists with commas, nothing for null.
std::string to_text(const json::value& value);

// `text` with every {slot} and {context.x} filled in; what is no such name stays. When `arguments`
// is given, what each name held is added to it.
std::string fill(std::string_view text, const Names& names, Escape escape,
                 json::object* arguments = nullptr);

// The same within a JSON value: every text in it is filled, and one that is a {slot} and nothing
// else becomes the slot's value, with its kind.
json::value fill_json(const json::value& value, const Names& names);

// Whether replies on `channel` are read as Markdown.
bool reads_markdown(std::string_view channel);

// The reply, without turn and id. Among the variations that fit best (condition and channel, then
// channel, then condition, then neither) one is chosen by the conversation's seed, the number of
// what was visible so far and the name. nullopt when there is no such response.
std::optional<event::Replied> respond(const Bot& bot, const Conversation& conversation,
                                      const Frame* frame, std::string_view response);

// From 0 to below 1, by the text alone, spread evenly.
double share_of(std::string_view text);

// "return_item" → "return item".
std::string in_words(std::string_view id);
// A flow as the conversation's customer knows it.
std::string flow_name(const Flow& flow, std::string_view language);

}  // namespace dialog
