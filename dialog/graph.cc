#include "dialog/graph.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "dialog/check.h"
#include "dialog/respond.h"
#include "nlu/base/unicode.h"

namespace dialog {

namespace {

constexpr std::size_t text_limit = 90;  // Characters of wording in a box

std::string shortened(std::string text, std::size_t limit = text_limit) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (nlu::count_characters(text) <= limit) return text;
  return nlu::truncate(text, limit - 1) + "…";
}

// What a response says, in the bot's language: its first variation's text.
std::string wording(const Bot& bot, const std::string& response) {
  const Response* found = bot.find_response(response);
  if (found == nullptr || found->variations.empty()) return response;
  const Variation& first = found->variations.front();
  return first.text.text.empty() ? response : shortened(first.text.text);
}

class Maker {
 public:
  Maker(const Bot& bot, const Flow& flow) : bot_(bot), flow_(flow) { graph_.flow = flow.id; }

  Graph make() {
    graph_.nodes.push_back(start());
    for (const Step& step : flow_.steps) graph_.nodes.push_back(node_of(step));
    if (!flow_.steps.empty()) graph_.edges.push_back({0, 1, "", -1, false});
    for (std::size_t i = 0; i < flow_.steps.size(); ++i) lead(i);
    return std::move(graph_);
  }

 private:
  Node start() const {
    Node node{NodeKind::start, "", {flow_.id}, "", flow_.mark.line};
    for (const Trigger& trigger : flow_.triggers) {
      node.lines.push_back("when they mean " + trigger.intent);
    }
    if (flow_.guard) node.lines.push_back("only if " + shortened(flow_.guard->text()));
    return node;
  }

  Node node_of(const Step& step) const {
    Node node;
    node.step = step.id;
    node.line = step.mark.line;
    std::visit([&](const auto& what) { describe(what, node); }, step.what);
    if (node.lines.empty()) node.lines = {step.id};
    return node;
  }

  void describe(const Collect& collect, Node& node) const {
    node.kind = NodeKind::collect;
    node.lines = {"ask " + collect.slot, wording(bot_, collect.utter)};
    for (const Rejection& rejection : collect.rejections) {
      node.lines.push_back("not if " + shortened(rejection.condition.text()));
    }
  }
  void describe(const Say& say, Node& node) const {
    node.kind = NodeKind::say;
    node.lines = {say.response.find('/') == std::string::npos ? say.response : "say",
                  wording(bot_, say.response)};
  }
  void describe(const Http& http, Node& node) const {
    node.kind = NodeKind::http;
    node.lines = {fmt::format("{} {}", http.method, shortened(http.path))};
    std::string slots;
    for (const auto& [slot, path] : http.result) slots += (slots.empty() ? "" : ", ") + slot;
    if (!slots.empty()) node.lines.push_back("gives " + shortened(slots));
  }
  void describe(const SetSlots& set, Node& node) const {
    node.kind = NodeKind::set_slots;
    for (const Assignment& one : set.assignments) {
      const std::string value = one.computed          ? one.computed->text()
                                : one.value.is_null() ? "nothing"
                                                      : to_text(one.value);
      node.lines.push_back(fmt::format("{} = {}", one.slot, shortened(value, 40)));
    }
  }
  void describe(const Call& call, Node& node) const {
    node.kind = NodeKind::call;
    node.lines = {"call " + call.flow};
    node.flow = call.flow;
  }
  void describe(const Link& link, Node& node) const {
    node.kind = NodeKind::link;
    node.lines = {"go to " + link.flow};
    node.flow = link.flow;
  }
  void describe(const Handover& handover, Node& node) const {
    node.kind = NodeKind::handover;
    node.lines = {"hand over to a person"};
    if (!handover.queue.empty()) node.lines.push_back("queue " + handover.queue);
  }
  void describe(const Noop&, Node& node) const {
    node.kind = NodeKind::decision;
    node.lines = {"decide"};
  }
  void describe(const Builtin& builtin, Node& node) const {
    node.kind = NodeKind::action;
    node.lines = {builtin.action};
  }
  void describe(const Action& action, Node& node) const {
    node.kind = NodeKind::action;
    node.lines = {action.name};
  }
  void describe(const Wait& wait, Node& node) const {
    node.kind = NodeKind::action;
    node.lines = {wait.event.empty() ? "wait" : "wait for " + wait.event};
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(wait.duration).count();
    if (seconds > 0) node.lines.push_back(fmt::format("at most {} s", seconds));
  }
  void describe(const Remind& remind, Node& node) const {
    node.kind = NodeKind::action;
    node.lines = {remind.flow.empty() ? "no longer remind" : "remind: " + remind.flow};
  }
  void describe(const ForEach& loop, Node& node) const {
    node.kind = NodeKind::decision;
    node.lines = {"for each " + loop.item + " of " + loop.list};
  }
  void describe(const Split& split, Node& node) const {
    node.kind = NodeKind::decision;
    node.lines = {"split: " + split.name};
  }

  void lead(std::size_t index) {
    const Step& step = flow_.steps[index];
    const std::size_t from = index + 1;
    if (std::holds_alternative<Link>(step.what)) return;
    if (const auto* split = std::get_if<Split>(&step.what)) {
      for (const Split::Arm& arm : split->arms) {
        graph_.edges.push_back({from, target(from, arm.target),
                                fmt::format("{} ({})", arm.name, arm.share), -1, false});
      }
      return;
    }
    if (const auto* loop = std::get_if<ForEach>(&step.what); loop && loop->body.step) {
      graph_.edges.push_back({from, target(from, loop->body), "each", -1, false});
    }
    const bool several = step.next.size() > 1;
    for (std::size_t i = 0; i < step.next.size(); ++i) {
      const Branch& branch = step.next[i];
      const std::string label = branch.condition ? "if " + shortened(branch.condition->text(), 60)
                                : several        ? "else"
                                                 : "";
      graph_.edges.push_back(
          {from, target(from, branch.target), label, static_cast<int>(i), false});
    }
    if (const auto* wait = std::get_if<Wait>(&step.what); wait && wait->on_timeout) {
      graph_.edges.push_back({from, target(from, *wait->on_timeout), "too late", -1, true});
    }
    const bool can_fail = std::holds_alternative<Http>(step.what) ||
                          std::holds_alternative<Action>(step.what) ||
                          std::holds_alternative<Call>(step.what);
    if (can_fail && step.rescue) {
      graph_.edges.push_back({from, target(from, *step.rescue), "on error", -1, true});
    }
    for (const OnError& error : errors_of(step)) {
      const std::string label = error.on == "else" ? "on error" : "on " + error.on;
      const auto* inside = std::get_if<Target>(&error.where);
      const std::size_t to =
          inside ? target(from, *inside) : other(std::get<std::string>(error.where));
      graph_.edges.push_back({from, to, label, -1, true});
    }
  }

  // Each step that ends the flow has an end of its own, so that no lines cross the page for it.
  std::size_t target(std::size_t from, const Target& target) {
    if (target.step && *target.step < flow_.steps.size()) return *target.step + 1;
    const auto [end, is_new] = ends_.emplace(from, graph_.nodes.size());
    if (is_new) graph_.nodes.push_back({NodeKind::end, "", {"end"}, "", 0});
    return end->second;
  }
  std::size_t other(const std::string& flow) {
    const auto [found, is_new] = others_.emplace(flow, graph_.nodes.size());
    if (is_new) graph_.nodes.push_back({NodeKind::flow, "", {flow}, flow, 0});
    return found->second;
  }

  const Bot& bot_;
  const Flow& flow_;
  Graph graph_;
  std::map<std::size_t, std::size_t> ends_;
  std::map<std::string, std::size_t> others_;
};

// ---- Mermaid ----

std::string quoted(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '"') {
      out += "#quot;";
    } else if (c == '<') {
      out += "#lt;";
    } else if (c == '>') {
      out += "#gt;";
    } else if (c == '#') {
      out += "#35;";
    } else {
      out += c;
    }
  }
  return "\"" + out + "\"";
}

std::string mermaid_node(const Node& node, std::size_t index) {
  std::string text;
  for (const std::string& line : node.lines) {
    const std::string one = quoted(line);
    text += (text.empty() ? "" : "<br>") + one.substr(1, one.size() - 2);
  }
  const char* open = "[";
  const char* close = "]";
  switch (node.kind) {
    case NodeKind::start:
    case NodeKind::end:
      open = "([", close = "])";
      break;
    case NodeKind::call:
    case NodeKind::link:
    case NodeKind::flow:
      open = "[[", close = "]]";
      break;
    case NodeKind::decision:
      open = "{", close = "}";
      break;
    case NodeKind::collect:
      open = "[/", close = "/]";
      break;
    default:
      break;
  }
  return fmt::format("  n{}{}\"{}\"{}\n", index, open, text, close);
}

}  // namespace

Graph graph_of(const Bot& bot, const Flow& flow) { return Maker(bot, flow).make(); }

std::string to_mermaid(const Graph& graph) {
  std::string out = "flowchart TD\n";
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) out += mermaid_node(graph.nodes[i], i);
  for (const Edge& edge : graph.edges) {
    const char* arrow = edge.failure ? "-.->" : "-->";
    out += edge.label.empty()
               ? fmt::format("  n{} {} n{}\n", edge.from, arrow, edge.to)
               : fmt::format("  n{} {}|{}| n{}\n", edge.from, arrow, quoted(edge.label), edge.to);
  }
  return out;
}

}  // namespace dialog
