#include "dialog/findings.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace dialog {

namespace {

constexpr auto table = std::to_array<Finding>({
    {"action_outside_pattern", "A flow uses an action that only a pattern may use",
     "Move the step into a flow whose id begins with pattern_, or leave it out: the engine does "
     "this by itself."},
    {"after_else", "Something comes after 'else'",
     "Conditions are tried from the top and 'else' always fits: move it to the end of the list."},
    {"annotation_disagrees", "The same words are another entity in most other examples",
     "Annotate them alike everywhere, or use a role where the meaning differs."},
    {"asks_twice", "Both an action and a response ask for the same", "Remove one of them."},
    {"bad_annotation", "An example's annotation cannot be read",
     "Write [words](entity), or [words]{\"entity\": \"name\", \"value\": \"meant\"}."},
    {"bad_condition", "A condition cannot be read",
     "Write one such as: slots.total > 100 and slots.city is \"Berlin\". docs/flows.md has the "
     "whole language."},
    {"bad_date", "A date cannot be read", "Write one such as 2026-12-24, or 12-25 for every year."},
    {"bad_duration", "A duration cannot be read", "Write one such as 30s, 5m, 1h30m or 2d."},
    {"bad_environment", "A '${' has no closing '}'",
     "Write ${NAME}, or ${NAME:-default} with a value for when it is not set."},
    {"bad_expression", "An expression cannot be read",
     "docs/flows.md has what an expression may hold."},
    {"bad_hours", "Opening hours cannot be read", "Write \"08:00-20:00\" or closed, per day."},
    {"bad_json_path", "A result's path cannot be read",
     "Write a path of names and numbers from the answer's root, such as $.order.items[0].name."},
    {"bad_language", "A language's code cannot be read", "Write one such as en, zh or pt-BR."},
    {"bad_name", "A name has characters that names do not have",
     "Use letters, digits and '_'; what customers read belongs in 'name' or 'title'."},
    {"bad_path", "A request's path cannot be read",
     "Write a path that begins with '/', or a whole URL; {slot} stands for a part of it."},
    {"bad_payload", "A button's payload cannot be read",
     "Write /intent, /intent{\"entity\": \"value\"} or /SetSlots(slot=value)."},
    {"bad_regex", "A regular expression cannot be read",
     "Correct it; the dialect is RE2's, which has no lookaround and no back-references."},
    {"bad_script", "A conversation test cannot be read",
     "docs/conversation-tests.md has the keys that a turn may have."},
    {"bad_url", "A URL cannot be read", "Write one that begins with https:// or http://."},
    {"config_passed_over", "Settings of Rasa mean nothing here",
     "Delete them, or leave them: nothing follows from them."},
    {"conflicting_example", "An example is given for two intents",
     "Keep it where it belongs and delete the other: a model cannot learn both."},
    {"conflicting_label", "A text has two labels", "Keep one of them."},
    {"conflicting_synonym", "A word is a synonym of two values",
     "Keep one of them: the first counts, the other is ignored."},
    {"constant_condition", "A condition is always true or always false",
     "Compare a slot with something it can be, or leave the condition out."},
    {"defined_twice", "A name is defined twice", "Rename one of the two, or delete it."},
    {"duplicate_example", "An example is given twice", "Delete one: it teaches nothing more."},
    {"empty_example", "An example has no text", "Write one, or delete the line."},
    {"empty_regex", "A regular expression matches an empty text as well",
     "Use + where there is a *, so that it needs at least one character."},
    {"empty_response", "A response says nothing", "Give it a 'text', or an 'image' or 'custom'."},
    {"endless_calls", "Flows call each other without ever asking the customer",
     "Let one of them ask, end, or go on by a condition that becomes false."},
    {"endless_loop", "Steps lead back to themselves without asking the customer",
     "Ask something within the loop, or lead out of it by a condition."},
    {"example_too_long", "An example is too long",
     "Give what a customer would write in one message."},
    {"example_without_dash", "A line of examples does not begin with '- '",
     "Begin each example with '- ', on a line of its own."},
    {"expected_bool", "A value must be true or false", "Write true or false, without quotes."},
    {"expected_examples", "Examples are not written as a list",
     "Write 'examples: |' and below it lines that begin with '- '."},
    {"expected_list", "A list was expected", "Begin each item with '- '."},
    {"expected_map", "Keys and values were expected", "Write 'key: value', one a line."},
    {"expected_text", "A text was expected", "Write a single value, in quotes if need be."},
    {"file_not_found", "A file is not there", "Correct its name, or make it."},
    {"file_passed_over", "A file or key of Rasa's means nothing here",
     "Nothing has to be done: the note says what became of it."},
    {"file_unreadable", "A file cannot be read", "Check that it is a file, and its permissions."},
    {"format_unsupported", "A placeholder has a format that this version does not have",
     "Write {name}, and word the text around it."},
    {"intent_twice", "An intent starts two flows",
     "Give one of the flows an 'if' or another intent: only the first will start."},
    {"intent_without_examples", "A flow is started by an intent without examples",
     "Write at least ten examples of it in nlu/: without any it is never understood."},
    {"jinja_unsupported", "A text has a template of Jinja",
     "Write a slot as {name}; choose between texts with variations and 'condition'."},
    {"language_twice", "A language is listed twice", "Delete one of them."},
    {"link_not_last", "Something comes after a 'link'",
     "A link ends the flow: use 'call' to come back, or delete what follows."},
    {"link_to_itself", "A flow links to itself", "Lead to the id of its first step by 'next'."},
    {"lopsided_labels", "Nearly all examples have one label",
     "Give more of the others, or fewer of this: the others will hardly be learnt."},
    {"migration_circle", "A renaming comes back to itself",
     "Keep the renamings that lead to a name that is used today."},
    {"mislabelled_example", "An example looks like one of another intent",
     "Move it there, or give more examples like it."},
    {"missing_annotation", "Words that are an entity elsewhere are none here",
     "Annotate them here, too, or nowhere."},
    {"missing_else", "A list of conditions has no 'else'",
     "End it with '- else: END', or with where the flow goes when nothing fits."},
    {"missing_examples", "An item has no examples",
     "Write 'examples: |' and below it lines that begin with '- '."},
    {"missing_key", "A key that is needed is missing",
     "Add it; docs/flows.md has what each needs."},
    {"missing_kind", "An item does not say what it is of",
     "Begin it with 'intent:', 'synonym:', 'lookup:', 'regex:', 'sentiment:' or 'urgency:'."},
    {"missing_name", "An item has no name", "Write the name behind the colon."},
    {"missing_translation", "A text is missing in one of the bot's languages",
     "Add it under 'translation:', or take the language out of 'additional_languages'."},
    {"needless_migration", "A renaming is of a name that is still used",
     "Delete it: conversations keep the name."},
    {"needs_examples", "There are no examples of what the bot has to understand",
     "Write some as customers would, in a file under nlu/."},
    {"no_action_server", "An action is one of the business's own, and nothing runs it",
     "Name the action server in bot.yml by 'action_endpoint', or call the business's system with "
     "an 'http' step."},
    {"no_bot", "There is no bot here", "Name a bot's folder, or make one with 'usher init'."},
    {"no_encoder", "'fine_tuning' has no encoder to tune",
     "Name one by 'encoder', or leave it out."},
    {"no_examples", "The bot has no examples",
     "Write some in nlu/: without them only buttons are understood."},
    {"no_flows", "The bot has no flows", "Write one under flows/."},
    {"no_kind", "A step does not say what it does",
     "Give it one of the kinds of steps, such as 'collect' or 'say'."},
    {"no_plain_variation", "A response may have nothing to say",
     "Add a variation without 'condition' and 'channel', for when none of the others fits."},
    {"no_steps", "A list of steps is empty", "Write END where the flow ends."},
    {"no_training_data", "A folder has no training data", "Name one with *.yml files in it."},
    {"not_carried_over", "A part of a bot could not be converted",
     "Write in the converted bot what the message says; docs/converting.md has what becomes of "
     "what."},
    {"not_checked", "Only a language model could judge this",
     "State the wording with 'bot_uttered: {text_matches: …}'."},
    {"out_of_range", "A number is too small or too large", "Write one within the limits named."},
    {"overlapping_intents", "Two intents are taken for each other",
     "Make one of them, or tell them apart by more words in their examples."},
    {"plain_http", "What is posted can be read on the way", "Write https://."},
    {"secret_in_file", "A secret is written in a file",
     "Put it into the environment and write ${NAME}; then change it, as it has been seen."},
    {"short_secret", "A secret is too short",
     "Use one that was made by a program, not by a person."},
    {"step_not_explained", "Nothing a customer could mean makes a test go as written",
     "Play the test in Rasa: if it passes there, a flow, slot or response behaves differently here "
     "and the test has to say so; else correct the test."},
    {"stories_not_supported", "Stories and rules are not read",
     "Write flows, and conversations under tests/."},
    {"too_deep", "Steps are nested too deeply", "Give a step an 'id' and lead to it by 'next'."},
    {"too_few_examples", "An intent has too few examples", "Give ten or more, as customers write."},
    {"too_many", "There is too much of something", "Make several bots of this one."},
    {"too_many_diagnostics", "More was found than is shown", "Correct what is shown first."},
    {"too_many_examples", "There are too many examples", "Keep those that differ most."},
    {"too_many_words", "A lookup with 'fuzzy: true' has too many words",
     "Split it, or leave 'fuzzy' out."},
    {"too_small_intent", "An intent's examples do not find each other",
     "Give ten or more, and such as have words in common."},
    {"two_kinds", "One thing is said to be two", "Make two of it."},
    {"two_methods", "A request has two methods", "Make two of it."},
    {"type_mismatch", "A value can never be of that type",
     "Compare or ask for what the slot's type can hold."},
    {"unknown_action", "No action of the action server has that name",
     "Correct the name, or add it under 'actions:' in domain.yml."},
    {"unknown_context", "Nothing sets that part of the context",
     "Use one that docs/flows.md lists, or a slot."},
    {"unknown_entity", "No entity has that name",
     "Correct the name, or mark the entity in examples in nlu/."},
    {"unknown_flow", "No flow has that name", "Correct the name, or write it under flows/."},
    {"unknown_hours", "No hours have that name",
     "Correct the name, or add them under 'hours:' in bot.yml."},
    {"unknown_intent", "No intent has that name",
     "Correct the name, or write examples of it in nlu/."},
    {"unknown_key", "A key is not known here",
     "Correct it, or delete it: it would do nothing. docs/flows.md has the keys."},
    {"unknown_label", "A label is none of those there are", "Write one of those named."},
    {"unknown_mapping", "A slot's mapping is of no known kind",
     "Write from_entity, from_intent, from_text, from_llm or controlled."},
    {"unknown_number", "An alert's rule reads a number that nobody counts",
     "Use one that docs/mood.md lists."},
    {"unknown_pattern", "No pattern has that name",
     "Use one that docs/flows.md lists; other flows do not begin with pattern_."},
    {"unknown_response", "No response has that name",
     "Correct the name, or add it under 'responses:' in domain.yml."},
    {"unknown_slot", "No slot has that name",
     "Correct the name, or add it under 'slots:' in domain.yml."},
    {"unknown_slot_type", "A slot's type is not known",
     "Write text, bool, categorical, float, list or any."},
    {"unknown_step", "No step has that id", "Correct it, or give a step of this flow that 'id'."},
    {"unknown_topic", "An alert is about a topic that does not exist",
     "Name a flow, an intent, or outside, person or other."},
    {"unknown_type", "A question's type is not known",
     "Write one of those docs/flows.md lists, such as text, number, date or choice."},
    {"unreachable_by_nlu", "Nothing starts a flow",
     "Give it an 'nlu_trigger', an intent of its name, or a 'call' or 'link' from another flow."},
    {"unreachable_step", "Nothing leads to a step", "Lead to it by 'next', or delete it."},
    {"unreadable_folder", "A folder of tests cannot be read whole", "Check its permissions."},
    {"unsafe_retries", "A request may be done twice",
     "Add 'idempotent: true' if the business's system allows that, or leave 'retries' out."},
    {"unset_environment", "A variable of the environment is not set",
     "Set it, or write ${NAME:-default}."},
    {"unsupported_action", "An action is Rasa's and not here", "Leave it out, or do as is said."},
    {"unsupported_key", "A key is known from Rasa and does nothing here",
     "Write instead what the message says."},
    {"unused_entity", "An entity is marked, and no slot takes it",
     "Give a slot a mapping from_entity, or delete the annotations."},
    {"unused_intent", "Nothing follows from an intent",
     "Let a flow start by it, or delete its examples."},
    {"unused_response", "Nothing says a response", "Delete it, or use it."},
    {"unused_slot", "Nothing uses a slot", "Delete it, or use it."},
    {"useless_key", "A key has no meaning here", "Delete it, or write what it needs."},
    {"wrong_comparison", "A number is compared with something that is none",
     "Compare with a number."},
    {"wrong_count", "There are too many of something", "Write at most as many as is said."},
    {"wrong_kind", "A value is of the wrong kind", "Write what the message says, in that shape."},
    {"wrong_value", "A slot cannot hold a value", "Write one that fits its type and its values."},
    {"yaml_bad_key", "A key is not a text", "Quote it, if it is meant as a key."},
    {"yaml_control_character", "A file holds a control character", "Delete it."},
    {"yaml_cycle", "An alias stands inside what it repeats", "Write the value out."},
    {"yaml_duplicate_key", "A key is given twice", "Delete one, or make one of the two values."},
    {"yaml_merge_key", "A merge key is used", "Write the keys out."},
    {"yaml_not_utf8", "A file is not UTF-8", "Convert it, as the message says."},
    {"yaml_open_quote", "A quote is never closed", "Close it, or put the text in other quotes."},
    {"yaml_second_document", "A file holds two documents", "Make two files of it."},
    {"yaml_syntax", "A file is not YAML",
     "Check the indentation; quote texts that hold ': ', or begin with a mark."},
    {"yaml_tab", "A line is indented with a tab", "Use spaces."},
    {"yaml_tag", "A value has a tag", "Leave it out."},
    {"yaml_too_deep", "Values are nested too deeply", "Nest less; give names to parts."},
    {"yaml_too_large", "A file is too large", "Split it."},
});

// As a cell of a table in Markdown.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '[' || c == '<' || c == '*') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::span<const Finding> findings() { return table; }

const Finding* find_finding(std::string_view code) {
  const auto found = std::lower_bound(
      table.begin(), table.end(), code,
      [](const Finding& finding, std::string_view wanted) { return finding.code < wanted; });
  return found != table.end() && found->code == code ? &*found : nullptr;
}

std::string findings_page() {
  std::string page =
      "# Findings\n\n"
      "What `usher check` can find, by its code. Codes are stable: a program may branch on them. "
      "The\n"
      "message of a finding is about its place; this list is about its kind. "
      "[checking.md](checking.md)\n"
      "says how findings are shown, and which are corrected by `--fix`. This page is made from\n"
      "dialog/findings.cc; a test compares the two, and both with the sources.\n\n"
      "| code | what is found | what to do |\n| --- | --- | --- |\n";
  for (const Finding& one : table) {
    page += fmt::format("| `{}` | {} | {} |\n", one.code, plain(one.title), plain(one.advice));
  }
  return page;
}

}  // namespace dialog
