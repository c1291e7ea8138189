// What conversation tests may have, ours and Rasa's.
#include "dialog/keys.h"

namespace dialog {

namespace {

using nlu::anything_form;
using nlu::boolean_form;
using nlu::either_of;
using nlu::idle;
using nlu::list_of;
using nlu::map_of;
using nlu::names_of;
using nlu::nothing_form;
using nlu::number_in;
using nlu::required;
using nlu::text_form;
using nlu::text_in;
using nlu::texts_form;
using nlu::whole_in;
using std::string_view;

constexpr double many = 9'007'199'254'740'991;  // 2^53 - 1, the greatest that all JSON has.

// ---- our own ----

constexpr Form entry_form = map_of<backend_keys>();
constexpr Form entries_form = list_of<entry_form>();
constexpr Form turn_form = map_of<turn_keys>();
constexpr Form moment_form = text_in("a time, as `2026-01-05T10:00`");

constexpr Key script[] = {
    {"name", text_form, "what the test shows", "the file's", "a return in spring"},
    {"language", language_form, "the customer's", "the bot's", "en"},
    {"now", moment_form, "when it begins", "`2026-01-05T10:00`", "2026-03-29T09:30"},
    {"time_zone", text_in("a time zone, as `Europe/Berlin`"),
     "where `now` is; in place of the bot's", "the bot's; of `now` `UTC`", "Europe/Berlin"},
    {"seed", whole_in(0, many), "chooses among variations", "`1`", "7"},
    {"slots", slot_values_form, "held when the conversation begins", "none",
     "{customer_verified: true}"},
    {"backend", either_of<entries_form, nothing_form>(), "answers before backend.yml does", "none",
     "[{when: {get: /orders/10423}, reply: {json: {status: delivered}}}]"},
    required({"script", list_of<turn_form>(), "the turns", "", "[{customer: hello, bot: greet}]"}),
};

constexpr Form attachment_form = map_of<attachment_given_keys>();
constexpr Form request_form = map_of<request_keys>();
constexpr Form call_text_form = text_in("a request, as `get /orders/10423`");
constexpr Form call_form = either_of<call_text_form, request_form>();
constexpr Form calls_form = list_of<call_form>();
constexpr Form command_map_form = names_of<anything_form>("a command, as `start_flow: greet`");
constexpr Form command_form = either_of<text_form, command_map_form>();
constexpr Form commands_form = list_of<command_form>();
constexpr Form regexes_form = list_of<regex_form>();
constexpr Form patterns_form = either_of<regex_form, regexes_form>();

// ask_date, {ask_date: which day}, {ask_date: {says: which day}}
constexpr Form reply_map_form = map_of<reply_expected_keys>();
constexpr Form reply_wording_form = either_of<regex_form, regexes_form, reply_map_form>();
constexpr Form reply_in_words_form = names_of<reply_wording_form>("a response and its wording");
constexpr Form reply_form = either_of<response_form, reply_in_words_form>();
constexpr Form reply_list_form = list_of<reply_form>();
constexpr Form replies_form =
    either_of<response_form, reply_in_words_form, reply_list_form, nothing_form>();

constexpr string_view turn_ways[] = {"customer", "payload",   "attachment",
                                     "commands", "silence_s", "opens"};

constexpr Key turn[] = {
    {"opens", anything_form, "the conversation begins", "it does silently before the first turn",
     "true"},
    {"customer", text_form, "what the customer writes; with `payload` the button's title", "",
     "where is my order 10423"},
    {"payload", text_in("a payload"), "what the button has that they press", "", "/affirm"},
    {"attachment", attachment_form, "a file they send", "", "{name: lamp.jpg}"},
    {"silence_s", number_in(0, 31'622'400), "so much time passes; timers fire", "", "120"},
    {"commands", either_of<text_form, command_map_form, commands_form>(),
     "what it means, in place of the model", "as the model understands it",
     "[{set_slot: {postcode: \"10115\"}}]"},
    {"backend", either_of<entries_form, nothing_form>(), "answers first, in this turn", "none",
     "[{when: {get: /orders/10423}, reply: {status: 404}}]"},
    {"backend_fails", text_in("`timeout`, `failed`, `unknown`, `refused`, or a status"),
     "how every call of this turn ends", "", "timeout"},
    {"bot", replies_form, "the names of the replies, all of them, in order; `[]`: nothing", "",
     "[order_status, completed]"},
    {"bot_says", patterns_form, "found in the replies' texts", "", "on its way"},
    {"not_bot", replies_form, "replies that must not come", "", "cannot_handle"},
    {"slots", slot_values_form, "values after the turn; `null`: not set", "",
     "{order_number: \"10423\"}"},
    {"flows", map_of<flows_expected_keys>(), "what becomes of flows", "",
     "{completed: order_status}"},
    {"calls", either_of<call_text_form, request_form, calls_form>(),
     "the calls to the backend, all of them, in order; `[]`: none", "", "[get /orders/10423]"},
    {"actions", texts_form, "responses, and actions, that must have run", "", "action_correct"},
    {"not_bot_says", patterns_form, "not found in the replies' texts", "", "sorry"},
    {"events", texts_form, "kinds of events that must occur", "", "split_taken"},
    {"buttons", texts_form, "titles of the last reply's buttons", "", "[\"Yes\", \"No\"]"},
    {"language", language_form, "the conversation's after the turn", "", "zh"},
};

constexpr Key attachment_given[] = {
    {"name", text_form, "the file's", "`file`", "lamp.jpg"},
    {"media_type", text_form, "what it is", "`application/octet-stream`", "image/jpeg"},
    {"size", whole_in(0, many), "bytes", "`1000`", "20000"},
};

constexpr Key reply_expected[] = {
    {"says", patterns_form, "found in its text", "", "[which, day]"},
    {"text", text_form, "its whole text", "", "For which day?"},
    {"buttons", texts_form, "titles of its buttons", "", "[today, tomorrow]"},
};

constexpr Key flows_expected[] = {
    {"cancelled", texts_form, "stopped", "", "return_item"},
    {"completed", texts_form, "ended; one that links to another, too", "", "return_item"},
    {"interrupted", texts_form, "put to sleep by another", "", "return_item"},
    {"not_started", texts_form, "must not begin", "", "return_item"},
    {"resumed", texts_form, "gone on with", "", "return_item"},
    {"started", texts_form, "begun", "", "return_item"},
};

// ---- Rasa's ----

constexpr Form shared_map_form = names_of<anything_form>();
constexpr Form shared_list_form = list_of<anything_form>();
constexpr Form shared_form = either_of<shared_map_form, shared_list_form, nothing_form>();
constexpr Form stub_form = map_of<stub_keys>();
constexpr Form case_form = map_of<case_keys>();
constexpr Form case_step_form = map_of<case_step_keys>();
constexpr Form assertion_form = map_of<assertion_keys>();

constexpr Key shared[] = {
    idle("version"),
    {"fixtures", shared_form, "slots that cases begin with, by a name", "none",
     "[{known_customer: [{customer_verified: true}]}]"},
    {"metadata", shared_form, "by a name; only `mocked_datetime` has a meaning", "none",
     "[{spring: {mocked_datetime: \"2026-03-29T09:30:00\"}}]"},
    {"stub_custom_actions", names_of<stub_form>("actions, or `case::action`"),
     "what an action server would answer", "none",
     "{action_weather: {events: [], responses: [{text: Mild.}]}}"},
};

constexpr Key case_file[] = {
    required({"test_cases", list_of<case_form>(), "the cases", "",
              "[{test_case: a greeting, steps: [{user: hello}]}]"}),
};

constexpr Key test_case[] = {
    required({"test_case", text_form, "its name", "", "the customer asks when we are open"}),
    {"fixtures", texts_form, "of those above", "none", "[known_customer]"},
    {"metadata", text_form, "one of those above", "none", "spring"},
    required({"steps", list_of<case_step_form>(), "what is said, and expected", "",
              "[{user: hello}, {utter: utter_greet}]"}),
};

constexpr Form slot_list_form = list_of<anything_form>();
constexpr Form slots_named_form =
    either_of<slot_form, slot_values_form, slot_list_form>("slots, perhaps with values");

constexpr string_view case_step_ways[] = {"user", "bot", "utter", "slot_was_set",
                                          "slot_was_not_set"};

constexpr Key case_step[] = {
    {"user", text_form, "what the customer writes", "", "when are you open?"},
    {"bot", text_form, "a reply's whole text, but for white space", "", "We open at eight."},
    {"utter", response_form, "a reply's name", "", "utter_opening_hours"},
    {"slot_was_set", slots_named_form, "set in the turn, or held after it", "", "[city]"},
    {"slot_was_not_set", slots_named_form, "not set in the turn, nor held after it", "", "[city]"},
    {"metadata", anything_form, "of the message; only `mocked_datetime` has a meaning", "",
     "spring"},
    {"assertions", list_of<assertion_form>(), "beside `user`: what comes of it", "",
     "[{flow_started: opening_hours}]"},
    {"assertion_order_enabled", boolean_form, "each is met by something later than the one before",
     "`false`", "true"},
};

constexpr Form flow_list_form = list_of<flow_form>();
constexpr Form flow_started_form = map_of<flow_started_keys>();
constexpr Form flow_ended_form = map_of<flow_ended_keys>();
constexpr Form flow_or_map_form = either_of<flow_form, flow_ended_form>();

constexpr string_view assertion_ways[] = {"flow_started",
                                          "flow_completed",
                                          "flow_cancelled",
                                          "pattern_clarification_contains",
                                          "slot_was_set",
                                          "action_executed",
                                          "slot_was_not_set",
                                          "bot_uttered",
                                          "bot_did_not_utter",
                                          "generative_response_is_relevant",
                                          "generative_response_is_grounded"};

constexpr Key assertion[] = {
    {"flow_started", either_of<flow_form, flow_list_form, flow_started_form>(),
     "a flow, or several", "", "opening_hours"},
    {"flow_completed", flow_or_map_form, "a flow that ended", "", "{flow_id: opening_hours}"},
    {"flow_cancelled", flow_or_map_form, "a flow that was stopped", "", "{flow_id: return_item}"},
    {"pattern_clarification_contains", texts_form, "ids or names of flows that were offered", "",
     "[return_item, order_status]"},
    {"slot_was_set", slots_named_form, "set in the turn, or held after it", "",
     "[{name: city, value: Berlin}]"},
    {"action_executed", text_form, "an action that ran", "", "action_weather"},
    {"slot_was_not_set", slots_named_form, "not set in the turn, nor held after it", "",
     "[{name: city}]"},
    {"bot_uttered", map_of<uttered_keys>(), "a reply", "", "{utter_name: utter_greet}"},
    {"bot_did_not_utter", map_of<not_uttered_keys>(), "a reply that must not come", "",
     "{utter_name: utter_greet}"},
    idle("generative_response_is_relevant",
         "not checked here: a language model would have to judge"),
    idle("generative_response_is_grounded",
         "not checked here: a language model would have to judge"),
};

constexpr Key stub[] = {
    {"events", slot_list_form, "events in Rasa's form", "none",
     "[{event: slot, name: city, value: Berlin}]"},
    {"responses", slot_list_form, "what it says", "none", "[{text: Mild.}]"},
};

constexpr Key slot_assertion[] = {
    required({"name", slot_form, "the slot", "", "city"}),
    {"value", anything_form, "what it holds", "any value", "Berlin"},
};

constexpr string_view any_or_all[] = {"any", "all"};

constexpr Key flow_started[] = {
    {"operator", nlu::words_of(any_or_all), "how many of them", "`all`", "any"},
    {"flow_ids", texts_form, "the flows", "", "[return_item, complaint]"},
};

constexpr Key flow_ended[] = {
    required({"flow_id", flow_form, "the flow", "", "return_item"}),
    {"flow_step_id", text_form, "the step it was at last", "any", "ask_reason"},
};

constexpr Form button_form = map_of<button_expected_keys>();

constexpr Key uttered[] = {
    {"utter_name", response_form, "its name", "", "utter_greet"},
    {"text_matches", regex_form, "found in its text, or the words themselves", "", "at eight"},
    {"buttons", list_of<button_form>(), "all of its buttons", "", "[{title: \"Yes\"}]"},
};

constexpr Key button_expected[] = {
    {"title", text_form, "what stands on it", "", "\"Yes\""},
    {"payload", text_in("a payload"), "what pressing it means", "any", "/affirm"},
};

}  // namespace

constinit const Keys script_keys = {
    .id = "script",
    .what = "a conversation test",
    .about = "What surrounds the turns. A file that needs none of it is the list of turns alone.",
    .own = script,
    .example = R"(name: a return in spring
now: 2026-03-29T09:30
slots: {customer_verified: true}
script:
  - customer: I want to send back order 10423
    bot: ask_return_reason
)"};
constinit const Keys turn_keys = {.id = "turn",
                                  .what = "a turn",
                                  .about = "One thing that happens, and what is expected of it.",
                                  .own = turn,
                                  .ways = turn_ways,
                                  .several = true,
                                  .example = R"(- customer: where is my order 10423
  bot: ask_postcode
- customer: "10115"
  bot: [order_status, completed]
  slots: {order_number: null}
)"};
constinit const Keys attachment_given_keys = {.id = "attachment_given",
                                              .what = "an attachment",
                                              .about = "A file that the customer sends.",
                                              .own = attachment_given};
constinit const Keys reply_expected_keys = {.id = "reply_expected",
                                            .what = "a reply",
                                            .about = "How a reply must be worded.",
                                            .own = reply_expected};
constinit const Keys flows_expected_keys = {.id = "flows_expected",
                                            .what = "'flows'",
                                            .about = "What becomes of flows in a turn.",
                                            .own = flows_expected};

constinit const Keys conftest_keys = {
    .id = "conftest",
    .what = "a file of end-to-end tests",
    .about = "What cases refer to. conftest.yml shares it with all files in its folder and below.",
    .own = shared};
constinit const Keys case_file_keys = {.id = "case_file",
                                       .what = "a file of end-to-end tests",
                                       .about = "Rasa's end-to-end tests.",
                                       .own = case_file,
                                       .also = &conftest_keys,
                                       .example = R"(test_cases:
  - test_case: the customer asks when the shop is open
    steps:
      - user: when are you open?
        assertions:
          - flow_started: opening_hours
          - bot_uttered: {utter_name: utter_opening_hours}
)"};
constinit const Keys case_keys = {
    .id = "test_case", .what = "a test case", .about = "One conversation.", .own = test_case};
constinit const Keys case_step_keys = {.id = "case_step",
                                       .what = "a step",
                                       .about = "One of these, with what belongs to it.",
                                       .own = case_step,
                                       .ways = case_step_ways};
constinit const Keys assertion_keys = {.id = "assertion",
                                       .what = "an assertion",
                                       .about = "One of these.",
                                       .own = assertion,
                                       .ways = assertion_ways};
constinit const Keys stub_keys = {
    .id = "stub", .what = "a stub", .about = "What an action answers.", .own = stub};
constinit const Keys slot_assertion_keys = {.id = "slot_assertion",
                                            .what = "a slot's assertion",
                                            .about = "A slot and its value.",
                                            .own = slot_assertion};
constinit const Keys flow_started_keys = {
    .id = "flow_started", .what = "'flow_started'", .about = "Several flows.", .own = flow_started};
constinit const Keys flow_ended_keys = {
    .id = "flow_ended", .what = "this assertion", .about = "A flow that ended.", .own = flow_ended};
constinit const Keys uttered_keys = {
    .id = "uttered", .what = "'bot_uttered'", .about = "A reply.", .own = uttered};
constinit const Keys not_uttered_keys = {.id = "not_uttered",
                                         .what = "'bot_did_not_utter'",
                                         .about = "A reply that must not come.",
                                         .own = uttered};
constinit const Keys button_expected_keys = {
    .id = "button_expected", .what = "a button", .about = "A button.", .own = button_expected};

}  // namespace dialog
