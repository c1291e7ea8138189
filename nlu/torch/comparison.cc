#include "nlu/torch/comparison.h"

#include <algorithm>
#include <iterator>

#include <boost/math/distributions/binomial.hpp>
#include <fmt/format.h>

#include "nlu/torch/evaluate.h"

namespace nlu {
namespace {

double mcnemar(std::size_t one, std::size_t other) {
  const auto all = static_cast<double>(one + other);
  if (all == 0) return 1;
  const boost::math::binomial chance(all, 0.5);
  return std::min(1.0, 2 * boost::math::cdf(chance, static_cast<double>(std::min(one, other))));
}

}  // namespace

Comparison compare(const std::vector<Interpretation>& first,
                   const std::vector<Interpretation>& second, const std::vector<Example>& rows) {
  Comparison comparison;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string one = label_got(first[i]), other = label_got(second[i]);
    const bool is_first = one == rows[i].intent, is_second = other == rows[i].intent;
    ++(is_first ? (is_second ? comparison.both_right : comparison.only_first)
                : (is_second ? comparison.only_second : comparison.both_wrong));
    if (is_first != is_second) {
      comparison.differences.push_back(
          {rows[i].text, rows[i].intent, one, other, rows[i].mark.line});
    }
  }
  comparison.p = mcnemar(comparison.only_first, comparison.only_second);
  return comparison;
}

json::object to_json(const Comparison& comparison) {
  json::array differences;
  for (const Difference& d : comparison.differences) {
    differences.push_back(json::object{{"text", d.text},
                                       {"expected", d.expected},
                                       {"got", d.first},
                                       {"against", d.second},
                                       {"line", d.line}});
  }
  return {{"both_right", comparison.both_right},
          {"only_this_right", comparison.only_first},
          {"only_against_right", comparison.only_second},
          {"both_wrong", comparison.both_wrong},
          {"mcnemar_p", comparison.p},
          {"differences", std::move(differences)}};
}

std::string to_text(const Comparison& comparison, std::size_t differences_shown) {
  std::string text;
  const auto out = std::back_inserter(text);
  fmt::format_to(out,
                 "\nAgainst the other model: both right {}, only this one {}, only the other {}, "
                 "neither {}\n",
                 comparison.both_right, comparison.only_first, comparison.only_second,
                 comparison.both_wrong);
  fmt::format_to(out, "McNemar's exact test: p = {:.4f}, {}\n", comparison.p,
                 comparison.p >= 0.05                             ? "so the difference may be luck"
                 : comparison.only_first > comparison.only_second ? "so this one is better"
                                                                  : "so the other one is better");
  for (std::size_t i = 0; i < std::min(differences_shown, comparison.differences.size()); ++i) {
    const Difference& d = comparison.differences[i];
    fmt::format_to(out, "  '{}' is {}: this one {}, the other {}\n", d.text, d.expected, d.first,
                   d.second);
  }
  return text;
}

}  // namespace nlu
