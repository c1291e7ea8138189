#include "nlu/entity_scores.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "nlu/base/unicode.h"
#include "nlu/dataset.h"

namespace nlu {
namespace {

std::string label_of(const Entity& entity) {
  std::string label = entity.type;
  if (!entity.role.empty()) label += "#" + entity.role;
  if (!entity.group.empty()) label += "@" + entity.group;
  return label;
}

using Place = std::tuple<std::size_t, std::size_t, std::string>;

std::set<Place> places_of(const std::vector<Entity>& entities) {
  std::set<Place> places;
  for (const Entity& entity : entities)
    places.emplace(entity.span.begin, entity.span.end, label_of(entity));
  return places;
}

std::string shown(const std::set<Place>& places, const std::set<Place>& others,
                  const std::string& text) {
  std::string line;
  for (const auto& place : places) {
    if (others.count(place) > 0) continue;
    const auto& [begin, end, label] = place;
    if (!line.empty()) line += ", ";
    line += fmt::format("[{}]({})", text.substr(begin, end - begin), label);
  }
  return line;
}

// "B-LOC", "I-LOC", "B-MISC" …, "O": the order everybody prints them in.
void order_tags(ScoreTable& table) {
  const auto rank = [](const LabelScore& score) {
    const bool outside = score.label == "O";
    return std::tuple(outside, outside ? std::string() : score.label.substr(2), score.label);
  };
  std::sort(table.labels.begin(), table.labels.end(),
            [&](const LabelScore& a, const LabelScore& b) { return rank(a) < rank(b); });
}

}  // namespace

EntityReport evaluate_entities(const std::vector<Interpretation>& interpretations,
                               const std::vector<Example>& rows) {
  EntityReport report;
  std::map<std::string, LabelCounts> entities, tokens;
  for (std::size_t i = 0; i < rows.size() && i < interpretations.size(); ++i) {
    const Example& row = rows[i];
    std::vector<Entity> found;
    for (const Entity& entity : interpretations[i].entities) {
      if (entity.source == "model") found.push_back(entity);
    }
    const std::set<Place> expected = places_of(row.entities), got = places_of(found);
    for (const Place& place : expected) ++entities[std::get<2>(place)].expected;
    for (const Place& place : got) {
      LabelCounts& count = entities[std::get<2>(place)];
      ++count.got;
      count.right += expected.count(place);
    }
    if (expected != got) {
      report.mistakes.push_back({row.text, shown(expected, got, row.text),
                                 shown(got, expected, row.text), row.mark.line});
    }
    std::vector<Span> spans = row.tokens;
    if (spans.empty()) {
      for (const Word& word : split_words(row.text)) spans.push_back({word.begin, word.end});
    }
    const std::vector<std::string> right = iob2_tags(spans, row.entities),
                                   tagged = iob2_tags(spans, found);
    for (std::size_t t = 0; t < spans.size(); ++t) {
      ++tokens[right[t]].expected;
      ++tokens[tagged[t]].got;
      if (right[t] == tagged[t]) ++tokens[right[t]].right;
    }
  }
  report.entities = score_labels(entities);
  report.tokens = score_labels(tokens);
  order_tags(report.tokens);
  return report;
}

void add_to_json(const EntityReport& report, json::object& object) {
  object["entity_f1"] = report.entities.micro.f1;
  object["token_macro_f1"] = report.tokens.macro.f1;
  object["token_weighted_f1"] = report.tokens.weighted.f1;
  object["token_accuracy"] = report.tokens.micro.f1;
  add_to_json(report.entities, "entity_", object);
  add_to_json(report.tokens, "token_", object);
}

std::string to_text(const EntityReport& report, std::size_t mistakes_shown) {
  std::string text = to_text(report.entities, "entity");
  text += "\n" + to_text(report.tokens, "token");
  if (!report.mistakes.empty() && mistakes_shown > 0) text += "\nMistakes:\n";
  for (std::size_t i = 0; i < std::min(mistakes_shown, report.mistakes.size()); ++i) {
    const EntityMistake& m = report.mistakes[i];
    fmt::format_to(std::back_inserter(text), "  line {}: '{}'\n    expected {}, got {}\n", m.line,
                   truncate(m.text, 120), m.expected.empty() ? "none" : m.expected,
                   m.got.empty() ? "none" : m.got);
  }
  fmt::format_to(std::back_inserter(text),
                 "\nEntity F1: {:.2f} % (precision {:.2f}, recall {:.2f})\n",
                 100 * report.entities.micro.f1, 100 * report.entities.micro.precision,
                 100 * report.entities.micro.recall);
  return text;
}

}  // namespace nlu
