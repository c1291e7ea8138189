#include "dialog/schema.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <variant>

#include <fmt/format.h>

#include "dialog/draft.h"
#include "nlu/base/yaml.h"

namespace dialog {

namespace {

constexpr Form bot_file_form = nlu::map_of<bot_keys>();
constexpr Form part_file_form = nlu::map_of<part_keys>();
constexpr Form backend_entry_form = nlu::map_of<backend_keys>();
constexpr Form backend_file_form = nlu::list_of<backend_entry_form>();
constexpr Form alerts_file_form = nlu::map_of<alerts_keys>();
constexpr Form migrations_file_form = nlu::map_of<migrations_keys>();
constexpr Form turn_form = nlu::map_of<turn_keys>();
constexpr Form turns_form = nlu::list_of<turn_form>();
constexpr Form script_form = nlu::map_of<script_keys>();
constexpr Form case_file_form = nlu::map_of<case_file_keys>();
constexpr Form conftest_file_form = nlu::map_of<conftest_keys>();
constexpr Form config_file_form = nlu::map_of<config_keys>();
constexpr Form endpoints_file_form = nlu::map_of<endpoints_keys>();

template <const Form& form>
constexpr Form perhaps() {
  return nlu::either_of<form, nlu::nothing_form>();
}

constexpr FileKind kinds[] = {
    {"bot", "bot.yml", "bot.yml bot.yaml", "Settings of the bot, versioned with it.",
     perhaps<bot_file_form>()},
    {"flows", "flows/*.yml", "flows/**/*.yml data/flows/**/*.yml",
     "Flows, and with a pattern's id what replaces it. Any part of a bot may stand here.",
     perhaps<part_file_form>()},
    {"domain", "domain.yml, domain/*.yml", "domain.yml domain/**/*.yml",
     "Slots and wording. Any part of a bot may stand here.", perhaps<part_file_form>()},
    {"nlu", "nlu/*.yml, data/*.yml", "nlu/**/*.yml data/*.yml data/nlu/**/*.yml",
     "Examples of what customers say. Any part of a bot may stand here.",
     perhaps<part_file_form>()},
    {"backend", "backend.yml", "backend.yml",
     "A stand-in for the business's own systems, for `usher test`, `usher chat` and `serve "
     "--demo`.",
     perhaps<backend_file_form>()},
    {"alerts", "alerts.yml", "alerts.yml",
     "When the business is told that customers sound unhappy.", perhaps<alerts_file_form>()},
    {"migrations", "migrations.yml", "migrations.yml",
     "What flows, slots and steps of earlier versions are called now.",
     perhaps<migrations_file_form>()},
    {"tests", "tests/*.yml, e2e_tests/*.yml", "tests/**/*.yml e2e_tests/**/*.yml",
     "Conversations that must go as written: a list of turns, a map around it, or Rasa's cases.",
     nlu::either_of<turns_form, script_form, case_file_form>()},
    {"conftest", "conftest.yml", "tests/**/conftest.yml e2e_tests/**/conftest.yml",
     "What Rasa's cases share.", perhaps<conftest_file_form>()},
    {"config", "config.yml", "config.yml", "Rasa's; of it counts little.",
     perhaps<config_file_form>()},
    {"endpoints", "endpoints.yml", "endpoints.yml", "Rasa's; of it counts little.",
     perhaps<endpoints_file_form>()},
};

json::value number(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15) return static_cast<std::int64_t>(value);
  return value;
}

json::array texts(std::string_view words) {
  json::array all;
  while (!words.empty()) {
    const std::size_t space = std::min(words.find(' '), words.size());
    all.emplace_back(words.substr(0, space));
    words.remove_prefix(std::min(space + 1, words.size()));
  }
  return all;
}

// Writes the definitions that a file needs, each once.
class SchemaWriter {
 public:
  explicit SchemaWriter(bool expands) : expands_(expands) {}

  json::object form(const Form& form) {
    json::object schema = plain(form);
    const bool may_be_variable =
        expands_ && (form.kind == Form::Kind::number || form.kind == Form::Kind::whole ||
                     form.kind == Form::Kind::boolean || !form.words.empty());
    if (!may_be_variable) return schema;
    const json::object variable{{"type", "string"}, {"pattern", "\\$\\{"}};
    return {{"anyOf", json::array{schema, variable}}};
  }

  json::object definitions() {
    json::object all;
    for (std::size_t i = 0; i < wanted_.size(); ++i) {  // Grows while it is gone through.
      all[wanted_[i]->id] = map(*wanted_[i]);
    }
    return all;
  }

 private:
  json::object plain(const Form& form) {
    switch (form.kind) {
      case Form::Kind::text:
        if (!form.words.empty()) {
          return {{"enum", json::array(form.words.begin(), form.words.end())}};
        }
        return {{"type", json::array{"string", "number", "boolean"}}};
      case Form::Kind::boolean:
        return {{"type", "boolean"}};
      case Form::Kind::number:
      case Form::Kind::whole:
        return {{"type", form.kind == Form::Kind::whole ? "integer" : "number"},
                {"minimum", number(form.min)},
                {"maximum", number(form.max)}};
      case Form::Kind::nothing:
        return {{"type", "null"}};
      case Form::Kind::anything:
        return {};
      case Form::Kind::map:
        return {{"$ref", fmt::format("#/definitions/{}", want(*form.keys))}};
      case Form::Kind::names:
        return {{"type", "object"}, {"additionalProperties", this->form(*form.forms[0])}};
      case Form::Kind::list:
        return {{"type", "array"}, {"items", this->form(*form.forms[0])}};
      case Form::Kind::either:
        break;
    }
    json::array either;
    for (const Form* one : form.forms) either.push_back(this->form(*one));
    return {{"anyOf", std::move(either)}};
  }

  std::string_view want(const Keys& keys) {
    if (known_.insert(&keys).second) wanted_.push_back(&keys);
    return keys.id;
  }

  json::object map(const Keys& keys) {
    json::object schema{{"type", "object"}, {"title", title(keys)}, {"description", keys.about}};
    if (keys.kinds.empty()) {
      add_keys(keys, schema);
      return schema;
    }
    // What can be written first, then what the chosen kind may have.
    json::object first;
    json::array one_of, all_of;
    for (const Keys* kind : keys.kinds) {
      const std::string_view name = kind->own[0].name;
      first[name] = json::object{{"description", description(kind->own[0])}};
      const json::object has{{"required", json::array{json::value(name)}}};
      one_of.push_back(has);
      json::object then{{"title", title(*kind)}};
      add_keys(*kind, then);
      all_of.push_back(json::object{{"if", has}, {"then", std::move(then)}});
    }
    // Where there is no kind, a misspelt one is pointed at.
    std::set<std::string> names;
    for (const Keys* kind : keys.kinds) names.merge(names_of(*kind));
    const json::object known{
        {"propertyNames", json::object{{"enum", json::array(names.begin(), names.end())}}}};
    all_of.push_back(json::object{{"if", json::object{{"anyOf", one_of}}}, {"else", known}});
    schema["properties"] = std::move(first);
    schema["oneOf"] = std::move(one_of);
    schema["allOf"] = std::move(all_of);
    return schema;
  }

  // Editors head what they show with it.
  static std::string title(const Keys& keys) {
    std::string words(keys.id);
    std::replace(words.begin(), words.end(), '_', ' ');
    return words;
  }

  static std::set<std::string> names_of(const Keys& keys) {
    const std::vector<std::string> names = keys.names();
    return {names.begin(), names.end()};
  }

  void add_keys(const Keys& keys, json::object& schema) {
    json::object properties;
    json::array required;
    for (const Keys* table = &keys; table != nullptr; table = table->also) {
      for (const Key& key : table->own) {
        if (key.is_refused || properties.contains(key.name)) continue;
        properties[key.name] = value_of(key);
        if (key.is_required) required.emplace_back(key.name);
      }
    }
    schema["properties"] = std::move(properties);
    if (!required.empty()) schema["required"] = std::move(required);
    schema["additionalProperties"] =
        keys.others == nullptr ? json::value(false) : json::value(form(*keys.others));
    if (keys.ways.empty()) return;
    json::array ways;
    for (const std::string_view way : keys.ways) {
      ways.push_back(json::object{{"required", texts(way)}});
    }
    schema[keys.several ? "anyOf" : "oneOf"] = std::move(ways);
  }

  static std::string description(const Key& key) {
    std::string text(key.about);
    if (!key.standard.empty()) {
      text += fmt::format("{}default: {}", text.empty() ? "" : "; ", key.standard);
    }
    return text;
  }

  // Draft 7 passes over what stands beside a $ref, so it is put aside.
  json::object value_of(const Key& key) {
    json::object value = form(key.form);
    if (value.contains("$ref")) value = {{"allOf", json::array{std::move(value)}}};
    if (const std::string text = description(key); !text.empty()) value["description"] = text;
    if (key.example.empty()) return value;
    const auto example = nlu::parse_yaml(key.example, "example");
    if (const auto* yaml = std::get_if<Yaml>(&example)) {
      value["examples"] = json::array{to_json(*yaml)};
    }
    return value;
  }

  bool expands_;
  std::set<const Keys*> known_;
  std::vector<const Keys*> wanted_;
};

}  // namespace

std::span<const FileKind> file_kinds() { return kinds; }

json::object schema_of(const FileKind& kind) {
  SchemaWriter writer(kind.expands);
  json::object schema{{"$schema", "http://json-schema.org/draft-07/schema#"},
                      {"title", kind.title},
                      {"description", kind.about}};
  json::object whole = writer.form(kind.form);
  for (const auto& member : whole) schema[member.key()] = member.value();
  schema["definitions"] = writer.definitions();
  return schema;
}

}  // namespace dialog
