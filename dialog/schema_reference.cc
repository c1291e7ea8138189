// docs/reference.md.
#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "dialog/draft.h"
#include "dialog/expression_functions.h"
#include "dialog/schema.h"
#include "nlu/base/yaml.h"
#include "nlu/training_keys.h"

namespace dialog {

namespace {

// "collect_step" as a heading; its anchor is the same with '-'.
std::string heading(const Keys& keys) {
  std::string words(keys.id);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

std::string link(const Keys& keys) {
  std::string anchor(keys.id);
  std::replace(anchor.begin(), anchor.end(), '_', '-');
  return fmt::format("[{}](#{})", heading(keys), anchor);
}

// As a cell of a table.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string number_text(double number) {
  if (number != std::floor(number) || std::abs(number) > 1e18) return fmt::format("{}", number);
  const std::string digits = fmt::format("{:.0f}", std::abs(number));
  std::string text = number < 0 ? "-" : "";
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

// "a list of intents", "a list, each with [branch](#branch)".
std::string list_in_words(const std::string& item) {
  const std::size_t article = item.starts_with("a ") ? 2 : item.starts_with("an ") ? 3 : 0;
  const bool is_plain = article > 0 && item.find_first_of(",;`") == std::string::npos;
  return is_plain ? fmt::format("a list of {}s", item.substr(article))
                  : fmt::format("a list, each {}", item);
}

std::string in_words(const Form& form) {
  if (!form.what.empty()) {
    // What is in the author's own words names the maps within it all the same.
    if (form.kind == Form::Kind::names && form.forms[0]->kind == Form::Kind::map) {
      return fmt::format("{}: {}", form.what, in_words(*form.forms[0]));
    }
    return std::string(form.what);
  }
  switch (form.kind) {
    case Form::Kind::text: {
      if (form.words.empty()) return "a text";
      std::string words;
      for (const std::string_view word : form.words) {
        words += fmt::format("{}`{}`", words.empty() ? "" : ", ", word);
      }
      return words;
    }
    case Form::Kind::boolean:
      return "`true`, `false`";
    case Form::Kind::number:
    case Form::Kind::whole: {
      const std::string_view kind = form.kind == Form::Kind::whole ? "a whole number" : "a number";
      if (form.max >= 1e15)
        return std::string(form.min < 0 ? kind
                                        : fmt::format("{}, from {}", kind, number_text(form.min)));
      return fmt::format("{}, {} to {}", kind, number_text(form.min), number_text(form.max));
    }
    case Form::Kind::nothing:
      return "nothing";
    case Form::Kind::anything:
      return "any value";
    case Form::Kind::map:
      return link(*form.keys);
    case Form::Kind::names:
      return fmt::format("names, each with {}", in_words(*form.forms[0]));
    case Form::Kind::list:
      return list_in_words(in_words(*form.forms[0]));
    case Form::Kind::either:
      break;
  }
  std::string all;
  const Form* before = nullptr;
  for (const Form* one : form.forms) {
    if (one->kind == Form::Kind::nothing) continue;  // It goes without saying.
    const bool is_several =
        before != nullptr && one->kind == Form::Kind::list && one->forms[0] == before;
    all += all.empty()  ? in_words(*one)
           : is_several ? ", or a list of them"
                        : fmt::format("; or {}", in_words(*one));
    before = one;
  }
  return all;
}

std::string example_of(const Key& key) {
  std::string_view value = key.example;
  if (value.empty() && key.standard.size() > 2 && key.standard.find('`') == 0 &&
      key.standard.find('`', 1) == key.standard.size() - 1) {
    value = key.standard.substr(1, key.standard.size() - 2);
  }
  return value.empty() ? "" : fmt::format("`{}: {}`", key.name, value);
}

class ReferenceWriter {
 public:
  std::string page;

  // What the section has below it: `roots`, and all that they lead to but roots of other sections.
  void section(std::string_view title, std::string_view about, std::span<const Keys* const> roots) {
    page += fmt::format("\n## {}\n\n{}\n", title, about);
    for (const Keys* root : roots) map(*root);
    while (next_ < wanted_.size()) map(*wanted_[next_++]);
  }

  // The same of a whole file.
  void file(const FileKind& kind) {
    maps_of(kind.form);
    section(kind.title, kind.about, {});
  }

  // Has, or will have, a place of its own.
  void place(const Keys& keys) { known_.insert(&keys); }

 private:
  void want(const Keys& keys) {
    if (known_.insert(&keys).second) wanted_.push_back(&keys);
  }

  void maps_of(const Form& form) {
    if (form.keys != nullptr) want(*form.keys);
    for (const Form* one : form.forms) maps_of(*one);
  }

  void map(const Keys& keys) {
    page += fmt::format("\n### {}\n\n{}", heading(keys), keys.about);
    if (!keys.ways.empty()) page += fmt::format(" {}", ways_of(keys));
    if (keys.others != nullptr && keys.others->kind == Form::Kind::map) {
      maps_of(*keys.others);
      page += fmt::format(" Other keys are names of your own: {}.", in_words(*keys.others));
    }
    page += "\n\n";
    table(keys.own);
    if (keys.also != nullptr && !keys.also->id.empty()) {
      page += fmt::format("\nBeside them all keys of {}.\n", link(*keys.also));
      want(*keys.also);
    } else if (keys.also != nullptr) {
      rows(keys.also->own);
    }
    refusals(keys.own);
    if (!keys.example.empty()) page += fmt::format("\n```yaml\n{}```\n", keys.example);
    for (const Keys* kind : keys.kinds) {
      page += fmt::format("\n#### {}\n\n{}", heading(*kind), kind->about);
      if (!kind->ways.empty()) page += fmt::format(" {}", ways_of(*kind));
      page += "\n\n";
      table(kind->own);
    }
  }

  static std::string ways_of(const Keys& keys) {
    std::string ways;
    for (const std::string_view way : keys.ways) {
      std::string together(way);
      for (std::size_t at = 0; (at = together.find(' ', at)) != std::string::npos; at += 9) {
        together.replace(at, 1, "` with `");
      }
      ways += fmt::format("{}`{}`", ways.empty() ? "" : ", ", together);
    }
    return keys.ways.size() == 1 ? fmt::format("It needs {}.", ways)
           : keys.several        ? fmt::format("At least one of {}.", ways)
                                 : fmt::format("Exactly one of {}.", ways);
  }

  void table(std::span<const Key> own) {
    page += "| key | value | default | | example |\n| --- | --- | --- | --- | --- |\n";
    rows(own);
  }

  void rows(std::span<const Key> own) {
    for (const Key& key : own) {
      if (key.is_refused) continue;
      maps_of(key.form);
      page += fmt::format("| `{}` | {} | {} | {} | {} |\n", key.name, cell(in_words(key.form)),
                          cell(key.is_required ? "required" : key.standard), cell(key.about),
                          cell(example_of(key)));
    }
  }

  void refusals(std::span<const Key> own) {
    std::string all;
    for (const Key& key : own) {
      if (key.is_refused) all += fmt::format("- `{}`: {}\n", key.name, key.about);
    }
    if (!all.empty()) page += fmt::format("\nKnown from elsewhere, and errors here:\n\n{}", all);
  }

  std::set<const Keys*> known_;
  std::vector<const Keys*> wanted_;
  std::size_t next_ = 0;
};

std::string limits_section() {
  const nlu::YamlLimits yaml;
  std::string out = "\n## Limits of a bot\n\n| what | at most |\n| --- | --- |\n";
  const auto row = [&](std::string_view what, std::size_t most) {
    out += fmt::format("| {} | {} |\n", what, number_text(static_cast<double>(most)));
  };
  row("files of a bot", limits::files);
  row("bytes of a file", yaml.file_bytes);
  row("values in a file, aliases expanded", yaml.nodes);
  row("levels of a file", static_cast<std::size_t>(yaml.depth));
  row("flows", limits::flows);
  row("steps of a flow", limits::steps);
  row("levels of steps within steps", static_cast<std::size_t>(limits::nesting));
  row("slots", limits::slots);
  row("responses", limits::responses);
  row("findings shown", limits::diagnostics);
  return out;
}

std::string functions_section() {
  std::string out =
      "\n## Functions\n\nOf [expressions](flows.md#expressions).\n\n| function | |\n| --- | --- "
      "|\n";
  for (const Function& one : functions()) {
    out += fmt::format("| `{}` | {} |\n", cell(one.usage), cell(one.what));
  }
  return out;
}

struct Section {
  std::string_view title, about;
  std::vector<const Keys*> roots;
};

const std::vector<Section>& sections() {
  static const std::vector<Section> all = {
      {"Settings", "bot.yml holds them.", {&bot_keys}},
      {"Parts of a bot",
       "domain.yml, and all files below domain/, flows/, nlu/ and data/, may hold any of these.",
       {&part_keys}},
      {"Flows and steps",
       "Under `flows`.",
       {&pattern_keys, &flow_keys, &pattern_flow_keys, &step_keys}},
      {"Slots and mappings", "Under `slots`.", {&slot_keys}},
      {"Wording",
       "Under `responses`, and in steps in place of a response's name.",
       {&variation_keys}},
      {"Training data", "Under `nlu`.", {&nlu::training_item_keys}},
      {"A stand-in for your system", "backend.yml is a list of these.", {&backend_keys}},
      {"Alerts by webhook", "alerts.yml holds them.", {&alerts_keys}},
      {"Names of earlier versions", "migrations.yml holds them.", {&migrations_keys}},
      {"Conversation tests",
       "Files below tests/ and e2e_tests/.",
       {&script_keys, &turn_keys, &case_file_keys, &conftest_keys}},
      {"Rasa's settings", "Of these files counts little.", {&config_keys, &endpoints_keys}},
  };
  return all;
}

}  // namespace

std::string reference_page(std::span<const FileKind> kinds) {
  ReferenceWriter writer;
  writer.page =
      "# Reference\n\n"
      "Every file, key, value and limit. [flows.md](flows.md) explains the language, with "
      "examples\n"
      "that belong together; this page is to look things up. It is what `usher schema "
      "--reference`\n"
      "prints, from the tables that the files are read with; a test compares the two.\n\n"
      "A text may be written with or without quotes. What is \"accepted, without effect\" belongs "
      "to\n"
      "Rasa. A key that is not listed is an error, unless the map says that other keys are "
      "names.\n\n"
      "| files | | for editors |\n| --- | --- | --- |\n";
  for (const FileKind& kind : kinds) {
    writer.page +=
        fmt::format("| `{}` | {} | `usher schema {}` |\n", kind.title, kind.about, kind.name);
  }
  for (const Section& one : sections()) {
    for (const Keys* root : one.roots) writer.place(*root);
  }
  for (const Section& one : sections()) writer.section(one.title, one.about, one.roots);
  for (const FileKind& kind : kinds.subspan(file_kinds().size())) {
    writer.file(kind);
  }
  writer.page += limits_section();
  writer.page += functions_section();
  return std::move(writer.page);
}

}  // namespace dialog
