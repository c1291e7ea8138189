// What a flow and its steps may have.
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
using nlu::refused;
using nlu::required;
using nlu::text_form;
using nlu::text_in;
using nlu::texts_form;
using nlu::whole_in;
using std::string_view;

// ---- a flow ----

constexpr Form trigger_form = map_of<trigger_keys>();
constexpr Form trigger_intent_form = map_of<trigger_intent_keys>();
constexpr Form flow_translation_form = map_of<flow_translation_keys>();
constexpr Form translated_name_form = either_of<text_form, flow_translation_form>();
constexpr Form no_steps_form = list_of<step_form>("a list of steps, perhaps empty");

constexpr Key heading[] = {
    {"name", text_form, "what customers read: \"Let's go on with …\"", "the id in words",
     "book a table"},
    {"if", condition_form,
     "customers can begin the flow only where it holds; `call` and `link` always can", "`true`",
     "not slots.is_blocked"},
    {"nlu_trigger", list_of<trigger_form>(), "the intents that begin the flow",
     "the intent of the flow's own name", "[{intent: track_parcel}]"},
    {"persisted_slots", texts_form, "slots that keep their values when the flow ends", "none",
     "[parcel_number]"},
    {"run_pattern_completed", boolean_form, "whether \"anything else?\" is asked afterwards",
     "`true`", "false"},
    {"translation", names_of<translated_name_form>("languages and names"),
     "the name in other languages", "", "{zh: 查询包裹}"},
    idle("always_include_in_prompt"),
    idle("metadata"),
    idle("file_path"),
};

constexpr Keys heading_keys = {.own = heading};

constexpr Key flow[] = {
    required({"description", text_form, "when a customer needs it", "",
              "The customer wants to book a table"}),
    required({"steps", steps_form, "what it does, in order", "", "[{say: Hello!}]"}),
};

constexpr Key pattern_flow[] = {
    {"description", text_form, "for people", "", "Greet"},
    required({"steps", no_steps_form, "what it does; `[]`: nothing", "", "[]"}),
};

constexpr Key trigger[] = {
    required({"intent", either_of<intent_form, trigger_intent_form>(), "the intent", "",
              "track_parcel"}),
};

constexpr Key trigger_intent[] = {
    required({"name", intent_form, "the intent", "", "track_parcel"}),
    {"confidence_threshold", number_in(0, 1), "how sure the model must be",
     "`understanding: {intent_threshold}`", "0.7"},
};

constexpr Key flow_translation[] = {
    {"name", text_form, "the flow's name in this language", "", "查询包裹"},
};

// ---- patterns ----

constexpr Form pattern_form = map_of<pattern_flow_keys>();
constexpr string_view own_default = "built in";

constexpr Key pattern(string_view name, string_view about) {
  return {name, pattern_form, about, own_default, "{steps: []}"};
}

constexpr Key patterns[] = {
    pattern("pattern_session_start", "runs when a conversation or session begins"),
    pattern("pattern_correction", "runs when an earlier answer is changed"),
    pattern("pattern_cancel_flow", "runs when the customer stops a flow"),
    pattern("pattern_continue_interrupted", "runs when a digression is over"),
    pattern("pattern_clarification", "runs when several flows may be meant"),
    pattern("pattern_cannot_handle", "runs when nothing usable was said"),
    pattern("pattern_repeat_bot_messages", "runs when the customer wants to hear it again"),
    pattern("pattern_human_handoff", "runs when the customer wants a person"),
    pattern("pattern_completed", "runs when all flows are done"),
    pattern("pattern_internal_error", "runs when something failed"),
    pattern("pattern_restart", "runs when the customer wants to begin again"),
    pattern("pattern_skip_question", "runs when the customer wants to pass over a question"),
    pattern("pattern_chitchat", "runs at small talk"),
    pattern("pattern_search", "runs at a question for the help articles"),
    pattern("pattern_user_silence",
            "runs when a question has no answer for `silence: {timeout_s}`"),
    pattern("pattern_code_change",
            "runs when the bot no longer has the step the conversation stands at"),
};

constexpr Form flow_map_form = map_of<flow_keys>();

// ---- steps ----

constexpr Form branch_form = map_of<branch_keys>();
constexpr Form branches_form = list_of<branch_form>();

constexpr Key step_parts[] = {
    {"id", text_in("a name"), "by which `next` leads here: letters, digits, `_`, `-`",
     "a number and the kind", "ask_again"},
    {"next", either_of<target_name_form, branches_form>(),
     "what comes afterwards; the list must end with `else`", "the step below; `END` after the last",
     "END"},
    idle("metadata"),
    idle("description", "for people; without effect"),
    refused("answer", "this version does not have 'answer'; write the answer with 'say'"),
    refused("generate", "this version does not have 'generate'; write the wording with 'say'"),
    refused("generation_prompt",
            "'generation_prompt' asks a language model; write the wording with 'say'"),
    refused("intent", "'intent' is no step; write 'nlu_trigger' beside 'steps'"),
    refused("user_message", "'user_message' is no step; a flow asks with 'collect'"),
    refused("entry_prompt", "'entry_prompt' asks a language model; write 'if' beside 'steps'"),
    refused("branch", "'branch' is no step; write 'noop: true' with 'next'"),
    refused("utter", "'utter' is no step of its own; write 'say'"),
    refused("mcp_server", "this version calls no MCP tool; write 'http'"),
    refused("mapping", "this version calls no MCP tool; write 'http'"),
    refused("exit_if", "this version calls no agent; write 'next' with conditions"),
    refused("exit_conditions", "this version calls no agent; write 'next' with conditions"),
};

constexpr string_view branch_ways[] = {"if then", "else"};

constexpr Key branch[] = {
    {"if", condition_form, "the first branch whose condition holds is taken", "", "slots.age < 18"},
    {"then", target_form, "where it leads", "", "too_young"},
    {"else", target_form, "where it leads when none holds", "", "END"},
};

constexpr Form error_map_form = map_of<error_keys>();
constexpr Form error_name_form = text_in("a step's `id`, a flow or `END`");
constexpr Form errors_form = either_of<error_name_form, error_map_form>();

constexpr Key errors[] = {
    {"timeout", error_name_form, "no answer in time", "", "later"},
    {"unknown", error_name_form, "a crash came between, so it may have happened", "", "later"},
    {"rejected", error_name_form, "the action server refused (status 400)", "", "refused"},
    {"else", error_name_form, "any other error", "", "down"},
};

constexpr Key action_step[] = {
    required({"action", text_in("a response, or an action of your own"),
              "`utter_…` is said; another name is called on your action server", "",
              "utter_goodbye"}),
    {"on_error", errors_form, "where an action of your own leads when it fails",
     "`pattern_internal_error`", "down"},
};

constexpr Form rejection_form = map_of<rejection_keys>();

constexpr string_view input_type_words[] = {"any",  "text",   "number",       "email",  "phone",
                                            "date", "choice", "confirmation", "rating", "file"};

constexpr Key collect_step[] = {
    required({"collect", slot_form, "asks until the slot is filled", "", "parcel_number"}),
    {"utter", wording_form, "the question", "`utter_ask_SLOT`", "which_parcel"},
    {"ask_before_filling", boolean_form, "ask although the slot is filled already", "`false`",
     "true"},
    {"reset_after_flow_ends", boolean_form, "empty the slot when the flow ends", "`true`", "false"},
    {"rejections", list_of<rejection_form>(), "answers that are refused, and asked for again", "",
     "[{if: slots.age < 18, utter: too_young}]"},
    {"force_slot_filling", boolean_form, "hear an answer or the call for a person, nothing else",
     "`false`", "true"},
    {"type", nlu::words_of(input_type_words), "what an answer is", "from the slot's type",
     "number"},
    {"matches", regex_form, "what the whole answer must look like (RE2)", "", "'\\d{5}'"},
    {"min", number_in(-1e15, 1e15), "the least; of number and rating", "the slot's; 1 of a rating",
     "1"},
    {"max", number_in(-1e15, 1e15), "the greatest; of number and rating",
     "the slot's; 5 of a rating", "12"},
    {"choices", texts_form, "the answers there are; implies `type: choice`", "the slot's `values`",
     "[small, large]"},
    {"accept", texts_form, "media types; of file", "all that the operator takes", "[image/*]"},
    {"max_bytes", whole_in(1, 1'073'741'824), "the greatest size; of file", "the operator's limit",
     "5000000"},
};

constexpr Form assignments_form = list_of<slot_values_form>();

constexpr Key set_slots_step[] = {
    required({"set_slots", either_of<slot_values_form, assignments_form>(),
              "slots and their values; `null` empties, `\"{slot}\"` takes another's value", "",
              "[{guests: null}]"}),
};

constexpr Key set_step[] = {
    required({"set", names_of<anything_form>("slots and expressions"),
              "computes each slot by an expression, one after the other", "",
              "{total: slots.price * 2}"}),
};

constexpr Key say_step[] = {
    required({"say", wording_form, "a response's name, or the wording itself", "",
              "\"We open at eight.\""}),
};

constexpr Key http_step[] = {
    required({"http", map_of<http_keys>(), "calls the business's own system", "",
              "{get: \"/orders/{order_number}\", result: {order_state: $.status}}"}),
};

constexpr Key call_step[] = {
    required({"call", flow_form, "a flow, after which this one goes on", "", "identify"}),
};

constexpr Key link_step[] = {
    required({"link", flow_form, "a flow or pattern that takes over; the last step of its list", "",
              "pattern_human_handoff"}),
};

constexpr string_view noop_ways[] = {"next"};

constexpr Key noop_step[] = {
    required({"noop", anything_form, "does nothing but lead on; needs `next`", "", "true"}),
};

constexpr Form true_form = boolean_form;
constexpr Form queue_name_form = text_in("a queue");
constexpr Form handover_form = map_of<handover_keys>();

constexpr Key handover_step[] = {
    required({"handover", either_of<true_form, queue_name_form, handover_form, nothing_form>(),
              "asks for a person, and ends the flow", "", "true"}),
};

constexpr Form wait_form = map_of<wait_keys>();

constexpr Key wait_step[] = {
    required({"wait", either_of<duration_form, wait_form>(),
              "lets time pass, or waits for an event", "", "2d"}),
};

constexpr Key remind_step[] = {
    required({"remind", map_of<remind_keys>(), "a flow that begins later by itself", "",
              "{after: 3d, flow: how_was_it}"}),
};

constexpr Key switch_step[] = {
    required({"switch", expression_form, "leads on by this value", "", "slots.country"}),
    required({"cases", names_of<target_form>("values, and where each leads"),
              "values, at most 200, and where each leads", "", "{DE: END, CH: abroad}"}),
    {"else", target_form, "where any other value leads", "the step below", "END"},
};

constexpr Form arm_form = map_of<arm_keys>();

constexpr Key split_step[] = {
    required({"split", text_in("a name"), "the name by which its shares are counted", "",
              "short_offer"}),
    required({"arms", list_of<arm_form>(), "2 to 20, each for a share of the customers", "",
              "[{share: 50, then: long}, {share: 50, then: END}]"}),
};

constexpr Key foreach_step[] = {
    required({"foreach", slot_form, "the slot of a list", "", "parts"}),
    required({"as", slot_form, "another slot, for the item", "", "part"}),
    required({"do", steps_form, "done once for each item", "", "[{say: \"{part}\"}]"}),
};

constexpr Key try_step[] = {
    required({"try", steps_form, "steps whose errors lead to `on_error`", "",
              "[{http: {get: /slots}}]"}),
    required({"on_error", target_form, "where an error leads", "", "END"}),
};

constexpr Form feedback_form = map_of<feedback_keys>();

constexpr Key feedback_step[] = {
    required({"feedback", either_of<true_form, feedback_form>(),
              "asks for a rating, perhaps for a comment", "", "true"}),
};

constexpr Keys of(string_view id, string_view about, std::span<const Key> own,
                  std::span<const string_view> ways = {}) {
  return {.id = id, .what = "a step", .about = about, .own = own, .also = &step_keys, .ways = ways};
}

constexpr Keys kinds[] = {
    of("action_step", "Says a response, or calls an action of your own.", action_step),
    of("collect_step", "Asks for a slot until it is filled.", collect_step),
    of("set_slots_step", "Fills slots with constants.", set_slots_step),
    of("set_step", "Computes slots.", set_step),
    of("say_step", "Says something.", say_step),
    of("http_step", "Calls the business's own system.", http_step),
    of("call_step", "Runs another flow and comes back.", call_step),
    of("link_step", "Goes over to another flow.", link_step),
    of("noop_step", "Leads on.", noop_step, noop_ways),
    of("handover_step", "Asks for a person.", handover_step),
    of("wait_step", "Lets time pass, or waits for an event.", wait_step),
    of("remind_step", "Lets a flow begin later.", remind_step),
    of("switch_step", "Leads on by a value.", switch_step),
    of("split_step", "Leads each customer one of several ways.", split_step),
    of("foreach_step", "Does steps for each item of a list.", foreach_step),
    of("try_step", "Catches what fails within it.", try_step),
    of("feedback_step", "Asks how it was.", feedback_step),
};

constexpr const Keys* kind_list[] = {&kinds[0],  &kinds[1],  &kinds[2],  &kinds[3],  &kinds[4],
                                     &kinds[5],  &kinds[6],  &kinds[7],  &kinds[8],  &kinds[9],
                                     &kinds[10], &kinds[11], &kinds[12], &kinds[13], &kinds[14],
                                     &kinds[15], &kinds[16]};

// ---- parts of steps ----

constexpr Key rejection[] = {
    required({"if", condition_form, "an answer for which this holds is refused", "",
              "slots.guests > 12"}),
    required({"utter", wording_form, "what is said then; the question comes again", "",
              "too_many_guests"}),
};

constexpr string_view http_ways[] = {"get", "post", "put", "patch", "delete"};
constexpr string_view http_path = "a path below the backend's `url`, or a whole URL";

constexpr Key http[] = {
    {"get", path_form, http_path, "", "\"/orders/{order_number}\""},
    {"post", path_form, http_path, "", "/returns"},
    {"put", path_form, http_path, "", "\"/orders/{order_number}\""},
    {"patch", path_form, http_path, "", "\"/orders/{order_number}\""},
    {"delete", path_form, http_path, "", "\"/orders/{order_number}\""},
    {"json", anything_form, "the body, not of `get`; values go in as values", "",
     "{order: \"{order_number}\"}"},
    {"headers", nlu::text_names_form, "besides the backend's", "", "{X-Shop: \"1\"}"},
    {"timeout_s", number_in(0.01, 60), "of the whole, retries included", "`backend: {timeout_s}`",
     "2.5"},
    {"retries", whole_in(0, 5),
     "after a failed connection, 429, 502, 503 and 504; needs `idempotent: true` except with `get`",
     "`0`", "2"},
    {"idempotent", boolean_form, "doing it twice does no harm", "`false`; with `get` `true`",
     "true"},
    {"result", result_form, "slots, and where in the answer their values are", "",
     "{order_state: $.status}"},
    {"on_error", errors_form, "where an error leads", "`pattern_internal_error`", "down"},
};

constexpr Key handover[] = {
    {"queue", text_form, "which people", "", "complaints"},
    {"summary", text_form, "what they read", "the flow and what was answered",
     "\"{customer_email} complains\""},
    {"timeout_s", whole_in(1, 86'400), "until nobody comes any more", "`300`", "600"},
};

constexpr string_view wait_ways[] = {"for", "event"};

constexpr Key wait[] = {
    {"for", duration_form, "how long, 1 s to 365 days", "", "30m"},
    {"event", text_in("a name"), "the event that ends it", "", "delivered"},
    {"timeout", duration_form, "the longest wait for the event, 1 s to 365 days", "no end", "14d"},
    {"on_timeout", target_form, "where it leads then; needs `timeout`", "the step below", "END"},
    {"result", result_form, "slots, and where in the event their values are", "",
     "{place: $.place}"},
};

constexpr string_view remind_ways[] = {"after flow", "cancel"};

constexpr Key remind[] = {
    {"name", text_in("a name"), "one of a name at a time; a new one replaces it", "the flow's",
     "ask_again"},
    {"after", duration_form, "1 s to 365 days", "", "3d"},
    {"flow", flow_form, "the flow that begins", "", "how_was_it"},
    {"unless_heard", boolean_form, "not when the customer writes anything before", "`false`",
     "true"},
    {"cancel", text_in("a name"), "takes one back; stands alone", "", "ask_again"},
};

constexpr Key arm[] = {
    {"name", text_in("a name"), "for the numbers", "`a`, `b`, …", "short"},
    required({"share", number_in(0, 1e6), "its part of the sum of all shares", "", "50"}),
    required({"then", target_form, "where it leads", "", "END"}),
};

constexpr Key feedback[] = {
    {"scale", whole_in(2, 10), "the highest rating; the lowest is 1", "`5`", "10"},
    {"comment", boolean_form, "ask for a comment as well", "`false`", "true"},
};

}  // namespace

constinit const std::span<const string_view> input_types = input_type_words;

constinit const Keys flow_keys = {
    .id = "flow",
    .what = "a flow",
    .about = "Something customers want, and the steps towards it. It stands under its id.",
    .own = flow,
    .also = &heading_keys,
    .example = R"(track_parcel:
  description: The customer asks where a parcel is
  steps:
    - collect: parcel_number
    - say: "Parcel {parcel_number} is on its way."
)"};

constinit const Keys pattern_flow_keys = {
    .id = "pattern",
    .what = "a flow",
    .about =
        "A flow with a pattern's id replaces what the bot does by itself. It has no need of a "
        "`description`.",
    .own = pattern_flow,
    .also = &heading_keys,
    .example = R"(pattern_completed:
  steps: []
)"};

constinit const Keys pattern_keys = {
    .id = "flows",
    .what = "'flows'",
    .about =
        "Flows by their ids. What stands here every bot does by itself, unless it has a flow of "
        "that id.",
    .own = patterns,
    .others = &flow_map_form};

constinit const Keys trigger_keys = {
    .id = "trigger", .what = "a trigger", .about = "An intent that begins a flow.", .own = trigger};
constinit const Keys trigger_intent_keys = {.id = "trigger_intent",
                                            .what = "an intent",
                                            .about = "An intent, and how sure the model must be.",
                                            .own = trigger_intent};
constinit const Keys flow_translation_keys = {.id = "flow_translation",
                                              .what = "a translation",
                                              .about = "A flow's name in another language.",
                                              .own = flow_translation,
                                              .others = &anything_form};

constinit const Keys step_keys = {
    .id = "step",
    .what = "a step",
    .about = "One of the kinds below, by its first key. These keys any step may have.",
    .own = step_parts,
    .kinds = kind_list,
    .example = R"(- id: ask
  collect: age
  type: number
  next:
    - if: slots.age < 18
      then:
        - say: "You must be 18 to order."
          next: END
    - else: END
)"};

constinit const Keys branch_keys = {.id = "branch",
                                    .what = "a branch",
                                    .about = "One way of a `next`.",
                                    .own = branch,
                                    .ways = branch_ways};
constinit const Keys rejection_keys = {.id = "rejection",
                                       .what = "a rejection",
                                       .about = "Answers that are refused.",
                                       .own = rejection};
constinit const Keys http_keys = {.id = "http",
                                  .what = "'http'",
                                  .about = "One request.",
                                  .own = http,
                                  .ways = http_ways,
                                  .example = R"(http:
  get: /orders/{order_number}
  timeout_s: 2
  result: {order_state: $.status}
  on_error: {404: no_such_order, else: down}
)"};
constinit const Keys error_keys = {
    .id = "errors",
    .what = "an error of 'http'",
    .about =
        "Where each error leads; the best fit wins. A status (`404`) and a class (`5xx`) are "
        "keys as well.",
    .own = errors,
    .others = &error_name_form};
constinit const Keys handover_keys = {
    .id = "handover", .what = "'handover'", .about = "How a person is asked for.", .own = handover};
constinit const Keys wait_keys = {.id = "wait",
                                  .what = "'wait'",
                                  .about = "What is waited for.",
                                  .own = wait,
                                  .ways = wait_ways,
                                  .several = true};
constinit const Keys remind_keys = {.id = "remind",
                                    .what = "'remind'",
                                    .about = "A flow that begins later.",
                                    .own = remind,
                                    .ways = remind_ways};
constinit const Keys arm_keys = {
    .id = "arm", .what = "an arm", .about = "One way of a `split`.", .own = arm};
constinit const Keys feedback_keys = {
    .id = "feedback", .what = "'feedback'", .about = "How a rating is asked for.", .own = feedback};

}  // namespace dialog
