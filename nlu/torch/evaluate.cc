#include "nlu/torch/evaluate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "nlu/segmentation.h"
#include "nlu/torch/model.h"

namespace nlu {
namespace {

double ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

// The probability that one outside is given a greater p_outside than one in scope; ties half.
double area_under_curve(std::vector<std::pair<double, bool>> scored) {
  std::sort(scored.begin(), scored.end());
  double inside_below = 0, wins = 0, inside = 0, outside = 0;
  for (std::size_t i = 0; i < scored.size();) {
    double in_here = 0, out_here = 0;
    const double p = scored[i].first;
    for (; i < scored.size() && scored[i].first == p; ++i)
      ++(scored[i].second ? out_here : in_here);
    wins += out_here * (inside_below + in_here / 2);
    inside_below += in_here;
    inside += in_here;
    outside += out_here;
  }
  return ratio(wins, inside * outside);
}

struct Bin {
  double count = 0, confidence = 0, right = 0;
};

double calibration_error(const std::array<Bin, 10>& bins, double all) {
  double error = 0;
  for (const Bin& bin : bins) error += ratio(std::abs(bin.confidence - bin.right), all);
  return error;
}

// What nothing was understood of is outside.
double outside_of(const Interpretation& interpretation) {
  return interpretation.best() == nullptr ? 1 : main_segment(interpretation)->p_outside;
}

// Rasa's way of several intents of one text.
constexpr char intents_joined_by = '+';

std::set<std::string> several(std::string_view label) {
  std::set<std::string> intents;
  while (true) {
    const std::size_t end = std::min(label.find(intents_joined_by), label.size());
    if (end > 0) intents.emplace(label.substr(0, end));
    if (end == label.size()) return intents;
    label.remove_prefix(end + 1);
  }
}

// Of all segments, without those that are refused, unless all are.
std::set<std::string> all_got(const Interpretation& interpretation) {
  std::set<std::string> intents;
  for (const Segment& segment : interpretation.segments) {
    if (segment.p_outside <= 0.5 && !segment.intents.empty())
      intents.insert(segment.intents.front().name);
  }
  if (intents.empty()) intents.emplace(outside_label);
  return intents;
}

}  // namespace

std::string label_got(const Interpretation& interpretation) {
  return outside_of(interpretation) > 0.5 ? std::string(outside_label)
                                          : interpretation.best()->name;
}

EvalReport evaluate(const std::vector<Interpretation>& interpretations,
                    const std::vector<Example>& rows) {
  EvalReport report;
  std::map<std::string, LabelCounts> counts;
  std::map<std::pair<std::string, std::string>, std::size_t> confused;
  std::vector<std::pair<double, bool>> scored;
  std::array<Bin, 10> bins{};
  double intent_right = 0, in_scope_right = 0, refused_right = 0;
  double set_right = 0, set_got = 0, set_expected = 0, singles_divided = 0;
  for (std::size_t i = 0; i < rows.size() && i < interpretations.size(); ++i) {
    const Example& row = rows[i];
    const ScoredIntent* const best = interpretations[i].best();
    const double p_outside = outside_of(interpretations[i]);
    const bool outside = row.intent == outside_label, refused = p_outside > 0.5;
    const std::set<std::string> expected = several(row.intent), all = all_got(interpretations[i]);
    const bool is_several = expected.size() > 1;
    for (const std::string& intent : all) set_right += static_cast<double>(expected.count(intent));
    set_got += static_cast<double>(all.size());
    set_expected += static_cast<double>(expected.size());
    // A label of several is got as a whole, in whatever order.
    std::string got = label_got(interpretations[i]);
    const bool all_right = is_several && (all == expected || got == row.intent);
    if (is_several && !all_right) got = fmt::format("{}", fmt::join(all, "+"));
    if (all_right) got = row.intent;
    if (is_several) ++report.several;
    if (all_right) ++report.several_right;
    if (!is_several && interpretations[i].segments.size() > 1) ++singles_divided;
    scored.emplace_back(p_outside, outside);
    ++counts[row.intent].expected;
    ++counts[got].got;
    if (got == row.intent) {
      ++counts[got].right;
    } else {
      ++confused[{row.intent, got}];
      report.mistakes.push_back(
          {row.text, row.intent, got, refused ? p_outside : best->p, row.mark.line});
    }
    if (outside) {
      ++report.outside;
      if (refused) ++refused_right;
      continue;
    }
    ++report.in_scope;
    if (best == nullptr) continue;
    const bool right = is_several ? all_right : best->name == row.intent;
    if (right) ++intent_right;
    if (right && !refused) ++in_scope_right;
    Bin& bin = bins[std::min<std::size_t>(static_cast<std::size_t>(best->p * 10), 9)];
    ++bin.count;
    bin.confidence += best->p;
    bin.right += right ? 1 : 0;
  }
  report.scores = score_labels(counts);
  report.accuracy = report.scores.micro.recall;
  const auto in_scope = static_cast<double>(report.in_scope);
  report.intent_accuracy = ratio(intent_right, in_scope);
  report.in_scope_accuracy = ratio(in_scope_right, in_scope);
  report.outside_recall = ratio(refused_right, static_cast<double>(report.outside));
  report.auroc = area_under_curve(std::move(scored));
  report.calibration_error = calibration_error(bins, in_scope);
  report.several_right = ratio(report.several_right, static_cast<double>(report.several));
  report.set_f1 = ratio(2 * set_right, set_got + set_expected);
  report.singles_divided =
      ratio(singles_divided, static_cast<double>(rows.size() - report.several));
  for (const auto& [pair, count] : confused)
    report.confusions.push_back({pair.first, pair.second, count});
  std::stable_sort(report.confusions.begin(), report.confusions.end(),
                   [](const Confusion& a, const Confusion& b) { return a.count > b.count; });
  std::stable_sort(report.mistakes.begin(), report.mistakes.end(),
                   [](const Mistake& a, const Mistake& b) { return a.p > b.p; });
  return report;
}

EvalReport evaluate(const Interpreter& interpreter, const std::vector<Example>& rows) {
  std::vector<Utterance> utterances;
  for (const Example& row : rows) utterances.push_back({row.text, ""});
  return evaluate(interpreter.interpret(utterances), rows);
}

json::object to_json(const EvalReport& report) {
  json::array confusions, mistakes;
  for (const Confusion& c : report.confusions) {
    confusions.push_back(
        json::object{{"expected", c.expected}, {"got", c.got}, {"count", c.count}});
  }
  for (const Mistake& m : report.mistakes) {
    mistakes.push_back(json::object{
        {"text", m.text}, {"expected", m.expected}, {"got", m.got}, {"p", m.p}, {"line", m.line}});
  }
  json::object object{{"in_scope", report.in_scope},
                      {"outside", report.outside},
                      {"accuracy", report.accuracy},
                      {"intent_accuracy", report.intent_accuracy},
                      {"in_scope_accuracy_at_threshold", report.in_scope_accuracy},
                      {"oos_recall", report.outside_recall},
                      {"oos_auroc", report.auroc},
                      {"ece", report.calibration_error},
                      {"macro_f1", report.scores.macro.f1},
                      {"weighted_f1", report.scores.weighted.f1},
                      {"confusions", std::move(confusions)},
                      {"mistakes", std::move(mistakes)}};
  if (report.several > 0) {
    object["several"] = report.several;
    object["all_intents_right"] = report.several_right;
    object["set_f1"] = report.set_f1;
  }
  object["singles_divided"] = report.singles_divided;
  add_to_json(report.scores, "", object);
  return object;
}

std::string mistakes_to_text(const EvalReport& report, std::size_t limit) {
  std::string text;
  if (!report.mistakes.empty() && limit > 0) text += "\nSurest mistakes:\n";
  for (std::size_t i = 0; i < std::min(limit, report.mistakes.size()); ++i) {
    const Mistake& m = report.mistakes[i];
    fmt::format_to(std::back_inserter(text), "  {:.2f}  '{}' is {}, taken for {}\n", m.p, m.text,
                   m.expected, m.got);
  }
  return text;
}

std::string to_text(const EvalReport& report, std::size_t mistakes_shown) {
  std::string text = to_text(report.scores, "intent") + mistakes_to_text(report, mistakes_shown);
  fmt::format_to(
      std::back_inserter(text),
      "\nRight intent, not refused: {:.1f} % of {} in scope (best intent right: {:.1f} %)\n",
      100 * report.in_scope_accuracy, report.in_scope, 100 * report.intent_accuracy);
  if (report.outside > 0) {
    fmt::format_to(std::back_inserter(text),
                   "Refused: {:.1f} % of {} out of scope (AUROC {:.3f})\n",
                   100 * report.outside_recall, report.outside, report.auroc);
  }
  fmt::format_to(std::back_inserter(text), "Expected calibration error: {:.3f}\n",
                 report.calibration_error);
  if (report.several > 0) {
    fmt::format_to(std::back_inserter(text),
                   "Several intents: all right in {:.1f} % of {}, F1 over all rows {:.3f}\n",
                   100 * report.several_right, report.several, report.set_f1);
  }
  if (report.singles_divided > 0) {
    fmt::format_to(std::back_inserter(text), "Divided though one intent: {:.1f} %\n",
                   100 * report.singles_divided);
  }
  return text;
}

}  // namespace nlu
