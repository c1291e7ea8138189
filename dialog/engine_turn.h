// One call of advance() under way. Internal to the engine.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dialog/engine.h"
#include "dialog/respond.h"
#include "dialog/trace.h"

namespace dialog {

// Every change is an event, folded into `c` at once: what later steps see is what a replay sees.
//
// A frame's step is the one to carry out next, never one that is done; so a flow that gets control
// again simply goes on. The one exception is a step whose effect is out.
class Turn {
 public:
  Turn(const Bot& bot, const Conversation& conversation, Millis now, const EngineLimits& limits,
       Trace* trace)
      : bot_(bot), c_(conversation), now_(now), limits_(limits), trace_(trace) {}

  // engine.cc
  void take(const input::Opened& opened);
  void take(const input::Said& said);
  void take(const input::ActionReturned& returned);
  void take(const input::TimerFired& fired);
  void take(const input::PersonAccepted& accepted);
  void take(const input::PersonWrote& wrote);
  void take(const input::PersonReleased& released);
  void take(const input::FeedbackGiven& feedback);
  void take(const input::Happened& happened);
  void take_version();  // Before the input: the bot may be another than the conversation knew.
  Advance finish() {
    out_.next = std::move(c_);
    return std::move(out_);
  }

 private:
  // ---- events (engine.cc) ----
  void emit(EventBody body, Actor actor = Actor::system);
  void reply(event::Replied reply);
  void say(std::string_view response, const Frame* frame = nullptr);
  // Says `fallback` where the bot has no such response.
  void say_or(std::string_view response, std::string_view fallback, const Frame* frame = nullptr);
  bool has_replied() const;
  void fail(std::string what);
  void set_timer(std::string kind, Millis due);
  void cancel_timers(std::string_view kind);
  void change_handover(event::HandoverChanged::State state, const std::string& by,
                       const std::string& queue, std::string summary, Actor actor);

  // ---- sessions (engine.cc) ----
  void start_session(const std::string& model_version);
  void end_session(std::string reason);
  void idle_timer_fired();
  bool is_stale() const;
  bool check_version();
  void never_silent();

  // ---- commands (engine_commands.cc) ----
  void obey(const std::vector<Command>& commands);
  bool calls_person(const Command& command) const;
  std::vector<Command> heard(const std::vector<Command>& commands);
  void take_slots(std::span<const Command> commands);
  void start_flows(std::span<const Command> commands, const std::string& told);
  void start_flow(const std::string& flow, json::object context = {});
  bool guard_holds(const Flow& flow);  // Of one that has a guard
  bool asks_nothing(const Flow& flow, int depth = 0) const;
  void set_said(const json::object& context);
  bool changes_answer(const command::SetSlot& set) const;
  bool is_refused(const Slot& slot, const json::value& before, std::uint64_t holder);
  void set_slot(const command::SetSlot& set);
  void correct(const std::vector<command::CorrectSlot>& corrections);
  void cannot_handle(const std::string& reason);
  void clarify(const std::vector<std::string>& flows);
  void cancel();
  void restart();

  // ---- running (engine_steps.cc) ----
  void run();
  void run_pattern(const char* id, json::object context = {});
  bool step_once();  // false: the top frame waits.
  void enter(std::uint64_t frame, const Flow& flow, Target target);
  void go_on(std::uint64_t frame, const Flow& flow, const Step& step);
  // Evaluates, and writes down in the trace, which there is, what came of it. nullptr: else.
  bool traced(const Condition* condition, const Names& names, Judged place);
  std::uint64_t push(const std::string& flow, std::string by, std::uint64_t parent,
                     json::object context = {});
  void end_frame(std::uint64_t frame, event::FlowEnded::How how);
  void end_group(std::uint64_t frame, event::FlowEnded::How how);
  void reset_slots(const Frame& frame);
  void reset_slot(const std::string& slot, std::uint64_t frame);
  // Whether another flow that runs, sleeps or waits has asked or set it.
  bool is_held(const std::string& slot, std::uint64_t but_for) const;
  bool is_kept(const std::string& slot, const Flow& flow, int depth = 0) const;

  std::string today_for(const Collect& collect) const;
  bool do_collect(const Flow& flow, const Step& step, const Collect& collect);
  void ask(const Collect& collect, const Frame& frame);
  void name_put_off();
  bool rejects(const Rejection& rejection);  // The value that the top frame asked for
  bool is_rejected(const Collect& collect);
  const Rejection* rejection_of(const std::vector<Rejection>& rejections);
  void do_set_slots(const SetSlots& set);
  void forget_answers(const Flow& flow, std::size_t begin, std::size_t end, std::uint64_t frame,
                      int depth = 0);
  bool do_foreach(const Flow& flow, const Step& step, const ForEach& loop);
  void do_split(const Flow& flow, const Split& split);
  bool do_http(const Step& step, const Http& http);
  // ---- the action server (engine_actions.cc) ----
  bool call_action(const Step& step, const std::string& action);
  void action_returned(const std::string& action, const HttpOutcome& outcome, std::uint64_t frame);
  nlu::Result<void> take_action(const std::string& action, const json::value& body);
  void take_tracker_events(const json::value& events);
  void action_failed(const Flow& flow, const Step& step, const std::string& action,
                     std::uint64_t frame, const HttpOutcome& outcome);

  bool do_call(const Call& call);
  void do_link(const std::string& flow);
  bool do_handover(const Flow& flow, const Step& step, const Handover& handover);
  bool is_desk_open(const std::string& queue) const;
  void request_handover(const Handover& handover);
  void nobody_came();
  // Whether something comes behind the step at which the top frame stands, there or in a caller.
  bool leads_on() const;
  bool is_handed_over(std::string_view flow) const;  // It waits for a person to come, or not.
  // Flows that wait for a person: they go on, as nobody came, or end, as somebody did.
  void take_back_flows();
  void end_handed_over();
  std::string summary() const;
  json::object about_handover() const;

  // ---- time (engine_time.cc) ----
  bool do_wait(const Wait& wait);
  void do_remind(const Remind& remind);
  // The flow that waits, with the first frame `root`, goes on.
  void wake(std::uint64_t root, const std::string& by, const json::value& data);
  bool begin(const std::string& flow, const std::string& by);
  void give_up(const Parked& parked);
  void timer_woke(const std::string& kind, std::uint64_t root);
  void timer_reminds(const Reminder& reminder);
  void start_reminder(Reminder reminder, Millis due);
  void silence_timer_fired();
  void await_answer();
  void forget_what_waits();
  void forget_reminders(bool (*is_meant)(const Reminder&));
  bool is_busy() const;  // Somebody else has the conversation, or a call is out.
  void ensure_session();

  // ---- HTTP's results (engine_http.cc) ----
  HttpRequest make_request(const Http& http, const Frame& frame) const;
  void take_results(const std::map<std::string, std::string>& results, const json::value& body,
                    std::uint64_t frame);
  bool is_rescued(std::uint64_t frame);
  // Where the best of `entries` leads, else the innermost `try`, else pattern_internal_error;
  // `what` says for people what failed.
  void failed_at(const Flow& flow, const std::vector<OnError>& entries, std::uint64_t frame,
                 const HttpOutcome& outcome, std::string what);

  // ---- patterns' own steps (engine_patterns.cc) ----
  void do_builtin(const std::string& action, const json::object& context);
  void continue_interrupted();
  std::vector<std::size_t> interrupted_flows() const;
  // False: there is no wording for it here.
  bool ask_which(const std::vector<std::size_t>& flows);
  bool was_asked_which() const;
  void record_feedback();
  bool is_put_off(const Frame& frame) const;
  void builtin_pattern(std::string_view id, const json::object& context);
  void clarification(const json::object& context);
  void repeat();
  void step_back(const json::object& corrected);
  void resume(std::uint64_t frame);
  void go_back(std::size_t index, std::size_t acting, std::size_t step);
  void ask_confirmations_again(const Flow& flow, std::size_t from, std::uint64_t id);
  // The first step that `frame` has passed and that asked for one of the slots, or called a flow
  // that did; npos: none.
  std::size_t first_passed(const Flow& flow, const Frame& frame,
                           const std::set<std::string>& slots) const;
  bool asks_for(const Step& step, const std::string& slot, int depth = 0) const;
  std::size_t step_that_asked(const Flow& flow, const Frame& frame, const std::string& slot) const;
  // The first step that asks for the slot, or calls a flow that does; npos: none.
  std::size_t first_step_with(const Flow& flow, const std::string& slot, int depth = 0) const;

  Frame* frame(std::uint64_t id);
  Frame* top() { return c_.stack.empty() ? nullptr : &c_.stack.back(); }
  const Flow* flow_of(const Frame& frame) const { return bot_.find_flow(frame.flow); }
  // The collect that the top frame stands at, waiting or not; nullptr: it stands elsewhere, or
  // sleeps.
  const Collect* open_collect() const;
  std::size_t group_begin(std::size_t index) const;
  bool is_pattern(const Frame& frame) const;
  std::size_t user_frame() const;  // Index of the topmost frame that is no pattern's; npos: none.

  // What a flow waits for that has asked for a person, as event::FlowParked names it.
  static constexpr std::string_view person = "/person";
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);

  const Bot& bot_;
  Conversation c_;
  Millis now_;
  EngineLimits limits_;
  Trace* trace_;
  Advance out_;
  int steps_ = 0;
  int replies_ = 0;
  bool failing_ = false;
  bool yielded_ = false;             // The turn ends here whatever lies on the stack.
  const Flow* completed_ = nullptr;  // What pattern_completed will speak of.
  std::uint64_t asked_ = 0;          // The frame that asked in this turn; 0: none.
  std::set<std::string> corrected_;  // Slots corrected in this turn.
  std::set<std::string> validated_;  // Slots that validate_… has passed in this turn
  std::set<std::string> answered_;   // Answers in this turn to what is asked before it is filled.
};

}  // namespace dialog
