// A bot while it is being read: what is known of it so far, what is wrong with it, and the names
// that must turn out to exist once every file has been read. Internal to the loader.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dialog/bot.h"
#include "dialog/keys.h"
#include "dialog/load.h"
#include "nlu/base/diagnostic.h"
#include "nlu/base/yaml.h"

namespace dialog {

using nlu::Diagnostics;
using nlu::Yaml;

namespace limits {
constexpr std::size_t files = 2000;
constexpr std::size_t flows = 5000;
constexpr std::size_t steps = 1000;  // A flow's.
constexpr int nesting = 12;          // Of steps; YAML itself ends at 64, and each has four levels.
constexpr std::size_t slots = 5000;
constexpr std::size_t responses = 20'000;
constexpr std::size_t diagnostics = 200;
}  // namespace limits

// What migrations.yml says of a name: what it was, what it is called now, and where that is said.
struct Renaming {
  enum class Kind { flow, slot, step } kind = Kind::flow;
  std::string flow;  // The step's
  std::string from, to;
  Mark from_mark, to_mark;
};

// A name that someone used and the place where.
struct Reference {
  enum class Kind { slot, response, flow, intent, entity, topic };
  Kind kind = Kind::slot;
  std::string name;
  Mark mark;
  std::string user;  // A trigger's flow, "payload", "default question"; "" for others.
};

// `say: Thanks`, `utter: "thanks"`: a response of that name if there is one, else wording.
struct PossibleName {
  std::string flow;
  std::size_t step = 0;
  std::string text;
  std::string own_name;  // Of the response that the wording becomes.
  Mark mark;
  int rejection = -1;  // -1: the step's own; else the collect's rejection.
};

struct OnErrorName {
  std::string flow;
  std::size_t step = 0;
  std::size_t entry = 0;
  std::string name;
  Mark mark;
};

struct Draft {
  Bot bot;
  Diagnostics diagnostics;
  const LoadOptions* options = nullptr;
  // Where one could not be read, nothing can be said of a name that is not found.
  std::size_t unread_files = 0;

  std::vector<Reference> references;
  std::vector<PossibleName> possible_names;
  std::vector<OnErrorName> on_error_names;
  std::vector<Renaming> renamings;
  std::map<std::string, Mark> declared_intents;
  std::map<std::string, Mark> declared_entities;
  std::vector<std::pair<std::string, Mark>> used_actions;  // Of the action server
  std::set<std::string> implied_slots;  // That steps have without the author's naming them
  std::vector<std::pair<std::string, Mark>> named_hours;  // In is_open()
  std::set<std::string> reached_flows;                    // Called, linked or led to by on_error.

  void error(std::string code, const Mark& mark, std::string message);
  void warn(std::string code, const Mark& mark, std::string message);
  void refer(Reference::Kind kind, std::string name, const Mark& mark, std::string user = "");
  // "flows/a.yml:3:5", for naming a second place.
  static std::string place(const Mark& mark);
};

// ---- reading values; each reports what is wrong and returns nothing then ----

// Every key of `map` is in the table. One that is refused passes: who reads the map says why.
void check_keys(Draft& draft, const Yaml& map, const Keys& keys);
// The same, with words of its own for the map: "'opening_hours'".
void check_keys(Draft& draft, const Yaml& map, const Keys& keys, std::string_view what);
bool expect_map(Draft& draft, const Yaml& node, std::string_view what);
bool expect_sequence(Draft& draft, const Yaml& node, std::string_view what);
std::optional<std::string> read_text(Draft& draft, const Yaml& node, std::string_view what);
std::optional<bool> read_bool(Draft& draft, const Yaml& node, std::string_view what);
// Within the key's bounds.
std::optional<double> read_number(Draft& draft, const Yaml& node, const Key& key);
std::optional<std::int64_t> read_whole(Draft& draft, const Yaml& node, const Key& key);
// A text in which ${NAME} and ${NAME:-default} are the environment's.
std::string read_expanded(Draft& draft, const Yaml& node, std::string_view what);
// A list of texts, or a single one.
std::vector<std::string> read_texts(Draft& draft, const Yaml& node, std::string_view what);
// The node as JSON; quoted scalars are texts, plain ones what YAML says they are.
json::value to_json(const Yaml& node);
// The place of `word` among `words`; nullopt: it is none of them.
std::optional<std::size_t> find_word(std::span<const std::string_view> words,
                                     std::string_view word);
// "; did you mean 'date'?", or nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> words);
// The scalar as a name: letters, digits, '_', '-', beginning with a letter or '_'.
bool is_name(std::string_view text);

// A condition, its names unchecked; also `true` and `false`.
std::optional<Condition> parse_condition(Draft& draft, const Yaml& node);
// The same, and its names are a conversation's.
std::optional<Condition> read_condition(Draft& draft, const Yaml& node);
// What `set` and `switch` compute; its names are a conversation's.
std::optional<Expression> read_expression(Draft& draft, const Yaml& node);
// Text with {slot}s: refers to every slot it names.
Template read_template(Draft& draft, const Yaml& node);
void check_template(Draft& draft, std::string_view text, const Mark& mark);
// The same in every text within a JSON value made from `node`.
void check_templates(Draft& draft, const Yaml& node);

// ---- the parts of a bot ----

void read_settings(Draft& draft, const Yaml& file);   // bot.yml
void read_languages(Draft& draft, const Yaml& file);  // Of bot.yml and config.yml
void read_action_endpoint(Draft& draft, const Yaml& node);
void read_alerts(Draft& draft, const Yaml& file);      // alerts.yml
void read_migrations(Draft& draft, const Yaml& file);  // migrations.yml
void check_migrations(Draft& draft);                   // Once every name is known
// {url, secret, previous_secret}, and `personal` where `is_told_personal` is given; false: none.
void read_webhook(Draft& draft, const Yaml& node, Webhook& hook, bool* is_told_personal = nullptr);
void read_session_config(Draft& draft, const Yaml& node);
void read_slots(Draft& draft, const Yaml& node);
void read_intents(Draft& draft, const Yaml& node);
void read_entities(Draft& draft, const Yaml& node);
void read_responses(Draft& draft, const Yaml& node);
void read_flows(Draft& draft, const Yaml& node);

// The name of an item that is a text or a map with one key: "- city", "- product: {roles: […]}".
const std::string* item_name(Draft& draft, const Yaml& item, std::string_view what);
// "utter_x" for "x" and "utter_x".
std::string response_name(std::string_view written);
// Wording written in place of a response's name: a text, a list of variations, or one variation.
std::optional<Response> read_wording(Draft& draft, const Yaml& node, std::string name);

// The flows and responses every bot has unless it defines its own.
void add_default_patterns(Draft& draft);
const std::vector<std::string>& pattern_names();
// Known from Rasa, not in this version.
bool is_unsupported_pattern(const std::string& id);
bool is_unsupported_action(const std::string& action);
bool is_default_response(const std::string& name);
// The engine's own name of an action that patterns can use; Rasa's names mean the same.
std::optional<std::string> builtin_action(const std::string& written);

}  // namespace dialog
