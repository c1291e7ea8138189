// The fields of every event, in the order they are written; docs/events.md describes them.
#pragma once

#include "dialog/event.h"
#include "dialog/fields.h"

namespace dialog::detail {

template <>
struct EnumNames<Actor> {
  static constexpr std::string_view values[] = {"customer", "bot", "person", "system"};
};
template <>
struct EnumNames<event::FlowEnded::How> {
  static constexpr std::string_view values[] = {"completed", "cancelled", "linked"};
};
template <>
struct EnumNames<event::HandoverChanged::State> {
  static constexpr std::string_view values[] = {"none", "requested", "accepted", "released",
                                                "timed_out"};
};

template <class A>
void fields(A& a, Ref<A, Choice> choice) {
  a("title", choice.title);
  a("payload", choice.payload);
  a("url", choice.url);
}

template <class A>
void fields(A& a, Ref<A, FileRequest> request) {
  a("accept", request.accept);
  a("max_bytes", request.max_bytes);
}

// `open` takes what anyone may read, `personal` what is a customer's own.
template <class A>
void fields(A& open, A& personal, Ref<A, event::ConversationStarted> e) {
  open("bot", e.bot);
  open("channel", e.channel);
  open("language", e.language);
  open("random_seed", e.random_seed);
  open("secret_hash", e.secret_hash);
  personal("sender", e.sender);
}

template <class A>
void fields(A&, A& personal, Ref<A, event::UserIdentified> e) {
  personal("user", e.user);
  personal("name", e.name);
}

template <class A>
void fields(A& open, A&, Ref<A, event::SessionStarted> e) {
  open("session", e.session);
  open("bot_version", e.bot_version);
  open("model_version", e.model_version);
}

template <class A>
void fields(A& open, A&, Ref<A, event::SessionEnded> e) {
  open("reason", e.reason);
}

template <class A>
void fields(A& open, A&, Ref<A, event::LanguageChanged> e) {
  open("language", e.language);
  open("by", e.by);
}

template <class A>
void fields(A& open, A& personal, Ref<A, event::FlowStarted> e) {
  open("frame", e.frame);
  open("flow", e.flow);
  open("by", e.by);
  open("parent", e.parent);
  personal("context", e.context);
}

template <class A>
void fields(A& open, A&, Ref<A, event::FlowInterrupted> e) {
  open("frame", e.frame);
}

template <class A>
void fields(A& open, A&, Ref<A, event::FlowResumed> e) {
  open("frame", e.frame);
}

template <class A>
void fields(A& open, A&, Ref<A, event::FlowEnded> e) {
  open("frame", e.frame);
  open("flow", e.flow);
  open("how", e.how);
}

template <class A>
void fields(A& open, A&, Ref<A, event::StepEntered> e) {
  open("frame", e.frame);
  open("step", e.step);
}

template <class A>
void fields(A& open, A&, Ref<A, event::Asked> e) {
  open("frame", e.frame);
  open("slot", e.slot);
}

template <class A>
void fields(A& open, A& personal, Ref<A, event::SlotSet> e) {
  open("slot", e.slot);
  open("by", e.by);
  open("frame", e.frame);
  personal("value", e.value);
}

template <class A>
void fields(A& open, A& personal, Ref<A, event::ActionStarted> e) {
  open("effect", e.effect);
  open("frame", e.frame);
  open("step", e.step);
  open("method", e.method);
  open("repeatable", e.repeatable);
  open("action", e.action);
  personal("path", e.path);
}

template <class A>
void fields(A& open, A&, Ref<A, event::ActionFinished> e) {
  open("effect", e.effect);
  open("outcome", e.outcome);
  open("status", e.status);
  open("error", e.error);
  open("took_ms", e.took_ms);
}

template <class A>
void fields(A& open, A& personal, Ref<A, event::Replied> e) {
  open("turn", e.turn);
  open("id", e.id);
  open("response", e.response);
  open("upload", e.upload);
  personal("arguments", e.arguments);
  personal("text", e.text);
  personal("buttons", e.buttons);
  personal("quick_replies", e.quick_replies);
  personal("image_url", e.image_url);
  personal("image_alt", e.image_alt);
  personal("attachment_url", e.attachment_url);
  personal("custom", e.custom);
}

template <class A>
void fields(A& open, A& personal, Ref<A, event::PersonWrote> e) {
  open("id", e.id);
  open("by", e.by);
  personal("text", e.text);
}

template <class A>
void fields(A& open, A& personal, Ref<A, event::HandoverChanged> e) {
  open("state", e.state);
  open("by", e.by);
  open("queue", e.queue);
  personal("summary", e.summary);
  personal("about", e.about);
}

template <class A>
void fields(A& open, A& personal, Ref<A, event::FeedbackGiven> e) {
  open("id", e.id);
  open("about", e.about);
  open("rating", e.rating);
  personal("comment", e.comment);
}

template <class A>
void fields(A& open, A&, Ref<A, event::TimerSet> e) {
  open("timer", e.timer);
  open("kind", e.kind);
  open("due", e.due);
}

template <class A>
void fields(A& open, A&, Ref<A, event::TimerEnded> e) {
  open("timer", e.timer);
  open("fired", e.fired);
}

template <class A>
void fields(A& open, A&, Ref<A, event::Failed> e) {
  open("what", e.what);
}

template <class A>
void fields(A& open, A&, Ref<A, event::FlowParked> e) {
  open("frame", e.frame);
  open("event", e.event);
}

template <class A>
void fields(A& open, A&, Ref<A, event::FlowWoken> e) {
  open("frame", e.frame);
  open("by", e.by);
}

template <class A>
void fields(A& open, A& personal, Ref<A, event::Happened> e) {
  open("name", e.name);
  open("flow", e.flow);
  personal("data", e.data);
  personal("slots", e.slots);
}

template <class A>
void fields(A& open, A&, Ref<A, event::LoopAdvanced> e) {
  open("frame", e.frame);
  open("step", e.step);
  open("index", e.index);
}

template <class A>
void fields(A& open, A&, Ref<A, event::SplitTaken> e) {
  open("split", e.split);
  open("arm", e.arm);
}

template <class A>
void fields(A& open, A&, Ref<A, event::ReminderSet> e) {
  open("timer", e.timer);
  open("name", e.name);
  open("flow", e.flow);
  open("unless_heard", e.unless_heard);
}

template <class A>
void fields(A& open, A&, Ref<A, event::VersionChanged> e) {
  open("from", e.from);
  open("to", e.to);
  open("flows", e.flows);
  open("slots", e.slots);
  open("steps", e.steps);
}

}  // namespace dialog::detail
