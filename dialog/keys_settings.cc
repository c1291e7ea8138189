// What bot.yml, the files of a bot, alerts.yml and backend.yml may have.
#include "dialog/keys.h"
#include "nlu/training_keys.h"

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

constexpr string_view weekday_words[] = {"monday", "tuesday",  "wednesday", "thursday",
                                         "friday", "saturday", "sunday"};

// ---- bot.yml ----

constexpr Form week_form = map_of<week_keys>();

constexpr Key settings[] = {
    {"name", text_in("a name"),
     "what pages and the API call the bot; conversations are kept under it", "the folder's name",
     "shop"},
    {"title", text_form, "the name for people", "", "Lantern & Loom"},
    {"language", language_form, "of the wording that is not under `translation`", "`en`", "en"},
    {"additional_languages", texts_form, "languages that translations are expected in", "none",
     "[zh]"},
    {"time_zone", text_in("a time zone, as `Europe/Berlin`"), "what \"today\" is", "`UTC`",
     "Europe/London"},
    {"model", map_of<model_keys>(), "how the model learns", "", "{seed: 7}"},
    {"understanding", map_of<understanding_keys>(), "how sure the model must be, and its intents",
     "", "{handover: talk_to_person}"},
    {"backend", map_of<backend_settings_keys>(), "the business's own system, for `http` steps", "",
     "{url: \"${BACKEND_URL:-http://127.0.0.1:8090}\"}"},
    {"opening_hours", week_form, "when `is_open()` holds", "none",
     "{monday: \"08:00-18:00\", sunday: closed}"},
    {"session_timeout_min", number_in(0.1, 525'600),
     "minutes without a word that end the session: flows are cancelled, slots reset", "`60`", "30"},
    {"session", map_of<session_keys>(), "the same in seconds", "", "{idle_timeout_s: 1800}"},
    {"hours", names_of<week_form>("names and hours"), "hours for `is_open(\"NAME\")`", "none",
     "{support: {monday: \"10:00-16:00\"}}"},
    {"holidays", texts_form, "days that are closed, in every year or in one", "none",
     "[\"12-25\", \"2027-01-02\"]"},
    {"silence", map_of<silence_keys>(), "what happens when a question gets no answer", "nothing",
     "{timeout_s: 120}"},
    {"action_endpoint", map_of<action_endpoint_keys>(), "the server of your own actions", "none",
     "{url: \"http://localhost:5055/webhook\"}"},
    {"handover", map_of<desk_keys>(), "when people are there to take over", "always",
     "{hours: opening_hours}"},
};

constexpr Key session[] = {
    {"idle_timeout_s", whole_in(1, 31'536'000),
     "seconds without a word; wins over `session_timeout_min`", "", "1800"},
};

constexpr Key session_config[] = {
    {"session_expiration_time", number_in(0, 525'600),
     "Rasa's key for the session's end, in minutes; 0: ten years", "`60`", "60"},
    {"carry_over_slots_to_new_session", boolean_form,
     "a session that ended of itself leaves its slots to the next", "`false`", "true"},
    idle("start_session_after_expiry"),
};

constexpr Key understanding[] = {
    {"intent_threshold", number_in(0, 1), "how likely an intent must be", "the model's; else `0.5`",
     "0.6"},
    {"ambiguity_margin", number_in(0, 1),
     "how near two intents must be for the customer to be asked", "`0.1`", "0.1"},
    {"outside_threshold", number_in(0, 1), "how far from everything known an utterance is refused",
     "the model's; else `0.5`", "0.5"},
    {"affirm", intent_form, "the intent that says yes", "`affirm`", "affirm"},
    {"deny", intent_form, "the intent that says no", "`deny`", "deny"},
    {"cancel", intent_form, "the intent that stops a flow", "`cancel`", "cancel"},
    {"repeat", intent_form, "the intent that wants to hear it again", "`repeat`", "repeat"},
    {"restart", intent_form, "the intent that begins again", "`restart`", "restart"},
    {"skip", intent_form, "the intent that passes over a question", "`skip`", "skip"},
    {"handover", intent_form, "the intent that wants a person", "`talk_to_person`",
     "talk_to_person"},
    {"out_of_scope", intent_form, "the intent of what is none of your business", "`out_of_scope`",
     "out_of_scope"},
    {"chitchat", intent_form, "the intent of small talk", "`chitchat`", "chitchat"},
    {"small_talk", intents_form, "intents that get no reply beside something else in one message",
     "`[greet, goodbye, thank, thanks]`", "[greet, thank]"},
};

constexpr Form day_form = either_of<text_form, nlu::text_list_form>(
    "hours, as `\"08:00-12:00\"`, a list of them, or `closed`");

constexpr Key day(string_view name) {
  return {name, day_form, "when it is open", "closed", "\"08:00-18:00\""};
}

constexpr Key week[] = {day("monday"), day("tuesday"),  day("wednesday"), day("thursday"),
                        day("friday"), day("saturday"), day("sunday")};

constexpr Form hours_name_form = text_in("a name of `hours`, or `opening_hours`");
constexpr Form queue_form = map_of<queue_keys>();

constexpr Form desk_webhook_map_form = map_of<desk_webhook_keys>();

constexpr Key desk[] = {
    {"hours", hours_name_form, "when people are there", "always", "opening_hours"},
    {"queues", names_of<queue_form>("queues"), "queues with hours of their own", "none",
     "{complaints: {hours: support}}"},
    {"capacity", whole_in(1, 10'000), "who may wait; more are told so, and the flow goes on",
     "no limit", "50"},
    {"webhook", either_of<desk_webhook_map_form, boolean_form>(), "who is told of every handover",
     "nobody", "{url: \"${DESK_URL}\", secret: \"${DESK_SECRET}\"}"},
};

constexpr Key queue[] = {
    {"hours", hours_name_form, "when its people are there", "always", "support"},
    {"capacity", whole_in(1, 10'000), "who may wait in it", "`handover`'s", "20"},
};

constexpr Key silence[] = {
    required({"timeout_s", whole_in(5, 86'400),
              "after a question without an answer, until `pattern_user_silence` runs", "", "120"}),
    {"times", whole_in(1, 10), "at most, in a row", "`2`", "1"},
};

constexpr Form tuning_form = map_of<tuning_keys>();

constexpr Key model[] = {
    {"seed", whole_in(0, 4'294'967'295), "the same seed and examples give the same model", "`1`",
     "7"},
    {"encoder", text_in("a folder"),
     "a BERT to learn with: config.json, model.safetensors, vocab.txt; relative to the bot's",
     "none", "../bert"},
    {"fine_tune", either_of<boolean_form, tuning_form>(),
     "the encoder is tuned to the examples first", "`false`", "true"},
};

constexpr Key tuning[] = {
    {"epochs", whole_in(1, 100), "rounds over the examples", "`4`", "8"},
    {"learning_rate", number_in(1e-7, 0.1), "how fast it changes", "`5.0e-5`", "3.0e-5"},
};

constexpr Key backend_settings[] = {
    {"url", url_form, "where it is; `${NAME}` and `${NAME:-default}` are the environment's", "",
     "\"${BACKEND_URL:-http://127.0.0.1:8090}\""},
    {"headers", nlu::text_names_form, "sent with every request", "none",
     "{Authorization: \"Bearer ${BACKEND_TOKEN:-}\"}"},
    {"timeout_s", number_in(0.01, 60), "of steps that name none", "`3`", "5"},
};

constexpr Key action_endpoint[] = {
    required({"url", url_form, "where it is", "", "http://localhost:5055/webhook"}),
    {"headers", nlu::text_names_form, "sent with every call", "none",
     "{X-Key: \"${ACTION_KEY:-}\"}"},
    {"timeout_s", number_in(0.01, 60), "of one call", "`10`", "5"},
};

// ---- what may stand in any of a bot's files ----

constexpr Form flows_form = map_of<pattern_keys>();
constexpr Form slot_value_form = map_of<slot_keys>();
constexpr Form slots_form = names_of<slot_value_form>("slots");
constexpr Form responses_form = names_of<wording_form>("responses and their wording");
constexpr Form named_map_form = names_of<anything_form>("a map with one name");
constexpr Form declared_form = either_of<text_form, named_map_form>();
constexpr Form declared_list_form = list_of<declared_form>();
constexpr Form item_form = map_of<nlu::training_item_keys>();
constexpr Form items_form = list_of<item_form>();
constexpr Form session_config_form = map_of<session_config_keys>();

constexpr Key part[] = {
    {"flows", either_of<flows_form, nothing_form>(), "flows by their ids", "",
     "{hello: {description: Greet, steps: [{say: Hello!}]}}"},
    {"slots", either_of<slots_form, nothing_form>(), "slots by their names", "",
     "{city: {type: text}}"},
    {"responses", either_of<responses_form, nothing_form>(),
     "wording by its names; `utter_` may be left out", "", "{utter_bye: Goodbye!}"},
    {"intents", either_of<declared_list_form, nothing_form>(),
     "only declares names; examples are enough", "", "[greet]"},
    {"entities", either_of<declared_list_form, nothing_form>(),
     "only declares names; examples are enough", "", "[city]"},
    {"actions", either_of<declared_list_form, nothing_form>(), "what your action server offers", "",
     "[action_weather]"},
    {"session_config", session_config_form, "Rasa's keys for sessions", "",
     "{session_expiration_time: 60}"},
    {"nlu", either_of<items_form, nothing_form>(), "examples of what customers say", "",
     "[{intent: greet, examples: [hello, hi there]}]"},
    idle("version", "Rasa's; without effect"),
    idle("config"),
    refused("stories",
            "'stories' are not read; write flows, and conversations under tests/ ('usher convert "
            "rasa' makes flows of them)"),
    refused(
        "rules",
        "'rules' are not read; write a flow with 'nlu_trigger' ('usher convert rasa' makes flows "
        "of them)"),
    refused("forms",
            "'forms' are not read; write a flow with 'collect' steps ('usher convert rasa' makes "
            "flows of them)"),
    refused("e2e_actions", "'e2e_actions' are not read; write responses"),
    refused("pipeline", "'pipeline' is not needed; 'model' in bot.yml has what can be set"),
    refused("policies", "'policies' are not needed; flows decide"),
    refused("recipe", "'recipe' is not needed; leave it out"),
};

// ---- Rasa's own files ----

constexpr Key config[] = {
    {"language", language_form, "as in bot.yml, which wins", "`en`", "en"},
    {"additional_languages", texts_form, "as in bot.yml, which wins", "none", "[zh]"},
    idle("version"),
};

constexpr Key endpoints[] = {
    {"action_endpoint", map_of<action_endpoint_keys>(), "the server of your own actions", "none",
     "{url: \"http://localhost:5055/webhook\"}"},
};

// ---- alerts.yml ----

constexpr Form webhook_map_form = map_of<webhook_keys>();
constexpr Form alert_form = map_of<alert_keys>();
constexpr Form alert_names_form = names_of<alert_form>("alerts");
constexpr Form webhook_form = either_of<webhook_map_form, boolean_form>();

constexpr Key alerts[] = {
    {"alerts", either_of<alert_names_form, nothing_form>(), "at most 100, by their names", "",
     "{unhappy: {if: negative_share > 0.3}}"},
    {"webhook", webhook_form, "where alerts are posted that name none; `false`: nowhere", "nowhere",
     "false"},
    idle("version"),
};

constexpr Form number_condition_form = text_in("a condition over the numbers of docs/mood.md");

constexpr Key alert[] = {
    {"description", text_form, "for people", "", "Customers are unhappy"},
    {"window_h", whole_in(1, 168), "whole hours that are looked at", "`1`", "3"},
    {"baseline_days", whole_in(1, 35), "days before them that they are compared with", "`7`", "14"},
    {"min_utterances", whole_in(1, 1'000'000), "in the window; below, nothing is said", "`20`",
     "50"},
    {"channels", texts_form, "only these", "all", "[web]"},
    {"topics", texts_form, "only these flows and intents", "all", "[return_item]"},
    required({"if", number_condition_form, "when it fires", "", "negative_share > 0.3"}),
    {"resolve_if", number_condition_form, "when it is over", "when `if` does not hold",
     "negative_share < 0.2"},
    {"resolve_after_min", whole_in(0, 10'080), "minutes that it must be over", "`10`", "30"},
    {"cooldown_min", whole_in(0, 10'080), "minutes afterwards in which it does not fire", "`60`",
     "120"},
    {"webhook", webhook_form, "where it is posted; `false`: nowhere", "the file's", "false"},
};

constexpr Form secret_form = text_in("`${NAME}`, from the environment");

constexpr Key webhook[] = {
    required(
        {"url", url_form, "where alerts are posted; empty: nowhere", "", "\"${ALERT_URL:-}\""}),
    {"secret", secret_form, "signs what is posted; 32 characters at least", "", "${ALERT_SECRET}"},
    {"previous_secret", secret_form, "signs as well while receivers change over", "none",
     "${ALERT_SECRET_BEFORE:-}"},
};

constexpr Key desk_webhook[] = {
    required(
        {"url", url_form, "where handovers are posted; empty: nowhere", "", "\"${DESK_URL:-}\""}),
    {"secret", secret_form, "signs what is posted; 32 characters at least", "", "${DESK_SECRET}"},
    {"previous_secret", secret_form, "signs as well while receivers change over", "none",
     "${DESK_SECRET_BEFORE:-}"},
    {"personal", boolean_form, "whether slots that are personal are told", "`false`", "true"},
};

// ---- migrations.yml ----

constexpr Form new_flow_form = text_in("a flow, or a name that leads to one here");
constexpr Form new_slot_form = text_in("a slot, or a name that leads to one here");
constexpr Form new_step_form = text_in("a step's `id`");
constexpr Form new_flows_form = names_of<new_flow_form>("old and new names");
constexpr Form new_slots_form = names_of<new_slot_form>("old and new names");
constexpr Form new_steps_form = names_of<new_step_form>("old and new ids");
constexpr Form flows_steps_form = names_of<new_steps_form>("flows");

constexpr Key migrations[] = {
    {"flows", new_flows_form, "what flows of earlier versions are called now", "",
     "{order_status: track_order}"},
    {"slots", new_slots_form, "what slots of earlier versions are called now", "",
     "{number: order_number}"},
    {"steps", flows_steps_form, "what steps are called now, by their flow's present name", "",
     "{track_order: {ask_number: ask_order_number}}"},
    {"at_once", boolean_form,
     "whether conversations in a flow move with their next message, and do not finish as they "
     "began",
     "`false`"},
};

// ---- backend.yml ----

constexpr string_view request_ways[] = {"get", "post", "put", "patch", "delete", "any"};
constexpr string_view any_path = "a path; `{name}` stands for a whole part, `*` for any";

constexpr Key backend[] = {
    required({"when", map_of<request_keys>(), "the request", "", "{get: \"/orders/{id}\"}"}),
    required({"reply", map_of<reply_keys>(), "the answer", "", "{json: {id: \"{id}\"}}"}),
};

constexpr Key request[] = {
    {"get", path_form, any_path, "", "\"/orders/{id}\""},
    {"post", path_form, any_path, "", "/returns"},
    {"put", path_form, any_path, "", "\"/orders/{id}\""},
    {"patch", path_form, any_path, "", "\"/orders/{id}\""},
    {"delete", path_form, any_path, "", "\"/orders/{id}\""},
    {"any", path_form, "the same, of any method", "", "\"/slow/*\""},
    {"json", anything_form, "fields that the body must have", "any body", "{reason: broken}"},
};

constexpr Key reply[] = {
    {"status", whole_in(100, 599), "the HTTP status", "`200`", "201"},
    {"delay_ms", whole_in(0, 600'000), "how long it takes; from the step's timeout on it is one",
     "`0`", "40"},
    {"json", anything_form, "the body; `{name}` is what the path had there", "none",
     "{id: \"{id}\"}"},
};

}  // namespace

constinit const std::span<const string_view> weekdays = weekday_words;

constinit const Keys bot_keys = {
    .id = "bot",
    .what = "bot.yml",
    .about = "The bot's settings. What may stand in its other files may stand here, too.",
    .own = settings,
    .also = &part_keys,
    .example = R"(name: shop
title: Lantern & Loom
language: en
additional_languages: [zh]
time_zone: Europe/London
understanding:
  handover: talk_to_person
backend:
  url: ${SHOP_BACKEND_URL:-http://127.0.0.1:8090}
)"};
constinit const Keys part_keys = {.id = "part",
                                  .what = "a bot's file",
                                  .about = "How a bot's parts are split over files is yours.",
                                  .own = part};
constinit const Keys config_keys = {.id = "config",
                                    .what = "config.yml",
                                    .about = "Other keys are passed over, with a warning.",
                                    .own = config,
                                    .others = &anything_form};
constinit const Keys endpoints_keys = {.id = "endpoints",
                                       .what = "endpoints.yml",
                                       .about = "Other keys are passed over.",
                                       .own = endpoints,
                                       .others = &anything_form};
constinit const Keys session_keys = {
    .id = "session", .what = "'session'", .about = "When a session ends.", .own = session};
constinit const Keys session_config_keys = {.id = "session_config",
                                            .what = "'session_config'",
                                            .about = "Rasa's keys for sessions.",
                                            .own = session_config};
constinit const Keys understanding_keys = {
    .id = "understanding",
    .what = "'understanding'",
    .about = "Thresholds, and the names of the intents that the bot itself acts on.",
    .own = understanding};
constinit const Keys week_keys = {
    .id = "week", .what = "'hours'", .about = "Hours of a week.", .own = week};
constinit const Keys desk_keys = {.id = "desk",
                                  .what = "'handover'",
                                  .about = "When people are there to take over.",
                                  .own = desk};
constinit const Keys queue_keys = {
    .id = "queue", .what = "a queue", .about = "When a queue's people are there.", .own = queue};
constinit const Keys silence_keys = {
    .id = "silence", .what = "'silence'", .about = "Questions without an answer.", .own = silence};
constinit const Keys model_keys = {
    .id = "model", .what = "'model'", .about = "How the model learns.", .own = model};
constinit const Keys tuning_keys = {
    .id = "fine_tune", .what = "'fine_tune'", .about = "How an encoder is tuned.", .own = tuning};
constinit const Keys backend_settings_keys = {.id = "backend_settings",
                                              .what = "'backend'",
                                              .about = "The business's own system.",
                                              .own = backend_settings};
constinit const Keys action_endpoint_keys = {.id = "action_endpoint",
                                             .what = "'action_endpoint'",
                                             .about = "The server of your own actions.",
                                             .own = action_endpoint};

constinit const Keys alerts_keys = {
    .id = "alerts",
    .what = "alerts.yml",
    .about = "When the business is told that customers sound unhappy.",
    .own = alerts,
    .example = R"(webhook:
  url: ${ALERT_URL:-}
  secret: ${ALERT_SECRET:-}
alerts:
  unhappy_returns:
    topics: [return_item]
    window_h: 3
    if: negative_share > 0.3
)"};
constinit const Keys alert_keys = {
    .id = "alert", .what = "an alert", .about = "It stands under its name.", .own = alert};
constinit const Keys webhook_keys = {
    .id = "webhook",
    .what = "'webhook'",
    .about = "Where alerts are posted, and the keys that sign them.",
    .own = webhook};

constinit const Keys desk_webhook_keys = {
    .id = "desk_webhook",
    .what = "'webhook'",
    .about = "Where handovers are posted, and the keys that sign them.",
    .own = desk_webhook};
constinit const Keys migrations_keys = {
    .id = "migrations",
    .what = "migrations.yml",
    .about = "What flows, slots and steps of earlier versions are called now.",
    .own = migrations,
    .example = R"(flows: {order_status: track_order}
slots: {number: order_number}
steps:
  track_order: {ask_number: ask_order_number}
)"};
constinit const Keys backend_keys = {
    .id = "backend_entry",
    .what = "an entry of backend.yml",
    .about = "The first entry that fits answers; where none fits the answer is 404.",
    .own = backend,
    .example = R"(- when: {get: "/orders/{id}"}
  reply: {status: 200, delay_ms: 40, json: {id: "{id}", status: delivered}}
- when: {any: "/slow/*"}
  reply: {status: 503}
)"};
constinit const Keys request_keys = {
    .id = "request", .what = "'when'", .about = "A request.", .own = request, .ways = request_ways};
constinit const Keys reply_keys = {
    .id = "reply", .what = "'reply'", .about = "What is answered.", .own = reply};

}  // namespace dialog
