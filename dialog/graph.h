// A flow as a drawing: its steps as boxes, where they lead as lines, and on it, when asked for, how
// often customers or tests came by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dialog/bot.h"
#include "dialog/event.h"
#include "nlu/base/json.h"

namespace dialog {

// ---- how often ----

struct FlowCounts {
  std::uint64_t started = 0;
  std::map<std::string, std::uint64_t> steps;  // Step → how often it was entered
  // Step → how often customers left it at that: asked, they did not answer before the session
  // ended.
  std::map<std::string, std::uint64_t> left;
  // Step → how often each of its branches was taken; of branches that lead to one place the first
  // has them all when only events tell.
  std::map<std::string, std::vector<std::uint64_t>> branches;
};
using BotCounts = std::map<std::string, FlowCounts>;

// Adds a conversation's events, which are in order and from the first on. Flows and steps that the
// bot does not have (any more) are left out.
void count_traffic(const Bot& bot, std::span<const Event> events, BotCounts& counts);

// What counts_from_json() reads.
nlu::json::object to_json(const BotCounts& counts);
// {"flows": {FLOW: {"steps": {STEP: count}, "branches": {STEP: [count, …]}}}}, as
// `usher test --coverage-json` writes it. Errc::invalid: it has another shape.
nlu::Result<BotCounts> counts_from_json(const nlu::json::value& json);

// ---- the drawing ----

// What a box is of.
enum class NodeKind {
  start,  // Of the flow: what starts it
  end,
  collect,
  say,
  http,
  set_slots,
  call,
  link,
  handover,
  decision,  // noop
  action,
  flow,  // Another flow, where an error leads to one
};

struct Node {
  NodeKind kind = NodeKind::action;
  std::string step;                // Id; empty: no step
  std::vector<std::string> lines;  // The first says what it does.
  std::string flow;                // That it calls or links to; empty: none
  int line = 0;                    // In its file
};

struct Edge {
  std::size_t from = 0, to = 0;  // Indices of nodes
  std::string label;             // The condition; empty: always
  int branch = -1;               // Of the step's branches; -1: none of them
  bool failure = false;          // Taken when a call fails
};

struct Graph {
  std::string flow;
  std::vector<Node> nodes;  // The first is the start.
  std::vector<Edge> edges;
};

Graph graph_of(const Bot& bot, const Flow& flow);

// A flowchart in Mermaid's language.
std::string to_mermaid(const Graph& graph);

struct SvgOptions {
  const FlowCounts* traffic = nullptr;
  const FlowCounts* coverage = nullptr;
  // What stands before and after a flow's id in links to other flows.
  std::string link_before, link_after = ".svg";
};

// A whole SVG document with its own style, for light and dark screens; needs nothing else.
std::string to_svg(const Bot& bot, const Graph& graph, const SvgOptions& options = {});

}  // namespace dialog
