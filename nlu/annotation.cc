#include "nlu/annotation.h"

#include <algorithm>

#include <fmt/format.h>

#include "nlu/base/diagnostic.h"
#include "nlu/base/json.h"
#include "nlu/base/unicode.h"

namespace nlu {
namespace {

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// Where the JSON object that begins at `at` ends; npos when it does not.
std::size_t object_end(std::string_view text, std::size_t at) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = at; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '{') ++depth;
    if (c == '}' && --depth == 0) return i;
  }
  return text.npos;
}

class AnnotationParser {
 public:
  AnnotationParser(std::string_view line, std::vector<AnnotationProblem>& problems)
      : line_(line), problems_(problems) {}

  AnnotatedText run() {
    at_ = std::min(line_.find_first_not_of(" \t"), line_.size());
    while (at_ < line_.size()) {
      if (line_[at_] != '[' || !annotation()) out_.text += line_[at_++];
    }
    const std::size_t last = out_.text.find_last_not_of(" \t");
    out_.text.resize(last == std::string::npos ? 0 : last + 1);
    return std::move(out_);
  }

 private:
  // At a '[': takes a whole annotation, or leaves everything where it is.
  bool annotation() {
    const std::size_t close = line_.find(']', at_);
    if (close == line_.npos)
      return report(at_, "'[' is opened and never closed; write '[text](entity)'");
    const std::string_view text = line_.substr(at_ + 1, close - at_ - 1);
    const char opener = close + 1 < line_.size() ? line_[close + 1] : ' ';
    if (opener != '(' && opener != '{') return loose(close);
    if (trim(text).empty()) return report(at_, "nothing stands between '[' and ']'");
    Entity entity;
    entity.value = text;
    entity.source = "model";
    const std::size_t end =
        opener == '(' ? short_form(close + 1, entity) : long_form(close + 1, entity);
    if (end == line_.npos) return false;
    entity.span = {out_.text.size(), out_.text.size() + text.size()};
    out_.text += text;
    out_.entities.push_back(std::move(entity));
    at_ = end;
    return true;
  }

  // "[x]" alone is text; "[x] (y)" was surely meant to be an annotation.
  bool loose(std::size_t close) {
    const std::size_t next = line_.find_first_not_of(' ', close + 1);
    if (next != line_.npos && next > close + 1 && (line_[next] == '(' || line_[next] == '{')) {
      return report(close + 1, "delete the space between ']' and the entity");
    }
    return false;
  }

  // (type) or (type:value); returns where it ends.
  std::size_t short_form(std::size_t open, Entity& entity) {
    const std::size_t close = line_.find(')', open);
    if (close == line_.npos) return failed(open, "'(' is opened and never closed");
    const std::string_view inside = line_.substr(open + 1, close - open - 1);
    const std::size_t colon = inside.find(':');
    entity.type = trim(inside.substr(0, colon));
    if (colon != inside.npos) entity.value = trim(inside.substr(colon + 1));
    if (entity.type.empty()) return failed(open, "the name of the entity is missing");
    if (entity.value.empty()) return failed(open, "after ':' a value is missing");
    return close + 1;
  }

  std::size_t long_form(std::size_t open, Entity& entity) {
    const std::size_t close = object_end(line_, open);
    if (close == line_.npos) return failed(open, "'{' is opened and never closed");
    const Result<json::value> parsed = parse_json(line_.substr(open, close - open + 1));
    if (!parsed) {
      return failed(open, "this is not JSON; write {\"entity\": \"city\", \"role\": \"to\"}");
    }
    for (const auto& item : parsed->get_object()) {
      if (!field(open, std::string(item.key()), item.value(), entity)) return line_.npos;
    }
    if (entity.type.empty()) return failed(open, "\"entity\" is missing");
    return close + 1;
  }

  bool field(std::size_t open, const std::string& key, const json::value& value, Entity& entity) {
    std::string* target = key == "entity"  ? &entity.type
                          : key == "role"  ? &entity.role
                          : key == "group" ? &entity.group
                          : key == "value" ? &entity.value
                                           : nullptr;
    if (target == nullptr) {
      return report(open, fmt::format("'{}' is unknown here{}", key,
                                      did_you_mean(key, {"entity", "role", "group", "value"})));
    }
    if (const json::string* text = value.if_string(); text != nullptr && !text->empty()) {
      target->assign(text->data(), text->size());
    } else if (value.is_number() && key != "entity") {
      *target = json::serialize(value);
    } else {
      return report(open, fmt::format("'{}' must be a text", key));
    }
    return true;
  }

  bool report(std::size_t offset, std::string message) {
    problems_.push_back({offset, std::move(message)});
    return false;
  }

  std::size_t failed(std::size_t offset, std::string message) {
    report(offset, std::move(message));
    return line_.npos;
  }

  std::string_view line_;
  std::vector<AnnotationProblem>& problems_;
  std::size_t at_ = 0;
  AnnotatedText out_;
};

// What steers a terminal or turns a line around; joiners, which words and emoji need, do not.
bool is_control(char32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

}  // namespace

AnnotatedText parse_annotations(std::string_view line, std::vector<AnnotationProblem>& problems) {
  return AnnotationParser(line, problems).run();
}

std::string write_annotations(std::string_view text, std::vector<Entity> entities) {
  std::string plain(text);
  for (char& c : plain) {
    if (c == '[') c = '(';
    if (c == ']') c = ')';
  }
  for (std::size_t at = 0; at < plain.size();) {
    const Character one = character_at(plain, at);
    // As many spaces as it has bytes, so that spans stay right.
    if (is_control(one.code)) std::fill_n(plain.begin() + std::ptrdiff_t(at), one.end - at, ' ');
    at = one.end;
  }
  std::stable_sort(entities.begin(), entities.end(),
                   [](const Entity& a, const Entity& b) { return a.span.begin < b.span.begin; });
  std::string out;
  std::size_t at = 0;
  for (const Entity& entity : entities) {
    const auto [begin, end] = entity.span;
    if (begin < at || begin >= end || end > plain.size()) continue;
    out += plain.substr(at, begin - at);
    const bool is_short = entity.role.empty() && entity.group.empty() &&
                          entity.type.find_first_of(":)") == std::string::npos;
    out += fmt::format("[{}]", plain.substr(begin, end - begin));
    if (is_short) {
      out += fmt::format("({})", entity.type);
    } else {
      json::object what{{"entity", entity.type}};
      if (!entity.role.empty()) what["role"] = entity.role;
      if (!entity.group.empty()) what["group"] = entity.group;
      out += json::serialize(what);
    }
    at = end;
  }
  return out + plain.substr(at);
}

}  // namespace nlu
