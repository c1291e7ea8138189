// The tables of what may be written in a bot's files (nlu/base/keys.h): the loader checks by them,
// and the schemas and the reference (dialog/schema.h) are made from them.
#pragma once

#include "nlu/base/keys.h"

namespace dialog {

using nlu::Form;
using nlu::Key;
using nlu::Keys;

// ---- files ----

extern const Keys bot_keys;         // bot.yml
extern const Keys part_keys;        // domain.yml and all below domain/, flows/, nlu/ and data/
extern const Keys config_keys;      // config.yml, Rasa's
extern const Keys endpoints_keys;   // endpoints.yml, Rasa's
extern const Keys alerts_keys;      // alerts.yml
extern const Keys migrations_keys;  // migrations.yml
extern const Keys backend_keys;     // An entry of backend.yml
extern const Keys script_keys;      // A conversation test that is a map
extern const Keys case_file_keys;   // Rasa's end-to-end tests, and conftest.yml without the cases
extern const Keys conftest_keys;

// ---- bot.yml ----

extern const Keys session_keys, session_config_keys, understanding_keys, week_keys, desk_keys,
    queue_keys, silence_keys, model_keys, tuning_keys, backend_settings_keys, action_endpoint_keys;

// ---- flows ----

extern const Keys flow_keys;
extern const Keys pattern_keys;  // The patterns, each a flow of pattern_flow_keys
extern const Keys pattern_flow_keys;
extern const Keys trigger_keys, trigger_intent_keys, flow_translation_keys;
extern const Keys step_keys;  // `kinds` has what each kind of step may have.
extern const Keys branch_keys, rejection_keys, http_keys, error_keys, handover_keys, wait_keys,
    remind_keys, arm_keys, feedback_keys;

// ---- the domain ----

extern const Keys slot_keys, mapping_keys, validation_keys, slot_rejection_keys;
extern const Keys variation_keys, button_keys, translation_keys, image_keys, attachment_keys,
    condition_keys;

// ---- alerts.yml and backend.yml ----

extern const Keys alert_keys, webhook_keys, desk_webhook_keys, request_keys, reply_keys;

// ---- conversation tests ----

extern const Keys turn_keys, attachment_given_keys, reply_expected_keys, flows_expected_keys;
extern const Keys case_keys, case_step_keys, assertion_keys, stub_keys, slot_assertion_keys,
    flow_started_keys, flow_ended_keys, uttered_keys, not_uttered_keys, button_expected_keys;

// ---- values that have a few words ----

// In the order of InputType, SlotType, SlotMapping::Kind (two words mean `controlled`), and of the
// days from Monday on.
extern const std::span<const std::string_view> input_types, slot_types, mapping_kinds, weekdays;

// ---- values that are the same everywhere ----

inline constexpr Form slot_form = nlu::text_in("a slot");
inline constexpr Form flow_form = nlu::text_in("a flow");
inline constexpr Form intent_form = nlu::text_in("an intent");
inline constexpr Form intent_list_form = nlu::list_of<intent_form>();
inline constexpr Form intents_form = nlu::either_of<intent_form, intent_list_form>();
inline constexpr Form condition_form = nlu::text_in("a condition");
inline constexpr Form expression_form = nlu::text_in("an expression");
inline constexpr Form duration_form = nlu::text_in("a time, as `30s`, `5m`, `1h30m`, `2d`");
inline constexpr Form regex_form = nlu::text_in("a regular expression");
inline constexpr Form response_form = nlu::text_in("a response");
inline constexpr Form url_form = nlu::text_in("a URL");
inline constexpr Form path_form = nlu::text_in("a path");
inline constexpr Form language_form = nlu::text_in("a language, as `en`");

// A response's name, or wording written in place.
inline constexpr Form variation_form = nlu::map_of<variation_keys>();
inline constexpr Form wording_text_form = nlu::text_in("a text");
inline constexpr Form variation_or_text_form = nlu::either_of<wording_text_form, variation_form>();
inline constexpr Form variations_form = nlu::list_of<variation_or_text_form>("a list of them");
inline constexpr Form wording_form =
    nlu::either_of<wording_text_form, variation_form, variations_form>();

// Where a step leads.
inline constexpr Form step_form = nlu::map_of<step_keys>();
inline constexpr Form steps_form = nlu::list_of<step_form>();
inline constexpr Form target_name_form = nlu::text_in("a step's `id` or `END`");
inline constexpr Form target_form = nlu::either_of<target_name_form, steps_form>();

// Slots and values, and the paths that fill them from an answer.
inline constexpr Form slot_values_form = nlu::names_of<nlu::anything_form>("slots and values");
inline constexpr Form json_path_form = nlu::text_in("a path, as `$.order.status`");
inline constexpr Form result_form = nlu::names_of<json_path_form>("slots and paths");

}  // namespace dialog
