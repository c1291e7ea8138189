#include "nlu/confusion_plot.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "nlu/base/markup.h"
#include "nlu/base/unicode.h"

namespace nlu {
namespace {

constexpr int cell = 18;
constexpr std::size_t name_length = 28;  // Characters; the whole name is in the tooltip.

std::string shown(const std::string& label) {
  const std::string cut = truncate(label, name_length);
  return fmt::format("{}{}", escape_markup(cut), cut.size() < label.size() ? "…" : "");
}

struct Matrix {
  std::vector<LabelScore> labels;  // By name.
  std::size_t left_out = 0;
  std::map<std::pair<std::string, std::string>, std::size_t> mistakes;
};

Matrix make_matrix(const ScoreTable& scores, const std::vector<Confusion>& confusions) {
  Matrix matrix;
  std::map<std::string, std::size_t> wrong;
  for (const Confusion& c : confusions) {
    matrix.mistakes[{c.expected, c.got}] += c.count;
    wrong[c.expected] += c.count;
    wrong[c.got] += c.count;
  }
  matrix.labels = scores.labels;
  if (matrix.labels.size() <= labels_plotted) return matrix;
  matrix.left_out = matrix.labels.size() - labels_plotted;
  std::stable_sort(
      matrix.labels.begin(), matrix.labels.end(),
      [&](const LabelScore& a, const LabelScore& b) { return wrong[a.label] > wrong[b.label]; });
  matrix.labels.resize(labels_plotted);
  std::sort(matrix.labels.begin(), matrix.labels.end(),
            [](const LabelScore& a, const LabelScore& b) { return a.label < b.label; });
  return matrix;
}

class Plot {
 public:
  explicit Plot(const Matrix& matrix) : matrix_(matrix) {}

  std::string draw(const std::string& title) {
    const int side = cell * static_cast<int>(matrix_.labels.size());
    const int width = std::max(left + side + 40, 640), height = top + side + 60;
    add(R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" )"
        R"(font-family="sans-serif" font-size="11">)",
        width, height);
    add("<title>{}</title>", escape_markup(title));
    add(R"(<rect width="{}" height="{}" fill="#fff"/>)", width, height);
    add(R"(<text x="16" y="26" font-size="15" font-weight="bold">{}</text>)", escape_markup(title));
    add(R"(<text x="16" y="46" fill="#555">rows: expected; columns: got; blue: right, )"
        R"(orange: mistaken; the darker, the more of its row{}</text>)",
        matrix_.left_out > 0
            ? fmt::format("; {} labels with fewer mistakes are left out", matrix_.left_out)
            : "");
    for (std::size_t i = 0; i < matrix_.labels.size(); ++i) draw_row(i, side);
    add("</svg>");
    return std::move(text_);
  }

 private:
  static constexpr int left = 200, top = 200;

  template <class... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
    text_ += '\n';
  }

  void draw_row(std::size_t row, int side) {
    const LabelScore& label = matrix_.labels[row];
    const int at = cell * static_cast<int>(row);
    add(R"(<text x="{}" y="{}" text-anchor="end">{}<title>{}: {}, F1 {:.3f}</title></text>)",
        left - 6, top + at + 13, shown(label.label), escape_markup(label.label), label.support,
        label.f1);
    add(R"svg(<text transform="translate({},{}) rotate(-60)">{}</text>)svg", left + at + 12,
        top - 6, shown(label.label));
    add(R"(<path d="M{} {}h{}M{} {}v{}" stroke="#eee"/>)", left, top + at, side, left + at, top,
        side);
    for (std::size_t column = 0; column < matrix_.labels.size(); ++column) draw_cell(row, column);
  }

  void draw_cell(std::size_t row, std::size_t column) {
    const LabelScore& expected = matrix_.labels[row];
    const std::string& got = matrix_.labels[column].label;
    double count = 0;
    if (row == column) {
      count = std::round(expected.recall * static_cast<double>(expected.support));
    } else if (const auto found = matrix_.mistakes.find({expected.label, got});
               found != matrix_.mistakes.end()) {
      count = static_cast<double>(found->second);
    }
    if (count == 0) return;
    const double share = count / std::max(static_cast<double>(expected.support), count);
    const int x = left + cell * static_cast<int>(column), y = top + cell * static_cast<int>(row);
    add(R"(<g><title>{} taken for {}: {:.0f} of {}</title>)"
        R"(<rect x="{}" y="{}" width="{}" height="{}" fill="{}" fill-opacity="{:.2f}"/>)"
        R"(<text x="{}" y="{}" text-anchor="middle" font-size="9" fill="{}">{:.0f}</text></g>)",
        escape_markup(expected.label), escape_markup(got), count, expected.support, x + 1, y + 1,
        cell - 1, cell - 1, row == column ? "#1f5fa8" : "#c2410c", 0.15 + 0.85 * share,
        x + cell / 2, y + 13, share > 0.5 ? "#fff" : "#222", count);
  }

  const Matrix& matrix_;
  std::string text_;
};

}  // namespace

std::string confusion_svg(const ScoreTable& scores, const std::vector<Confusion>& confusions,
                          const std::string& title) {
  const Matrix matrix = make_matrix(scores, confusions);
  return Plot(matrix).draw(title);
}

}  // namespace nlu
