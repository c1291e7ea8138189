#include "nlu/interpretation.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include <fmt/format.h>

#include "nlu/segmentation.h"

namespace nlu {
namespace {

double rounded(double p) { return std::round(p * 1e4) / 1e4; }

json::array span_json(const Span& span) {
  return {static_cast<std::uint64_t>(span.begin), static_cast<std::uint64_t>(span.end)};
}

json::object entity_json(const Entity& entity) {
  json::object out;
  out["type"] = entity.type;
  if (!entity.role.empty()) out["role"] = entity.role;
  if (!entity.group.empty()) out["group"] = entity.group;
  out["span"] = span_json(entity.span);
  out["value"] = entity.value;
  out["source"] = entity.source;
  out["p"] = rounded(entity.p);
  if (entity.negated) out["negated"] = true;
  if (entity.retracted) out["retracted"] = true;
  return out;
}

json::object segment_json(const Segment& segment) {
  json::array intents;
  for (const ScoredIntent& intent : segment.intents) {
    intents.push_back({{"name", intent.name}, {"p", rounded(intent.p)}});
  }
  json::object out;
  out["span"] = span_json(segment.span);
  out["intents"] = std::move(intents);
  out["p_outside"] = rounded(segment.p_outside);
  out["p_between"] = rounded(segment.p_between);
  return out;
}

// Reads fields of one object and remembers the first that is of the wrong kind, by its path.
class Reader {
 public:
  Reader(const json::object& object, std::string path, std::string& wrong)
      : object_(object), path_(std::move(path)), wrong_(wrong) {}

  void text(std::string_view key, std::string& out) {
    const json::value* value = present(key);
    if (value == nullptr) return;
    if (const json::string* found = value->if_string()) {
      out.assign(found->data(), found->size());
    } else {
      fail(key);
    }
  }

  void flag(std::string_view key, bool& out) {
    const json::value* value = present(key);
    if (value == nullptr) return;
    if (const bool* found = value->if_bool()) {
      out = *found;
    } else {
      fail(key);
    }
  }

  void number(std::string_view key, double low, std::optional<double>& out) {
    if (present(key) == nullptr) return;
    out = get_number(object_, key);
    if (!out || !(*out >= low && *out <= 1)) fail(key);
  }

  void probability(std::string_view key, double& out) {
    std::optional<double> found = out;
    number(key, 0, found);
    out = found.value_or(0);
  }

  void span(std::string_view key, Span& out) {
    const json::value* value = present(key);
    if (value == nullptr) return;
    const json::array* pair = value->if_array();
    const auto begin = pair != nullptr && pair->size() == 2 ? offset((*pair)[0]) : std::nullopt;
    const auto end = begin ? offset((*pair)[1]) : std::nullopt;
    if (!end || *end < *begin) return fail(key);
    out = {*begin, *end};
  }

  // Calls `read` with a Reader for each object in the array under `key`.
  template <class Read>
  void each(std::string_view key, Read read) {
    const json::value* value = present(key);
    if (value == nullptr) return;
    const json::array* array = value->if_array();
    if (array == nullptr) return fail(key);
    for (std::size_t i = 0; i < array->size(); ++i) {
      const std::string path = fmt::format("{}{}[{}]", path_, key, i);
      const json::object* item = (*array)[i].if_object();
      if (item == nullptr) return fail(fmt::format("{}[{}]", key, i));
      read(Reader(*item, path + ".", wrong_));
    }
  }

 private:
  const json::value* present(std::string_view key) const {
    const json::value* value = object_.if_contains(key);
    return value == nullptr || value->is_null() ? nullptr : value;
  }

  static std::optional<std::size_t> offset(const json::value& value) {
    if (const std::int64_t* i = value.if_int64(); i != nullptr && *i >= 0) {
      return static_cast<std::size_t>(*i);
    }
    if (const std::uint64_t* u = value.if_uint64()) return static_cast<std::size_t>(*u);
    return std::nullopt;
  }

  void fail(std::string_view key) {
    if (wrong_.empty()) wrong_ = fmt::format("{}{}", path_, key);
  }

  const json::object& object_;
  std::string path_;
  std::string& wrong_;
};

Segment read_segment(Reader reader) {
  Segment segment;
  reader.span("span", segment.span);
  reader.probability("p_outside", segment.p_outside);
  reader.probability("p_between", segment.p_between);
  reader.each("intents", [&](Reader intent) {
    ScoredIntent& scored = segment.intents.emplace_back();
    intent.text("name", scored.name);
    intent.probability("p", scored.p);
  });
  return segment;
}

Entity read_entity(Reader reader) {
  Entity entity;
  reader.text("type", entity.type);
  reader.text("role", entity.role);
  reader.text("group", entity.group);
  reader.span("span", entity.span);
  reader.text("value", entity.value);
  reader.text("source", entity.source);
  reader.probability("p", entity.p);
  reader.flag("negated", entity.negated);
  reader.flag("retracted", entity.retracted);
  return entity;
}

}  // namespace

const ScoredIntent* Interpretation::best() const {
  const Segment* const segment = main_segment(*this);
  return segment == nullptr || segment->intents.empty() ? nullptr : &segment->intents[0];
}

json::object to_json(const Interpretation& interpretation) {
  json::array segments;
  for (const Segment& segment : interpretation.segments) segments.push_back(segment_json(segment));
  json::array entities;
  for (const Entity& entity : interpretation.entities) entities.push_back(entity_json(entity));
  json::object out;
  out["segments"] = std::move(segments);
  out["entities"] = std::move(entities);
  out["language"] = interpretation.language;
  if (interpretation.sentiment) out["sentiment"] = rounded(*interpretation.sentiment);
  if (interpretation.urgency) out["urgency"] = rounded(*interpretation.urgency);
  out["model_version"] = interpretation.model_version;
  return out;
}

Result<Interpretation> interpretation_from_json(const json::object& object) {
  Interpretation out;
  std::string wrong;
  Reader reader(object, "", wrong);
  reader.each("segments", [&](Reader item) { out.segments.push_back(read_segment(item)); });
  reader.each("entities", [&](Reader item) { out.entities.push_back(read_entity(item)); });
  reader.text("language", out.language);
  reader.number("sentiment", -1, out.sentiment);
  reader.number("urgency", 0, out.urgency);
  reader.text("model_version", out.model_version);
  if (!wrong.empty()) {
    return Error{Errc::corrupt,
                 fmt::format("the interpretation's field '{}' is not readable", wrong)};
  }
  return out;
}

}  // namespace nlu
