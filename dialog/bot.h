// A bot as the engine runs it: what a business wrote, compiled, with every name resolved.
//
// Immutable once loaded (dialog/load.h) and shared by threads. Marks stay, so that a running
// engine and `usher check` can name the line.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "dialog/alert.h"
#include "dialog/backend.h"
#include "dialog/condition.h"
#include "dialog/hours.h"
#include "nlu/base/diagnostic.h"
#include "nlu/base/json.h"
#include "nlu/base/regex.h"
#include "nlu/training_data.h"
#include "nlu/tune_settings.h"

namespace dialog {

using nlu::Mark;

// ---- slots ----

enum class SlotType { text, boolean, categorical, number, list, any };

struct SlotMapping {
  enum class Kind { from_entity, from_intent, from_text, from_llm, controlled };
  Kind kind = Kind::from_llm;
  std::string entity, role, group;   // from_entity
  std::vector<std::string> intents;  // from_intent, and "only if" for the others; empty: any
  std::vector<std::string> not_intents;
  json::value value;  // from_intent
};

// A value that a condition holds for is refused: said, emptied and asked for again.
struct Rejection {
  Condition condition;
  std::string utter;  // Response's name.
  Mark mark;
};

struct Slot {
  std::string name;
  SlotType type = SlotType::text;
  std::vector<std::string> values;    // categorical
  std::optional<double> min, max;     // number
  json::value initial;                // null: none
  std::vector<SlotMapping> mappings;  // In order of preference; never empty.
  bool shared = false;                // Survives flows: persisted everywhere.
  bool personal = false;              // Not told to a webhook, unless that is configured.
  std::vector<Rejection> rejections;  // Of its `validation`: wherever the value comes from.
  Mark mark;

  // Nothing a customer sends fills it, unless a question asks for it: it is the flows' own.
  bool is_controlled() const;
};

// ---- wording ----

// Text with `{slot}` or `{context.x}` in it; nothing else is special.
struct Template {
  std::string text;
};

struct Button {
  Template title;
  std::map<std::string, Template> title_translations;  // By language.
  std::string payload;  // `/intent{"entity":"value"}`, `/SetSlots(a=b)` or plain text; or
  std::string url;      // a link. One of both is empty.
};

struct Variation {
  std::optional<Condition> condition;
  std::string channel;  // Empty: any.
  Template text;
  std::map<std::string, Template> translations;  // By language.
  std::vector<Button> buttons;
  std::vector<Button> quick_replies;
  std::string image_url;  // May hold {slot}, percent-encoded when filled in.
  std::string image_alt;
  std::string attachment_url;
  json::value custom;  // null: none
  Mark mark;
};

struct Response {
  std::string name;  // "utter_ask_order_number"
  std::vector<Variation> variations;
  Mark mark;
};

// ---- flows ----

// Where a step leads: a step of the same flow by index, or its end.
struct Target {
  std::optional<std::size_t> step;  // nullopt: END
};

struct Branch {
  std::optional<Condition> condition;  // nullopt: else
  Target target;
  Mark mark;
};

// What a typed `collect` accepts.
enum class InputType { any, text, number, email, phone, date, choice, confirmation, rating, file };

struct Collect {
  std::string slot;
  std::string utter;  // Response's name; default utter_ask_<slot>.
  InputType type = InputType::any;
  bool has_type = false;              // The author wrote it; else it follows from the slot's.
  std::optional<nlu::Regex> matches;  // Of the whole text.
  std::optional<double> min, max;     // number, rating
  std::vector<std::string> choices;   // choice; a categorical slot's values by default
  std::vector<Rejection> rejections;
  bool ask_before_filling = false;
  bool reset_after_flow_ends = true;
  bool force_slot_filling = false;  // Nothing but an answer is heard.
  std::vector<std::string> accept;  // file: media types, "image/*"
  std::size_t max_bytes = 0;        // file: 0 means the operator's limit
  std::string ask_action;           // Of the action server: asks in place of `utter`
  std::string validate_action;      // Of the same: has the last word on an answer
};

struct Assignment {
  std::string slot;
  json::value value;                        // A text may hold {slot}. null resets.
  std::optional<Expression> computed = {};  // `set`: what it gets instead.
};
struct SetSlots {
  std::vector<Assignment> assignments;
};

struct Say {
  std::string response;  // utter_… ; wording inline is a response made by the loader.
};

// Where an error leads: a step of this flow, or a flow's id.
struct OnError {
  std::string on;
  std::variant<Target, std::string> where;
};

struct Http {
  std::string method;  // GET, POST, PUT, PATCH, DELETE
  std::string path;    // Relative to the bot's backend.url, or absolute; may hold {slot}.
  json::value body;    // null: none; texts may hold {slot}
  std::map<std::string, std::string> headers;
  std::chrono::milliseconds timeout{3000};
  int retries = 0;
  bool idempotent = false;                    // GET always is.
  std::map<std::string, std::string> result;  // slot → JSON path
  // By status ("404"), class ("5xx"), "timeout" or "else".
  std::vector<OnError> on_error;
};

// An action of the business's own, which its action server runs (dialog/action_server.h).
struct Action {
  std::string name;
  std::vector<OnError> on_error;  // "rejected" beside what `http` has
};

struct Call {
  std::string flow;
};
struct Link {
  std::string flow;
};
struct Noop {};
struct Handover {
  std::string queue;
  Template summary;
  std::chrono::seconds timeout{300};
};
// The flow sleeps, off the stack, until so much time has passed or the event has come.
struct Wait {
  std::chrono::milliseconds duration{0};      // 0: no limit; only with an event
  std::string event;                          // Empty: none
  std::map<std::string, std::string> result;  // slot → JSON path in the event's data
  std::optional<Target> on_timeout;           // Of an event; else as if it had come
};
// Later a flow begins by itself.
struct Remind {
  std::string name;                       // For `cancel`, and one at a time: a new one replaces it
  std::chrono::milliseconds duration{0};  // 0: cancels the one of this name
  std::string flow;
  bool unless_heard = false;  // Not when the customer has written something before.
};
// Carries out the steps from `body` on, once for each item of the list.
struct ForEach {
  std::string list;  // slots
  std::string item;
  Target body;
  std::size_t end = 0;  // One behind its last step
};
// One of several ways, the same for a customer for ever, in shares of all customers.
struct Split {
  std::string name;
  struct Arm {
    std::string name;
    double share = 0;  // Of the sum of all
    Target target;
  };
  std::vector<Arm> arms;
};
// What only the default patterns do: pattern steps that the engine itself carries out.
struct Builtin {
  std::string action;  // "action_cancel_flow", "action_correct", "action_clarify", …
};

struct Step {
  std::string id;  // The author's, or "<index>_<kind>"; unique in the flow, stable over reloads.
  Mark mark;
  std::variant<Collect, SetSlots, Say, Http, Call, Link, Noop, Handover, Builtin, Action, Wait,
               Remind, ForEach, Split>
      what;
  std::vector<Branch> next;  // Never empty: ends with an unconditional branch.
  // Of a step within `try`: where an error leads that the step does not deal with itself.
  std::optional<Target> rescue;
};

struct Trigger {
  std::string intent;
  double threshold = 0;  // 0: the bot's.
};

struct Flow {
  std::string id;
  std::string name;  // Shown to customers; default: the id in words.
  std::map<std::string, std::string> name_translations;
  std::string description;
  std::optional<Condition> guard;  // `if`
  std::vector<Trigger> triggers;
  std::vector<std::string> persisted_slots;
  bool run_pattern_completed = true;
  bool is_pattern = false;
  std::vector<Step> steps;  // Nested steps are laid out flat; the first is the entry.
  Mark mark;

  const Step* find_step(std::string_view step_id) const;
};

// ---- the bot ----

struct Understanding {
  double intent_threshold = 0.5;      // Below: cannot handle.
  double ambiguity_margin = 0.1;      // Best two nearer than this: clarification.
  double outside_threshold = 0.5;     // p_outside above: cannot handle.
  bool thresholds_from_model = true;  // Neither was written: the trained model's own hold.
  // Intents with a meaning for the engine.
  std::string affirm = "affirm", deny = "deny", cancel = "cancel", repeat = "repeat",
              restart = "restart", skip = "skip", handover = "talk_to_person",
              out_of_scope = "out_of_scope", chitchat = "chitchat";
  // Those that need no reply of their own beside a wish in the same message.
  std::vector<std::string> small_talk{"greet", "goodbye", "thank", "thanks"};
};

// What became of names of earlier versions (migrations.yml): old → present, each possibly over
// several.
struct Migrations {
  std::map<std::string, std::string> flows, slots;
  std::map<std::string, std::map<std::string, std::string>> steps;  // By the flow's present name
  bool at_once = false;  // Conversations in a flow move to this version with their next message.
};

struct Bot {
  std::string name;
  std::string title;  // For people.
  std::string language = "en";
  std::vector<std::string> additional_languages;
  std::string time_zone = "UTC";  // IANA
  std::string backend_url;        // ${ENV} already put in; empty: none
  std::map<std::string, std::string> backend_headers;
  std::chrono::milliseconds backend_timeout{3000};  // Of an http step that names none.
  // Where custom actions are run: Rasa's action server. Empty url: nowhere.
  std::string action_url;
  std::map<std::string, std::string> action_headers;
  std::chrono::milliseconds action_timeout{10'000};
  std::set<std::string> actions;  // That the domain names
  std::chrono::seconds session_timeout{3600};
  std::map<std::string, OpeningHours> hours;  // By name; "": opening_hours.
  std::map<std::string, std::string> desks;  // Handover queue → the name of its hours; "": others
  std::map<std::string, std::size_t> desk_capacity;  // Queue → how many wait at most; "": others
  Webhook handover_webhook;                          // Is told of each change; empty url: none is
  bool handover_webhook_is_told_personal = false;    // Values of personal slots, too
  std::set<std::string> holidays;                    // As is_open() takes them
  std::chrono::seconds silence{0};  // After a question; then pattern_user_silence. 0: never.
  int silence_times = 2;            // In a row, at most
  bool carry_over_slots = false;    // Into the next session
  std::uint64_t training_seed = 1;
  std::string encoder;  // A folder (nlu/torch/bert.h), as bot.yml says; relative: to the bot's.
  std::optional<nlu::TuneSettings> fine_tuning;  // Of the encoder; none: it stays as it is.
  Understanding understanding;

  std::map<std::string, Slot> slots;
  std::map<std::string, Response> responses;
  std::map<std::string, Flow> flows;  // Patterns too, the defaults where nothing overrides them.
  nlu::TrainingData training;
  Migrations migrations;
  std::vector<AlertRule> alerts;  // alerts.yml, as written; no part of `version`.
  Backend backend;                // The stand-in of backend.yml; empty when there is none.
  std::string version;            // Content hash of flows, domain and settings.

  const Flow* find_flow(std::string_view id) const;
  const Slot* find_slot(std::string_view slot_name) const;
  const Response* find_response(std::string_view response_name) const;
};

using BotPtr = std::shared_ptr<const Bot>;

}  // namespace dialog
