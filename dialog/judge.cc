#include "dialog/judge.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "dialog/answer.h"
#include "dialog/backend_match.h"
#include "dialog/draft.h"
#include "dialog/respond.h"
#include "dialog/telling.h"

namespace dialog {

namespace {

using Heard = Rehearsal::Heard;

bool same_value(const json::value* held, const json::value& expected) {
  if (expected.is_null() || !held) return expected.is_null() && (!held || held->is_null());
  return *held == expected || to_text(*held) == to_text(expected);
}

std::string listed(const std::vector<std::string>& names) {
  return names.empty() ? "nothing" : fmt::format("{}", fmt::join(names, ", "));
}

// Without Markdown's backslashes, and with single spaces.
std::string plain(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size() && std::ispunct(static_cast<unsigned char>(text[i + 1])))
      continue;
    if (c != ' ' && c != '\n' && c != '\t') {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  return std::string(trimmed(out));
}

std::string words_of(const expect::Reply& reply) {
  std::string text = reply.response;
  if (reply.text) text += fmt::format("{}\"{}\"", text.empty() ? "" : " ", *reply.text);
  for (const nlu::Regex& regex : reply.patterns)
    text += fmt::format("{}/{}/", text.empty() ? "" : " ", regex.pattern());
  if (reply.buttons) {
    std::vector<std::string> titles;
    for (const Choice& one : *reply.buttons) titles.push_back(one.title);
    text += fmt::format("{}with buttons: {}", text.empty() ? "" : " ", listed(titles));
  }
  return text.empty() ? "any reply" : text;
}

std::vector<Choice> choices_of(const event::Replied& reply) {
  std::vector<Choice> all = reply.buttons;
  all.insert(all.end(), reply.quick_replies.begin(), reply.quick_replies.end());
  return all;
}

std::vector<std::string> titles_of(const event::Replied& reply) {
  std::vector<std::string> titles;
  for (const Choice& one : choices_of(reply)) titles.push_back(one.title);
  return titles;
}

std::string words_of(const Backend::Entry& request) {
  return fmt::format("{} {}{}{}", request.method.empty() ? "ANY" : request.method, request.path,
                     request.body.is_null() ? "" : " ",
                     request.body.is_null() ? "" : json::serialize(request.body));
}

const char* word_of(expect::FlowChanged::What what) {
  static constexpr const char* words[] = {"started",   "not started", "completed",
                                          "cancelled", "interrupted", "resumed"};
  return words[static_cast<std::size_t>(what)];
}

// One line against one turn.
class Judge {
 public:
  Judge(const Bot& bot, const Line& line, const Heard& heard, const Conversation& after)
      : bot_(bot), line_(line), heard_(heard), after_(after) {}

  std::vector<Complaint> complaints() {
    for (const Expectation& one : line_.expected) {
      last_ = 0;
      std::visit([&](const auto& what) { check(one.mark, what); }, one.what);
      if (line_.in_order && last_ > 0) from_ = last_;
    }
    return std::move(complaints_);
  }

 private:
  void complain(const nlu::Mark& mark, std::string what, std::string expected, std::string got) {
    complaints_.push_back({mark, std::move(what), std::move(expected), std::move(got)});
  }

  // Calls `take` with each event of a kind, from where the order has come to, until it returns
  // true; that event is then what met the expectation.
  template <class Body, class Take>
  bool find(Take take, std::size_t from) {
    for (std::size_t i = from; i < heard_.events.size(); ++i) {
      const auto* body = std::get_if<Body>(&heard_.events[i].body);
      if (!body || !take(*body, i)) continue;
      last_ = std::max(last_, i + 1);
      return true;
    }
    return false;
  }
  template <class Body, class Take>
  bool find(Take take) {
    return find<Body>(take, from_);
  }

  // ---- replies ----

  bool is_named(const std::string& actual, const std::string& expected) const {
    if (expected.empty() || actual == expected) return true;
    // What an action server says has its action's name, which a script writes as it is.
    if (bot_.actions.count(actual) != 0 && expected == response_name(actual)) return true;
    const auto ours = default_names().find(expected);
    return ours != default_names().end() && ours->second == actual && !bot_.find_response(expected);
  }

  bool fits(const event::Replied& reply, const expect::Reply& expected) const {
    if (!is_named(reply.response, expected.response)) return false;
    if (expected.text && plain(*expected.text) != plain(reply.text)) return false;
    const std::string text = plain(reply.text);
    for (const nlu::Regex& regex : expected.patterns) {
      if (!regex.matches_somewhere(reply.text) && !regex.matches_somewhere(text) &&
          text.find(plain(regex.pattern())) == std::string::npos) {
        return false;
      }
    }
    if (!expected.buttons) return true;
    const std::vector<Choice> shown = choices_of(reply);
    return shown.size() == expected.buttons->size() &&
           std::equal(shown.begin(), shown.end(), expected.buttons->begin(),
                      [](const Choice& is, const Choice& wanted) {
                        return is.title == wanted.title &&
                               (wanted.payload.empty() || is.payload == wanted.payload);
                      });
  }

  // Names, and the words too where words were expected.
  std::string replies_as_seen(bool with_words) const {
    std::vector<std::string> all;
    for (const event::Replied& reply : heard_.replies) {
      std::string one = reply.response;
      if (with_words) one += fmt::format(" \"{}\"", reply.text);
      if (with_words && !choices_of(reply).empty())
        one += fmt::format(" with buttons: {}", listed(titles_of(reply)));
      all.push_back(std::move(one));
    }
    return listed(all);
  }

  static bool has_words(const expect::Reply& reply) {
    return reply.response.empty() || reply.text || !reply.patterns.empty() || reply.buttons;
  }

  void check(const nlu::Mark& mark, const expect::Replies& expected) {
    const auto& wanted = expected.replies;
    bool holds = !expected.are_all || wanted.size() == heard_.replies.size();
    std::size_t from = from_;
    for (std::size_t i = 0; holds && i < wanted.size(); ++i) {
      holds = expected.are_all ? fits(heard_.replies[i], wanted[i])
                               : find<event::Replied>(
                                     [&](const event::Replied& one, std::size_t at) {
                                       if (fits(one, wanted[i])) from = at + 1;
                                       return from == at + 1;
                                     },
                                     from);
    }
    if (holds) return;
    std::vector<std::string> names;
    for (const expect::Reply& one : wanted) names.push_back(words_of(one));
    complain(mark, "bot", listed(names),
             replies_as_seen(std::any_of(wanted.begin(), wanted.end(), has_words)));
  }

  void check(const nlu::Mark& mark, const expect::NoReply& expected) {
    const bool came = std::any_of(heard_.replies.begin(), heard_.replies.end(),
                                  [&](const auto& one) { return fits(one, expected.reply); });
    if (came) complain(mark, "not bot", words_of(expected.reply), replies_as_seen(true));
  }

  void check(const nlu::Mark& mark, const expect::Wording& expected) {
    std::string said;
    for (const event::Replied& reply : heard_.replies) said += reply.text + "\n";
    if (expected.pattern.matches_somewhere(said) == expected.is_there) return;
    complain(mark, expected.is_there ? "bot_says" : "not_bot_says", expected.pattern.pattern(),
             said.empty() ? "nothing" : std::string(trimmed(said)));
  }

  void check(const nlu::Mark& mark, const expect::Buttons& expected) {
    std::vector<std::string> titles;
    if (!heard_.replies.empty()) titles = titles_of(heard_.replies.back());
    if (titles != expected.titles)
      complain(mark, "buttons", listed(expected.titles), listed(titles));
  }

  // ---- slots ----

  const json::value* held(const std::string& slot) const {
    const auto found = after_.slots.find(slot);
    return found == after_.slots.end() ? nullptr : &found->second;
  }

  void check(const nlu::Mark& mark, const expect::SlotHolds& expected) {
    const json::value* value = held(expected.slot);
    if (same_value(value, expected.value)) return;
    complain(mark, "slot " + expected.slot, value_text(&expected.value), value_text(value));
  }

  void check(const nlu::Mark& mark, const expect::SlotSet& expected) {
    const auto fits = [&](const json::value* value) {
      return expected.value ? same_value(value, *expected.value) : value && !value->is_null();
    };
    const bool was_set = find<event::SlotSet>([&](const event::SlotSet& set, std::size_t) {
      return set.slot == expected.slot && fits(&set.value);
    });
    const bool holds =
        expected.is_set ? was_set || (!line_.in_order && fits(held(expected.slot))) : !was_set;
    if (holds) return;
    std::vector<std::string> values;
    for (const Event& event : heard_.events) {
      const auto* set = std::get_if<event::SlotSet>(&event.body);
      if (set && set->slot == expected.slot) values.push_back(value_text(&set->value));
    }
    if (values.empty()) values.push_back(value_text(held(expected.slot)));
    complain(mark, (expected.is_set ? "slot " : "slot not set: ") + expected.slot,
             expected.value ? value_text(&*expected.value) : "any value", listed(values));
  }

  // ---- flows ----

  std::string step_before(std::uint64_t frame, std::size_t index) const {
    for (std::size_t i = index; i-- > 0;) {
      const auto* entered = std::get_if<event::StepEntered>(&heard_.events[i].body);
      if (entered && entered->frame == frame) return entered->step;
    }
    for (const Rehearsal::Standing& one : heard_.stack_before) {
      if (one.frame == frame) return one.step;
    }
    return "";
  }

  // Whether the frame is of `flow`, or of one that it called.
  bool is_part_of(std::uint64_t frame, const std::string& flow) const {
    for (; frame != 0; frame = heard_.parent_of(frame)) {
      if (heard_.flow_of(frame) == flow) return true;
    }
    return false;
  }

  // Rasa's "2_collect_amount" is our "2_collect".
  static bool is_step(const std::string& step, const std::string& expected) {
    const bool is_numbered = !step.empty() && step.front() >= '0' && step.front() <= '9';
    return expected.empty() || step == expected ||
           (is_numbered && expected.starts_with(step + "_"));
  }

  bool has_changed(const expect::FlowChanged& expected, const std::string& flow) {
    using What = expect::FlowChanged::What;
    using How = event::FlowEnded::How;
    switch (expected.what) {
      case What::started:
      case What::not_started:
        return find<event::FlowStarted>(
            [&](const event::FlowStarted& e, std::size_t) { return e.flow == flow; });
      case What::completed:  // A flow that leads to another has done its part.
      case What::cancelled:
        return find<event::FlowEnded>([&](const event::FlowEnded& e, std::size_t at) {
          return e.flow == flow &&
                 (e.how == How::cancelled) == (expected.what == What::cancelled) &&
                 is_step(step_before(e.frame, at), expected.step);
        });
      case What::interrupted:
        return find<event::FlowInterrupted>([&](const event::FlowInterrupted& e, std::size_t) {
          return is_part_of(e.frame, flow);
        });
      case What::resumed:
        return find<event::FlowResumed>(
            [&](const event::FlowResumed& e, std::size_t) { return is_part_of(e.frame, flow); });
    }
    return false;
  }

  // What did happen of the kind: "parcel_status at step 2_http".
  std::string changed(const expect::FlowChanged& expected) const {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < heard_.events.size(); ++i) {
      const EventBody& body = heard_.events[i].body;
      const auto* started = std::get_if<event::FlowStarted>(&body);
      const auto* ended = std::get_if<event::FlowEnded>(&body);
      if (started) all.push_back(started->flow + " started");
      if (ended) {
        static constexpr const char* ways[] = {"completed", "cancelled", "linked on"};
        const std::string step = step_before(ended->frame, i);
        all.push_back(fmt::format("{} {}{}", ended->flow,
                                  ways[static_cast<std::size_t>(ended->how)],
                                  expected.step.empty() ? "" : " at step " + step));
      }
      if (const auto* e = std::get_if<event::FlowInterrupted>(&body))
        all.push_back(heard_.flow_of(e->frame) + " interrupted");
      if (const auto* e = std::get_if<event::FlowResumed>(&body))
        all.push_back(heard_.flow_of(e->frame) + " resumed");
    }
    return listed(all);
  }

  void check(const nlu::Mark& mark, const expect::FlowChanged& expected) {
    const bool is_no = expected.what == expect::FlowChanged::What::not_started;
    std::size_t count = 0;
    for (const std::string& flow : expected.flows) count += has_changed(expected, flow) ? 1 : 0;
    const bool holds =
        is_no ? count == 0 : (expected.any ? count > 0 : count == expected.flows.size());
    if (holds) return;
    complain(mark, fmt::format("flow {}", word_of(expected.what)),
             listed(expected.flows) +
                 (expected.step.empty() ? "" : fmt::format(" at step {}", expected.step)),
             changed(expected));
  }

  void check(const nlu::Mark& mark, const expect::Clarified& expected) {
    std::vector<std::string> offered;
    find<event::Commanded>([&](const event::Commanded& one, std::size_t) {
      const auto* clarify = std::get_if<command::Clarify>(&one.command);
      if (clarify) offered = clarify->flows;
      return clarify != nullptr;
    });
    const std::size_t count = offered.size();
    for (std::size_t i = 0; i < count; ++i) {
      if (const Flow* flow = bot_.find_flow(offered[i]))
        offered.push_back(flow_name(*flow, after_.language));
    }
    const bool holds =
        std::all_of(expected.flows.begin(), expected.flows.end(), [&](const std::string& flow) {
          return std::find(offered.begin(), offered.end(), flow) != offered.end();
        });
    if (!holds) complain(mark, "clarification of", listed(expected.flows), listed(offered));
  }

  // ---- the rest ----

  void check(const nlu::Mark& mark, const expect::Calls& expected) {
    const bool holds =
        std::equal(expected.requests.begin(), expected.requests.end(), heard_.calls.begin(),
                   heard_.calls.end(), [](const Backend::Entry& wanted, const HttpRequest& call) {
                     return dialog::fits(wanted, call);
                   });
    if (holds) return;
    std::vector<std::string> wanted, made;
    for (const Backend::Entry& one : expected.requests) wanted.push_back(words_of(one));
    for (const HttpRequest& one : heard_.calls) {
      made.push_back(
          fmt::format("{} {}{}{}", one.method, one.path, one.body.empty() ? "" : " ", one.body));
    }
    complain(mark, "calls", listed(wanted), listed(made));
  }

  bool has_run(const std::string& action) {
    if (action == "action_listen") return true;
    if (action == "action_session_start" && after_.turn <= 1) return true;
    const auto builtin = builtin_action(action);
    return find<event::Replied>(
               [&](const auto& e, std::size_t) { return is_named(e.response, action); }) ||
           find<event::ActionStarted>(
               [&](const auto& e, std::size_t) { return e.action == action; }) ||
           find<event::StepEntered>([&](const auto& e, std::size_t) {
             const Flow* flow = bot_.find_flow(heard_.flow_of(e.frame));
             const Step* step = flow ? flow->find_step(e.step) : nullptr;
             const auto* own = step ? std::get_if<Builtin>(&step->what) : nullptr;
             return own && builtin && own->action == *builtin;
           });
  }

  void check(const nlu::Mark& mark, const expect::ActionRun& expected) {
    if (has_run(expected.action)) return;
    std::vector<std::string> ran;
    for (const event::Replied& one : heard_.replies) ran.push_back(one.response);
    for (const HttpRequest& one : heard_.calls) ran.push_back(one.method + " " + one.path);
    complain(mark, "action", expected.action, listed(ran));
  }

  void check(const nlu::Mark& mark, const expect::Occurs& expected) {
    const bool occurs =
        std::any_of(heard_.events.begin(), heard_.events.end(),
                    [&](const Event& e) { return type_name(e.body) == expected.event; });
    if (occurs) return;
    std::vector<std::string> kinds;
    for (const Event& event : heard_.events) {
      std::string kind(type_name(event.body));
      if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end())
        kinds.push_back(std::move(kind));
    }
    complain(mark, "event", expected.event, listed(kinds));
  }

  void check(const nlu::Mark& mark, const expect::Language& expected) {
    if (expected.language != after_.language)
      complain(mark, "language", expected.language, after_.language);
  }

  const Bot& bot_;
  const Line& line_;
  const Heard& heard_;
  const Conversation& after_;
  std::size_t from_ = 0;  // In order: the first event that may meet the next expectation.
  std::size_t last_ = 0;  // Behind the event that met this one; 0: none did.
  std::vector<Complaint> complaints_;
};

}  // namespace

const std::map<std::string, std::string>& default_names() {
  static const std::map<std::string, std::string> names = {
      {"utter_can_do_something_else", "utter_completed"},
      {"utter_flow_cancelled_rasa", "utter_flow_cancelled"},
      {"utter_corrected_previous_input", "utter_correction"},
      {"utter_flow_continue_interrupted", "utter_continue_interrupted"},
      {"utter_clarification_options_rasa", "utter_clarification"},
      {"utter_internal_error_rasa", "utter_internal_error"},
      {"utter_skip_question_answer", "utter_skip_not_possible"},
      {"utter_human_handoff_not_available", "utter_handover_requested"},
      {"utter_no_knowledge_base", "utter_ask_rephrase"},
      {"utter_free_chitchat_response", "utter_ask_rephrase"},
      {"utter_cannot_handle", "utter_ask_rephrase"},
      {"utter_restart", "utter_restarted"}};
  return names;
}

std::vector<Complaint> judge(const Bot& bot, const Line& line, const Heard& heard,
                             const Conversation& after) {
  return Judge(bot, line, heard, after).complaints();
}

}  // namespace dialog
