// The drawing of a flow as SVG.
#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "dialog/graph.h"
#include "dialog/graph_layout.h"
#include "dialog/respond.h"
#include "nlu/base/display_width.h"
#include "nlu/base/markup.h"
#include "nlu/base/unicode.h"

namespace dialog {

namespace {

constexpr double column = 6.7;  // A narrow character of the font, at its size
constexpr double line_height = 17;
constexpr double padding = 10;
constexpr double icon_size = 16;
constexpr std::size_t columns_limit = 38;  // Of a line in a box; longer ones are broken
constexpr double badge_height = 16;
constexpr double label_padding = 6;

const char* const style =
    "svg{--page:#fff;--ink:#1d2330;--faint:#5b6475;--wire:#79839a;--box:#f5f7fb;--edge:#b9c2d4;"
    "--ask:#e3efff;--say:#e6f6e9;--call:#f1e8fd;--do:#fff3d9;--person:#fde6ee;--bad:#b3261e;"
    "--good:#1c7a3d;--badge:#1d2330;--badge-ink:#fff;background:var(--page)}"
    "@media(prefers-color-scheme:dark){svg{--page:#14171d;--ink:#e8ebf2;--faint:#a5aec0;"
    "--wire:#7f8aa3;--box:#222732;--edge:#48526a;--ask:#1b3252;--say:#1b3a25;--call:#33264d;"
    "--do:#41351a;--person:#46222f;--bad:#ff8a80;--good:#6fd08c;--badge:#e8ebf2;--badge-ink:#14171d"
    "}}"
    "text{font:12px system-ui,-apple-system,'Segoe UI','Noto Sans','Noto Sans CJK SC',sans-serif;"
    "fill:var(--ink)}.head{font-weight:600}.small{fill:var(--faint)}.label{font-size:11px}"
    ".box{fill:var(--box);stroke:var(--edge)}.collect .box{fill:var(--ask)}.say "
    ".box{fill:var(--say)}"
    ".http .box,.set_slots .box,.action .box{fill:var(--do)}"
    ".call .box,.link .box,.flow .box{fill:var(--call)}.handover .box{fill:var(--person)}"
    ".wire{fill:none;stroke:var(--wire);stroke-width:1.4}.failure .wire{stroke-dasharray:5 4}"
    ".head-of-wire{fill:var(--wire)}.icon{fill:none;stroke:var(--ink);stroke-width:1.4;"
    "stroke-linecap:round;stroke-linejoin:round}.plate{fill:var(--page)}"
    ".badge{fill:var(--badge)}.badge-text{fill:var(--badge-ink);font-size:11px;font-weight:600}"
    ".left{fill:var(--bad);font-size:11px;font-weight:600}"
    ".missed .box{stroke:var(--bad);stroke-dasharray:5 4;stroke-width:2}"
    ".covered .box{stroke:var(--good);stroke-width:2}"
    ".missed .wire{stroke:var(--bad)}.missed .head-of-wire{fill:var(--bad)}"
    ".missed .label{fill:var(--bad)}a .head{text-decoration:underline}";

// Strokes in a square of 16.
const char* icon_of(NodeKind kind) {
  switch (kind) {
    case NodeKind::start:
      return "M5 3l8 5-8 5z";
    case NodeKind::collect:  // A question mark
      return "M5.5 5.5a2.5 2.5 0 1 1 3.6 2.3c-.8.4-1.1.9-1.1 1.7M8 12.6v.2";
    case NodeKind::say:  // A bubble
      return "M2.5 3.5h11v7h-6l-3 2.5v-2.5h-2z";
    case NodeKind::http:  // There and back
      return "M2 5.5h11l-3-3M14 10.5H3l3 3";
    case NodeKind::set_slots:  // A pencil
      return "M3 13l.6-3L11 2.6l2.4 2.4L6 12.4z";
    case NodeKind::call:  // Down and back
      return "M4 3v6a3 3 0 0 0 3 3h5M9.5 9.5L12 12l-2.5 2.5";
    case NodeKind::link:
    case NodeKind::flow:
      return "M3 8h10M9 4l4 4-4 4";
    case NodeKind::handover:  // A person
      return "M8 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM3 13.5c.5-3 2.5-4 5-4s4.5 1 5 4";
    case NodeKind::decision:  // A fork
      return "M8 14V9L4 4M8 9l4-5";
    case NodeKind::action:
      return "M8 2.5l1.5 4 4 1.5-4 1.5-1.5 4-1.5-4-4-1.5 4-1.5z";
    case NodeKind::end:
      return "";
  }
  return "";
}

const char* name_of(NodeKind kind) {
  static constexpr const char* names[] = {"start",    "end",       "collect", "say",
                                          "http",     "set_slots", "call",    "link",
                                          "handover", "decision",  "action",  "flow"};
  return names[static_cast<std::size_t>(kind)];
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t at = 0; at < text.size();) {
    const nlu::Character one = nlu::character_at(text, at);
    columns += static_cast<std::size_t>(nlu::display_width(one.code));
    at = one.end;
  }
  return columns;
}

double width_of(std::string_view text) { return static_cast<double>(columns_of(text)) * column; }

// At spaces, or where a word alone is too long.
std::vector<std::string> broken(const std::string& text) {
  std::vector<std::string> lines(1);
  std::size_t used = 0;
  std::size_t space = 0;  // Byte behind the last space of the line; 0: none
  for (std::size_t at = 0; at < text.size();) {
    const nlu::Character one = nlu::character_at(text, at);
    const auto width = static_cast<std::size_t>(nlu::display_width(one.code));
    if (used + width > columns_limit && !lines.back().empty()) {
      std::string rest = space > 0 ? lines.back().substr(space) : "";
      if (space > 0) lines.back().erase(space - 1);
      lines.push_back(rest);
      used = columns_of(rest);
      space = 0;
    }
    lines.back() += text.substr(at, one.end - at);
    used += width;
    if (text[at] == ' ') space = lines.back().size();
    at = one.end;
  }
  return lines;
}

struct Drawn {
  std::vector<std::string> head, body;
};

Drawn drawn(const Node& node) {
  Drawn out;
  out.head = broken(node.lines.front());
  for (std::size_t i = 1; i < node.lines.size(); ++i) {
    const std::vector<std::string> lines = broken(node.lines[i]);
    out.body.insert(out.body.end(), lines.begin(), lines.end());
  }
  return out;
}

Box box_of(const Node& node) {
  if (node.kind == NodeKind::end) return {width_of("end") + 2 * padding, line_height + 6, 0, 0};
  const Drawn text = drawn(node);
  double width = 0;
  for (const std::string& line : text.head) {
    width = std::max(width, width_of(line) * 1.08 + icon_size + 6);
  }
  for (const std::string& line : text.body) width = std::max(width, width_of(line));
  const auto lines = static_cast<double>(text.head.size() + text.body.size());
  return {std::max(90.0, width + 2 * padding), lines * line_height + 2 * padding - 4, 0, 0};
}

class Painter {
 public:
  Painter(const Bot& bot, const Graph& graph, const SvgOptions& options)
      : bot_(bot), graph_(graph), options_(options) {}

  std::string paint() {
    for (const Node& node : graph_.nodes) boxes_.push_back(box_of(node));
    for (const Edge& edge : graph_.edges) {
      Wire wire{edge.from, edge.to};
      const std::string label = label_of(edge);
      if (!label.empty()) {
        wire.label_width = width_of(label) * 0.93 + 2 * label_padding;
        wire.label_height = line_height;
      }
      wires_.push_back(wire);
    }
    const Extent extent = lay_out(boxes_, wires_);
    const Flow* flow = bot_.find_flow(graph_.flow);
    out_ = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{0:.0f}\" "
        "height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} {1:.0f}\"><title>The flow {2}</title><desc>{3}"
        "</desc><style>{4}</style>\n",
        extent.width, extent.height, nlu::escape_markup(graph_.flow),
        nlu::escape_markup(flow ? flow->description : ""), style);
    for (std::size_t i = 0; i < wires_.size(); ++i) paint_wire(graph_.edges[i], wires_[i]);
    for (std::size_t i = 0; i < boxes_.size(); ++i) paint_box(graph_.nodes[i], boxes_[i]);
    for (std::size_t i = 0; i < wires_.size(); ++i) paint_label(graph_.edges[i], wires_[i]);
    return out_ + "</svg>\n";
  }

 private:
  // Of a step, or of one of its branches; nullopt: nothing is known of it.
  static std::optional<std::uint64_t> count(const FlowCounts* counts, const std::string& step,
                                            int branch) {
    if (counts == nullptr || step.empty()) return std::nullopt;
    if (branch < 0) {
      const auto found = counts->steps.find(step);
      return found == counts->steps.end() ? 0 : found->second;
    }
    const auto found = counts->branches.find(step);
    const auto index = static_cast<std::size_t>(branch);
    if (found == counts->branches.end() || index >= found->second.size()) return std::nullopt;
    return found->second[index];
  }

  std::optional<std::uint64_t> count_of(const FlowCounts* counts, const Edge& edge) const {
    return edge.branch < 0 ? std::nullopt
                           : count(counts, graph_.nodes[edge.from].step, edge.branch);
  }

  std::string label_of(const Edge& edge) const {
    if (edge.label.empty()) return "";
    const auto taken = count_of(options_.traffic ? options_.traffic : options_.coverage, edge);
    return taken ? fmt::format("{} · {}", edge.label, *taken) : edge.label;
  }

  bool is_missed(const Edge& edge) const {
    const auto covered = count_of(options_.coverage, edge);
    return covered && *covered == 0;
  }

  // The more traffic, the wider.
  double thickness(const Edge& edge) const {
    const auto taken = count_of(options_.traffic, edge);
    if (!taken || *taken == 0) return 1.4;
    std::uint64_t most = 1;
    for (const auto& [step, branches] : options_.traffic->branches) {
      for (const std::uint64_t one : branches) most = std::max(most, one);
    }
    return 1.4 + 4 * std::sqrt(static_cast<double>(*taken) / static_cast<double>(most));
  }

  void paint_wire(const Edge& edge, const Wire& wire) {
    if (wire.points.size() < 2) return;
    const Point& first = wire.points.front();
    std::string path = fmt::format("M{:.1f} {:.1f}", first.x, first.y);
    for (std::size_t i = 1; i < wire.points.size(); ++i) {
      const Point& a = wire.points[i - 1];
      const Point& b = wire.points[i];
      if (std::abs(a.x - b.x) < 0.5 || wire.from == wire.to) {
        path += fmt::format("L{:.1f} {:.1f}", b.x, b.y);
      } else {
        const double middle = (a.y + b.y) / 2;
        path += fmt::format("C{:.1f} {:.1f} {:.1f} {:.1f} {:.1f} {:.1f}", a.x, middle, b.x, middle,
                            b.x, b.y);
      }
    }
    const Point& tip = wire.points.back();
    const Point& before = wire.points[wire.points.size() - 2];
    const std::string head =
        wire.from == wire.to ? fmt::format("{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f}", tip.x,
                                           tip.y, tip.x + 8, tip.y - 4, tip.x + 8, tip.y + 4)
                             : fmt::format("{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f}", tip.x,
                                           tip.y, tip.x - 4, tip.y + (before.y < tip.y ? -8 : 8),
                                           tip.x + 4, tip.y + (before.y < tip.y ? -8 : 8));
    const double wide = thickness(edge);
    const std::string weight =
        wide > 1.5 ? fmt::format(" style=\"stroke-width:{:.1f}\"", wide) : "";
    out_ += fmt::format(
        "<g class=\"{}{}\"><path class=\"wire\"{} d=\"{}\"/><polygon class=\"head-of-wire\" "
        "points=\"{}\"/></g>\n",
        edge.failure ? "edge failure" : "edge", is_missed(edge) ? " missed" : "", weight, path,
        head);
  }

  void paint_label(const Edge& edge, const Wire& wire) {
    const std::string label = label_of(edge);
    if (label.empty()) return;
    const double width = width_of(label) * 0.93 + 2 * label_padding;
    out_ += fmt::format(
        "<g class=\"edge{}\"><rect class=\"plate\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
        "height=\"{:.1f}\" rx=\"4\"/><text class=\"label\" x=\"{:.1f}\" y=\"{:.1f}\" "
        "text-anchor=\"middle\">{}</text></g>\n",
        is_missed(edge) ? " missed" : "", wire.label.x - width / 2, wire.label.y - line_height / 2,
        width, line_height, wire.label.x, wire.label.y + 4, nlu::escape_markup(label));
  }

  void paint_box(const Node& node, const Box& box) {
    const auto covered = count(options_.coverage, node.step, -1);
    const std::string state = !covered ? "" : *covered > 0 ? " covered" : " missed";
    const bool links = !node.flow.empty();
    out_ += fmt::format("<g class=\"{}{}\">", name_of(node.kind), state);
    if (links) {
      out_ += fmt::format("<a href=\"{}{}{}\">", nlu::escape_markup(options_.link_before),
                          nlu::escape_markup(node.flow), nlu::escape_markup(options_.link_after));
    }
    if (!node.step.empty()) {
      out_ += fmt::format("<title>{}, line {}</title>", nlu::escape_markup(node.step), node.line);
    }
    const bool round = node.kind == NodeKind::end || node.kind == NodeKind::start;
    out_ += fmt::format(
        "<rect class=\"box\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" "
        "rx=\"{}\"/>",
        box.x, box.y, box.width, box.height, round ? 12 : 6);
    paint_text(node, box);
    if (links) out_ += "</a>";
    paint_counts(node, box);
    out_ += "</g>\n";
  }

  void paint_text(const Node& node, const Box& box) {
    if (node.kind == NodeKind::end) {
      out_ += fmt::format(
          "<text class=\"small\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">"
          "end</text>",
          box.x + box.width / 2, box.y + box.height / 2 + 4);
      return;
    }
    out_ += fmt::format("<path class=\"icon\" transform=\"translate({:.1f} {:.1f})\" d=\"{}\"/>",
                        box.x + padding, box.y + padding - 3, icon_of(node.kind));
    const Drawn text = drawn(node);
    double y = box.y + padding + 10;
    for (const std::string& line : text.head) {
      out_ += fmt::format("<text class=\"head\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>",
                          box.x + padding + icon_size + 6, y, nlu::escape_markup(line));
      y += line_height;
    }
    for (const std::string& line : text.body) {
      out_ += fmt::format("<text class=\"small\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>",
                          box.x + padding, y, nlu::escape_markup(line));
      y += line_height;
    }
  }

  // How often, on the upper right corner; how many stayed away, on the lower one.
  void paint_counts(const Node& node, const Box& box) {
    const FlowCounts* counts = options_.traffic ? options_.traffic : options_.coverage;
    const std::optional<std::uint64_t> times = node.kind == NodeKind::start && options_.traffic
                                                   ? options_.traffic->started
                                                   : count(counts, node.step, -1);
    if (times) {
      const std::string text = fmt::format("{}×", *times);
      const double width = width_of(text) + 8;
      const double x = box.x + box.width - width / 2;
      out_ += fmt::format(
          "<rect class=\"badge\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" "
          "rx=\"8\"/><text class=\"badge-text\" x=\"{:.1f}\" y=\"{:.1f}\" "
          "text-anchor=\"middle\">{}</text>",
          x - width / 2, box.y - badge_height / 2, width, badge_height, x, box.y + 4, text);
    }
    if (options_.traffic == nullptr) return;
    const auto left = options_.traffic->left.find(node.step);
    if (left == options_.traffic->left.end() || node.step.empty()) return;
    out_ += fmt::format(
        "<text class=\"left\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{} left here</text>",
        box.x + box.width - 4, box.y + box.height + 13, left->second);
  }

  const Bot& bot_;
  const Graph& graph_;
  const SvgOptions& options_;
  std::vector<Box> boxes_;
  std::vector<Wire> wires_;
  std::string out_;
};

}  // namespace

std::string to_svg(const Bot& bot, const Graph& graph, const SvgOptions& options) {
  return Painter(bot, graph, options).paint();
}

}  // namespace dialog
