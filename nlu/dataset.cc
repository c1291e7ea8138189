#include "nlu/dataset.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "nlu/base/encoding.h"
#include "nlu/base/json.h"
#include "nlu/base/unicode.h"
#include "nlu/base/yaml.h"
#include "nlu/conll.h"
#include "nlu/csv.h"

namespace nlu {
namespace {

constexpr std::size_t byte_limit = std::size_t{256} << 20;
constexpr std::size_t row_limit = 2'000'000;
constexpr std::size_t line_limit = std::size_t{1} << 20;

using Rows = std::vector<DataRow>;

Error at_line(const std::string& file, int line, const std::string& what) {
  return invalid(fmt::format("{}:{}: {}", file, line, what));
}

// ---- CSV ----

std::optional<std::size_t> column(const CsvRow& header, std::string_view name) {
  for (std::size_t i = 0; i < header.fields.size(); ++i) {
    if (fold(header.fields[i]) == name) return i;
  }
  return std::nullopt;
}

// What stands between the columns, by the first line: the comma, unless there is none.
char separator_of(std::string_view text) {
  const std::string_view header = text.substr(0, text.find_first_of("\r\n"));
  for (const char separator : {',', '\t', ';'}) {
    if (header.find(separator) != header.npos) return separator;
  }
  return ',';
}

constexpr const char* no_columns = "the first line must name the columns 'text' and 'label'";

Result<Rows> read_csv(std::string_view text, const std::string& file) {
  Result<std::vector<CsvRow>> read = parse_csv(text, separator_of(text));
  if (!read) return Error{read.error().code, fmt::format("{}: {}", file, read.error().message)};
  if (read->empty()) return at_line(file, 1, no_columns);
  const auto text_at = column(read->front(), "text");
  auto label_at = column(read->front(), "label");
  if (!label_at) label_at = column(read->front(), "intent");
  if (!text_at || !label_at) {
    return at_line(file, 1, no_columns);
  }
  Rows rows;
  for (std::size_t i = 1; i < read->size(); ++i) {
    CsvRow& fields = (*read)[i];
    DataRow row;
    row.example.text = std::move(fields.fields[*text_at]);
    row.example.intent = std::move(fields.fields[*label_at]);
    row.example.mark = {file, fields.line, 1};
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string quoted(const std::string& field) {
  if (field.find_first_of(",\"\r\n") == std::string::npos) return field;
  std::string out = "\"";
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string write_csv(const Rows& rows) {
  std::string out = "text,label\n";
  for (const DataRow& row : rows) {
    out += quoted(row.example.text) + ',' + quoted(row.example.intent) + '\n';
  }
  return out;
}

// ---- JSON lines ----

// Byte offsets of a text's characters, its end included.
std::vector<std::size_t> character_offsets(std::string_view text) {
  std::vector<std::size_t> offsets;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) offsets.push_back(i);
  }
  offsets.push_back(text.size());
  return offsets;
}

std::string string_at(const json::object& object, std::string_view key) {
  return std::string(get_string(object, key).value_or(""));
}

Result<Entity> read_entity(const json::value& value, const std::string& text,
                           const std::vector<std::size_t>& offsets) {
  const json::object* const object = value.if_object();
  if (object == nullptr) return invalid("an entity must be an object");
  const auto start = get_integer(*object, "start"), end = get_integer(*object, "end");
  if (!start || !end) return invalid("an entity needs 'start' and 'end', counted in characters");
  if (*start < 0 || *end <= *start || *end >= std::ssize(offsets)) {
    return invalid(fmt::format("the entity from {} to {} is outside its text of {} characters",
                               *start, *end, offsets.size() - 1));
  }
  Entity entity;
  entity.type = string_at(*object, "entity");
  if (entity.type.empty()) entity.type = string_at(*object, "label");
  if (entity.type.empty()) return invalid("an entity needs a type, as 'entity' or 'label'");
  entity.role = string_at(*object, "role");
  entity.group = string_at(*object, "group");
  entity.source = "model";
  entity.span = {offsets[static_cast<std::size_t>(*start)],
                 offsets[static_cast<std::size_t>(*end)]};
  entity.value = string_at(*object, "value");
  if (entity.value.empty()) {
    entity.value = text.substr(entity.span.begin, entity.span.end - entity.span.begin);
  }
  return entity;
}

Result<Example> read_object(std::string_view line) {
  const Result<json::value> value = parse_json(line, {line_limit, 32});
  if (!value) return value.error();
  const json::object* const object = value->if_object();
  if (object == nullptr) return invalid("a line must be a JSON object");
  const auto text = get_string(*object, "text");
  if (!text) return invalid("'text' is missing");
  Example example;
  example.text = std::string(*text);
  example.intent = string_at(*object, object->contains("label") ? "label" : "intent");
  const json::array* const entities = get_array(*object, "entities");
  if (entities == nullptr) return example;
  const std::vector<std::size_t> offsets = character_offsets(example.text);
  for (const json::value& one : *entities) {
    Result<Entity> entity = read_entity(one, example.text, offsets);
    if (!entity) return entity.error();
    example.entities.push_back(*std::move(entity));
  }
  return example;
}

Result<Rows> read_jsonl(std::string_view text, const std::string& file) {
  Rows rows;
  int number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    at = end + 1;
    ++number;
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    Result<Example> example = read_object(line);
    if (!example) return at_line(file, number, example.error().message);
    DataRow row;
    row.example = *std::move(example);
    row.example.mark = {file, number, 1};
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string write_jsonl(const Rows& rows) {
  std::string out;
  for (const DataRow& row : rows) {
    const Example& example = row.example;
    json::object object{{"text", example.text}};
    if (!example.intent.empty()) object["intent"] = example.intent;
    json::array entities;
    for (const Entity& entity : example.entities) {
      const std::string_view text = example.text;
      const std::string_view covered =
          text.substr(entity.span.begin, entity.span.end - entity.span.begin);
      json::object one{{"start", count_characters(text.substr(0, entity.span.begin))},
                       {"end", count_characters(text.substr(0, entity.span.end))},
                       {"entity", entity.type}};
      if (!entity.role.empty()) one["role"] = entity.role;
      if (!entity.group.empty()) one["group"] = entity.group;
      if (entity.value != covered) one["value"] = entity.value;
      entities.push_back(std::move(one));
    }
    if (!entities.empty()) object["entities"] = std::move(entities);
    out += json::serialize(object) + '\n';
  }
  return out;
}

// ---- Rasa ----

Result<Rows> read_rasa(std::string_view text, const std::string& file) {
  auto parsed = parse_yaml(text, file);
  if (const auto* fault = std::get_if<Diagnostic>(&parsed)) return invalid(to_string(*fault));
  TrainingData data;
  Diagnostics diagnostics;
  read_training_data(std::get<Yaml>(parsed), data, diagnostics);
  for (const Diagnostic& diagnostic : diagnostics) {
    if (diagnostic.severity == Severity::error) return invalid(to_string(diagnostic));
  }
  Rows rows;
  for (Example& example : data.examples) rows.push_back({std::move(example), {}});
  return rows;
}

std::string annotated(const Example& example, const Entity& entity) {
  const std::string covered =
      example.text.substr(entity.span.begin, entity.span.end - entity.span.begin);
  const bool plain = entity.role.empty() && entity.group.empty() && entity.value == covered &&
                     entity.type.find_first_of(":)") == std::string::npos;
  if (plain) return fmt::format("[{}]({})", covered, entity.type);
  json::object what{{"entity", entity.type}};
  if (!entity.role.empty()) what["role"] = entity.role;
  if (!entity.group.empty()) what["group"] = entity.group;
  if (entity.value != covered) what["value"] = entity.value;
  return fmt::format("[{}]{}", covered, json::serialize(what));
}

Result<std::string> annotated(const Example& example) {
  if (example.text.find_first_of("[\r\n") != std::string::npos) {
    return invalid(
        fmt::format("{}:{}: Rasa's format has no way to write '[' or a line's end in '{}'",
                    example.mark.file, example.mark.line, example.text));
  }
  std::vector<Entity> entities = example.entities;
  std::sort(entities.begin(), entities.end(),
            [](const Entity& a, const Entity& b) { return a.span.begin < b.span.begin; });
  std::string out;
  std::size_t at = 0;
  for (const Entity& entity : entities) {
    if (entity.span.begin < at) {
      return invalid(fmt::format("{}:{}: Rasa's format has no way to write overlapping entities",
                                 example.mark.file, example.mark.line));
    }
    out += example.text.substr(at, entity.span.begin - at) + annotated(example, entity);
    at = entity.span.end;
  }
  return out + example.text.substr(at);
}

Result<std::string> write_rasa(const Rows& rows) {
  std::map<std::string, std::string> by_intent;
  for (const DataRow& row : rows) {
    if (row.example.intent.empty()) {
      return invalid(fmt::format("{}:{}: Rasa's format needs an intent for every example",
                                 row.example.mark.file, row.example.mark.line));
    }
    const Result<std::string> line = annotated(row.example);
    if (!line) return line.error();
    by_intent[row.example.intent] += "      - " + *line + '\n';
  }
  std::string out = "version: \"3.1\"\nnlu:\n";
  for (const auto& [intent, lines] : by_intent) {
    out += fmt::format("  - intent: {}\n    examples: |\n{}", json::serialize(json::value(intent)),
                       lines);
  }
  return out;
}

}  // namespace

std::optional<DataFormat> format_named(std::string_view name) {
  if (name == "csv") return DataFormat::csv;
  if (name == "jsonl") return DataFormat::jsonl;
  if (name == "rasa") return DataFormat::rasa;
  if (name == "conll") return DataFormat::conll;
  return std::nullopt;
}

std::optional<DataFormat> format_of(std::string_view path) {
  const std::string_view name = path.substr(path.find_last_of('/') + 1);
  const std::size_t dot = name.find_last_of('.');
  const std::string_view ending = dot == name.npos ? "" : name.substr(dot + 1);
  static constexpr std::pair<std::string_view, DataFormat> endings[] = {
      {"csv", DataFormat::csv},      {"json", DataFormat::jsonl}, {"jsonl", DataFormat::jsonl},
      {"ndjson", DataFormat::jsonl}, {"yml", DataFormat::rasa},   {"yaml", DataFormat::rasa},
      {"conll", DataFormat::conll},  {"bio", DataFormat::conll},  {"iob", DataFormat::conll},
      {"iob2", DataFormat::conll}};
  for (const auto& [known, format] : endings) {
    if (ending == known) return format;
  }
  return std::nullopt;
}

Result<std::vector<DataRow>> parse_dataset(std::string_view text, const std::string& shown_as,
                                           DataFormat format) {
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  if (!is_utf8(text)) {
    int line = 1;
    for (std::size_t at = 0; at < text.size(); ++line) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      if (!is_utf8(text.substr(at, end - at))) break;
      at = end + 1;
    }
    return at_line(shown_as, line, "this is not UTF-8; " + encoding_advice(text));
  }
  Result<Rows> rows = format == DataFormat::csv     ? read_csv(text, shown_as)
                      : format == DataFormat::jsonl ? read_jsonl(text, shown_as)
                      : format == DataFormat::rasa  ? read_rasa(text, shown_as)
                                                    : read_conll(text, shown_as);
  if (!rows) return rows;
  if (rows->size() > row_limit) {
    return Error{Errc::too_large, fmt::format("{}: more than {} rows", shown_as, row_limit)};
  }
  for (const DataRow& row : *rows) {
    if (row.example.text.find_first_not_of(" \t\r\n") != std::string::npos) continue;
    return at_line(shown_as, row.example.mark.line,
                   "the text is empty; write one, or delete the row");
  }
  return rows;
}

Result<std::vector<DataRow>> read_dataset(const std::string& path, DataFormat format) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return Error{Errc::not_found, fmt::format("{}: cannot be opened", path)};
  std::string text;
  std::string chunk(std::size_t{1} << 20, '\0');
  while (stream.read(chunk.data(), std::ssize(chunk)) || stream.gcount() > 0) {
    text.append(chunk, 0, static_cast<std::size_t>(stream.gcount()));
    if (text.size() > byte_limit) {
      return Error{Errc::too_large, fmt::format("{}: over {} bytes", path, byte_limit)};
    }
  }
  return parse_dataset(text, path, format);
}

Result<std::string> write_dataset(const std::vector<DataRow>& rows, DataFormat format) {
  switch (format) {
    case DataFormat::csv:
      return write_csv(rows);
    case DataFormat::jsonl:
      return write_jsonl(rows);
    case DataFormat::rasa:
      return write_rasa(rows);
    case DataFormat::conll:
      return write_conll(rows);
  }
  return invalid("there is no such format");
}

}  // namespace nlu
