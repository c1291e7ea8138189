#include "dialog/backend.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "dialog/backend_match.h"
#include "dialog/draft.h"

namespace dialog {

namespace {

using Captures = std::map<std::string, std::string>;

// ---- matching ----

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decode(std::string_view text, bool is_query) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
        hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += is_query && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  for (;;) {
    const std::size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end == std::string_view::npos ? end : end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

// One segment of a path or one query value against "{id}", "*" or itself.
bool fits(std::string_view pattern, const std::string& text, Captures& captures) {
  if (pattern == "*") return true;
  if (pattern.size() > 2 && pattern.front() == '{' && pattern.back() == '}') {
    captures[std::string(pattern.substr(1, pattern.size() - 2))] = text;
    return !text.empty();
  }
  return pattern == text;
}

bool path_fits(std::string_view pattern, std::string_view path, Captures& captures) {
  const auto wanted = split(pattern, '/');
  const auto given = split(path, '/');
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (i >= given.size()) return false;
    const bool last = i + 1 == wanted.size();
    if (last && wanted[i] == "*") return !given[i].empty();  // The rest, whatever it is.
    if (!fits(wanted[i], percent_decode(given[i], false), captures)) return false;
  }
  return wanted.size() == given.size();
}

std::multimap<std::string, std::string> read_query(std::string_view query) {
  std::multimap<std::string, std::string> pairs;
  for (const std::string_view part : split(query, '&')) {
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    pairs.emplace(
        percent_decode(part.substr(0, equals), true),
        equals == std::string_view::npos ? "" : percent_decode(part.substr(equals + 1), true));
  }
  return pairs;
}

bool query_fits(std::string_view pattern, std::string_view query, Captures& captures) {
  const auto given = read_query(query);
  for (const auto& [name, wanted] : read_query(pattern)) {
    const auto [begin, end] = given.equal_range(name);
    const std::string& value = wanted;
    if (std::none_of(begin, end,
                     [&](const auto& pair) { return fits(value, pair.second, captures); })) {
      return false;
    }
  }
  return true;
}

bool target_fits(const std::string& pattern, std::string_view target, Captures& captures) {
  const std::size_t pattern_query = pattern.find('?');
  const std::size_t query = target.find('?');
  const std::string_view path = target.substr(0, query);
  if (!path_fits(std::string_view(pattern).substr(0, pattern_query), path, captures)) return false;
  if (pattern_query == std::string::npos) return true;
  return query_fits(std::string_view(pattern).substr(pattern_query + 1),
                    query == std::string_view::npos ? std::string_view() : target.substr(query + 1),
                    captures);
}

// Every field `wanted` has is in `given` and equal, at any depth.
bool body_fits(const json::value& wanted, const json::value& given) {
  if (const auto* object = wanted.if_object()) {
    const auto* other = given.if_object();
    return other != nullptr && std::all_of(object->begin(), object->end(), [&](const auto& field) {
             const json::value* value = other->if_contains(field.key());
             return value != nullptr && body_fits(field.value(), *value);
           });
  }
  if (const auto* array = wanted.if_array()) {
    const auto* other = given.if_array();
    return other != nullptr && array->size() == other->size() &&
           std::equal(array->begin(), array->end(), other->begin(), body_fits);
  }
  if (wanted.is_number() && given.is_number()) {
    return wanted.to_number<double>() == given.to_number<double>();
  }
  return wanted == given;
}

std::string fill(std::string_view text, const Captures& captures) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t close = text[i] == '{' ? text.find('}', i) : std::string_view::npos;
    const auto found = close == std::string_view::npos
                           ? captures.end()
                           : captures.find(std::string(text.substr(i + 1, close - i - 1)));
    if (found == captures.end()) {
      out += text[i];
    } else {
      out += found->second;
      i = close;
    }
  }
  return out;
}

json::value fill(const json::value& value, const Captures& captures) {
  if (const auto* text = value.if_string()) {
    return json::value(fill(std::string_view(text->data(), text->size()), captures));
  }
  if (const auto* array = value.if_array()) {
    json::array out;
    for (const json::value& item : *array) out.push_back(fill(item, captures));
    return out;
  }
  if (const auto* object = value.if_object()) {
    json::object out;
    for (const auto& field : *object) out[field.key()] = fill(field.value(), captures);
    return out;
  }
  return value;
}

json::value json_of(const HttpRequest& request) {
  const auto parsed = nlu::parse_json(request.body.empty() ? "null" : request.body);
  return parsed ? *parsed : json::value();
}

bool entry_fits(const Backend::Entry& entry, const HttpRequest& request, const json::value& body,
                Captures& captures) {
  if (!entry.method.empty() && entry.method != request.method) return false;
  if (!target_fits(entry.path, request.path, captures)) return false;
  return entry.body.is_null() || body_fits(entry.body, body);
}

// ---- reading ----

// Whole segments and whole query values only: "/orders/{id}", "/search?q={words}".
bool is_pattern(std::string_view path) {
  const std::size_t query = path.find('?');
  std::vector<std::string_view> parts = split(path.substr(0, query), '/');
  if (query != std::string_view::npos) {
    for (const std::string_view pair : split(path.substr(query + 1), '&')) {
      const std::size_t equals = pair.find('=');
      parts.push_back(equals == std::string_view::npos ? pair : pair.substr(equals + 1));
    }
  }
  return std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
    const std::size_t brace = part.find_first_of("{}");
    if (brace == std::string_view::npos) return true;
    return part.size() > 2 && part.front() == '{' && part.back() == '}' &&
           is_name(part.substr(1, part.size() - 2));
  });
}

bool read_when(Draft& draft, const Yaml& when, Backend::Entry& entry) {
  if (!expect_map(draft, when, "'when'")) return false;
  check_keys(draft, when, request_keys);
  for (const Yaml::Entry& pair : when.entries) {
    if (!find_word(request_keys.ways, pair.key)) continue;
    if (!entry.path.empty()) {
      draft.error("two_methods", pair.key_mark, "'when' names two methods; write two entries");
      return false;
    }
    const auto path = read_text(draft, pair.value, "a path");
    if (!path) return false;
    if (path->empty() || path->front() != '/') {
      draft.error("bad_path", pair.value.mark, fmt::format("a path begins with '/': '{}'", *path));
      return false;
    }
    if (!is_pattern(*path)) {
      draft.error("bad_path", pair.value.mark,
                  "{name} stands for a whole part of a path, between two '/'");
      return false;
    }
    entry.path = *path;
    if (pair.key != "any") {
      entry.method = pair.key;
      for (char& c : entry.method)
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
  }
  if (entry.path.empty()) {
    draft.error("missing_key", when.mark,
                "'when' names no request; write one as 'get: /orders/{id}'");
    return false;
  }
  if (const Yaml* body = when.find("json")) entry.body = to_json(*body);
  return true;
}

void read_reply(Draft& draft, const Yaml& reply, Backend::Entry& entry) {
  if (!expect_map(draft, reply, "'reply'")) return;
  check_keys(draft, reply, reply_keys);
  if (const Yaml* status = reply.find("status")) {
    entry.status = static_cast<int>(read_whole(draft, *status, reply_keys["status"]).value_or(200));
  }
  if (const Yaml* delay = reply.find("delay_ms")) {
    entry.delay =
        std::chrono::milliseconds(read_whole(draft, *delay, reply_keys["delay_ms"]).value_or(0));
  }
  if (const Yaml* body = reply.find("json")) entry.reply = to_json(*body);
}

}  // namespace

bool fits(const Backend::Entry& entry, const HttpRequest& request) {
  Captures captures;
  return entry_fits(entry, request, json_of(request), captures);
}

std::optional<Backend::Answer> find_answer(const std::vector<Backend::Entry>& entries,
                                           const HttpRequest& request) {
  const json::value body = json_of(request);
  for (const Backend::Entry& entry : entries) {
    Captures captures;
    if (!entry_fits(entry, request, body, captures)) continue;
    Backend::Answer answer;
    if (entry.delay >= request.timeout) {
      answer.outcome.kind = HttpOutcome::Kind::timeout;
      answer.outcome.attempts = 1 + request.retries;
      answer.outcome.error = fmt::format("no answer within {} ms", request.timeout.count());
      answer.delay = request.timeout * answer.outcome.attempts;
      return answer;
    }
    answer.outcome.kind = HttpOutcome::Kind::answered;
    answer.outcome.status = entry.status;
    if (!entry.reply.is_null()) answer.outcome.body = json::serialize(fill(entry.reply, captures));
    answer.delay = entry.delay;
    return answer;
  }
  return std::nullopt;
}

Backend::Answer Backend::answer(const HttpRequest& request) const {
  if (auto found = find_answer(entries, request)) return std::move(*found);
  Answer nothing;
  nothing.outcome.kind = HttpOutcome::Kind::answered;
  nothing.outcome.status = 404;
  return nothing;
}

std::optional<Backend::Entry> read_request(const Yaml& node, nlu::Diagnostics& diagnostics) {
  Draft draft;
  Backend::Entry entry;
  entry.mark = node.mark;
  bool usable = false;
  if (node.is_scalar()) {
    const std::size_t space = node.text.find(' ');
    const std::size_t path = node.text.find_first_not_of(' ', space);
    Yaml when;
    when.kind = Yaml::Kind::map;
    when.mark = node.mark;
    if (path != std::string::npos) {
      Yaml value;
      value.kind = Yaml::Kind::scalar;
      value.mark = node.mark;
      value.text = node.text.substr(path);
      value.quoted = true;
      std::string method = node.text.substr(0, space);
      for (char& c : method) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      when.entries.push_back({std::move(method), node.mark, std::move(value)});
    }
    usable = read_when(draft, when, entry);
  } else {
    usable = read_when(draft, node, entry);
  }
  diagnostics.insert(diagnostics.end(), draft.diagnostics.begin(), draft.diagnostics.end());
  return usable ? std::optional(std::move(entry)) : std::nullopt;
}

void read_backend(const nlu::Yaml& file, Backend& backend, nlu::Diagnostics& diagnostics) {
  if (file.is_null()) return;
  Draft draft;
  if (expect_sequence(draft, file, "backend.yml")) {
    for (const Yaml& item : file.items) {
      if (!expect_map(draft, item, "an entry of backend.yml")) continue;
      check_keys(draft, item, backend_keys);
      Backend::Entry entry;
      entry.mark = item.mark;
      const Yaml* when = item.find("when");
      const Yaml* reply = item.find("reply");
      if (when == nullptr || reply == nullptr) {
        draft.error("missing_key", item.mark,
                    fmt::format("this entry has no '{}'", when == nullptr ? "when" : "reply"));
        continue;
      }
      const bool usable = read_when(draft, *when, entry);
      read_reply(draft, *reply, entry);
      if (usable) backend.entries.push_back(std::move(entry));
    }
  }
  diagnostics.insert(diagnostics.end(), draft.diagnostics.begin(), draft.diagnostics.end());
}

std::string path_of(std::string_view url) {
  const std::size_t slash = url.find('/', url.find("://") + 3);
  return slash == std::string_view::npos ? "/" : std::string(url.substr(slash));
}

}  // namespace dialog
