#include "nlu/scores.h"

#include <iterator>

#include <fmt/format.h>

namespace nlu {
namespace {

double ratio(std::size_t part, std::size_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

LabelScore score_of(const std::string& label, const LabelCounts& counts) {
  LabelScore score;
  score.label = label;
  score.precision = ratio(counts.right, counts.got);
  score.recall = ratio(counts.right, counts.expected);
  score.f1 = ratio(2 * counts.right, counts.got + counts.expected);
  score.support = counts.expected;
  return score;
}

void add(LabelScore& sum, const LabelScore& score, double share) {
  sum.precision += share * score.precision;
  sum.recall += share * score.recall;
  sum.f1 += share * score.f1;
}

}  // namespace

ScoreTable score_labels(const std::map<std::string, LabelCounts>& counts) {
  ScoreTable table;
  LabelCounts all;
  std::size_t expected = 0;
  for (const auto& [label, count] : counts) {
    table.labels.push_back(score_of(label, count));
    all.right += count.right;
    all.expected += count.expected;
    all.got += count.got;
    if (count.expected > 0) ++expected;
  }
  table.micro = score_of("micro average", all);
  table.macro.label = "macro average";
  table.weighted.label = "weighted average";
  for (const LabelScore& score : table.labels) {
    if (score.support == 0) continue;
    add(table.macro, score, 1 / static_cast<double>(expected));
    add(table.weighted, score, ratio(score.support, all.expected));
  }
  table.macro.support = table.weighted.support = all.expected;
  return table;
}

json::object to_json(const LabelScore& score) {
  return {{"name", score.label},
          {"precision", score.precision},
          {"recall", score.recall},
          {"f1", score.f1},
          {"support", score.support}};
}

void add_to_json(const ScoreTable& table, std::string_view prefix, json::object& object) {
  const auto name = [prefix](std::string_view key) { return fmt::format("{}{}", prefix, key); };
  json::array labels;
  for (const LabelScore& score : table.labels) labels.push_back(to_json(score));
  object[name("labels")] = std::move(labels);
  object[name("micro")] = to_json(table.micro);
  object[name("macro")] = to_json(table.macro);
  object[name("weighted")] = to_json(table.weighted);
}

std::string to_text(const ScoreTable& table, std::string_view heading) {
  std::string text = fmt::format("{:<32} {:>9} {:>9} {:>9} {:>8}\n", heading, "precision", "recall",
                                 "F1", "support");
  const auto line = [&text](const LabelScore& s) {
    fmt::format_to(std::back_inserter(text), "{:<32} {:>9.3f} {:>9.3f} {:>9.3f} {:>8}\n", s.label,
                   s.precision, s.recall, s.f1, s.support);
  };
  for (const LabelScore& score : table.labels) line(score);
  for (const LabelScore* score : {&table.micro, &table.macro, &table.weighted}) line(*score);
  return text;
}

}  // namespace nlu
