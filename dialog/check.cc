#include "dialog/check.h"

#include <algorithm>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "dialog/draft.h"

namespace dialog {

namespace {

void report(nlu::Diagnostics& diagnostics, nlu::Severity severity, std::string code,
            const Mark& mark, std::string message) {
  diagnostics.push_back({severity, std::move(code), mark, std::move(message)});
}

// ---- loops ----

// Flows that may ask the customer something, themselves or through those they call.
std::set<std::string> waiting_flows(const Bot& bot) {
  std::set<std::string> waiting;
  for (bool changed = true; changed;) {
    changed = false;
    for (const auto& [id, flow] : bot.flows) {
      if (waiting.count(id) != 0) continue;
      const bool waits = std::any_of(flow.steps.begin(), flow.steps.end(), [&](const Step& step) {
        const auto* call = std::get_if<Call>(&step.what);
        return std::holds_alternative<Collect>(step.what) ||
               std::holds_alternative<Handover>(step.what) ||
               std::holds_alternative<Wait>(step.what) ||
               (call != nullptr && waiting.count(call->flow) != 0);
      });
      if (waits) changed = waiting.insert(id).second || changed;
    }
  }
  return waiting;
}

bool waits(const Step& step, const std::set<std::string>& waiting) {
  if (std::holds_alternative<Collect>(step.what) || std::holds_alternative<Handover>(step.what) ||
      std::holds_alternative<Wait>(step.what)) {
    return true;
  }
  const auto* call = std::get_if<Call>(&step.what);
  return call != nullptr && waiting.count(call->flow) != 0;
}

// The edges (from, to) that close a cycle, in the order of a walk from the first node.
std::vector<std::pair<std::size_t, std::size_t>> closing_edges(
    const std::vector<std::vector<std::size_t>>& edges) {
  enum class State : char { unseen, open, done };
  std::vector<State> states(edges.size(), State::unseen);
  std::vector<std::pair<std::size_t, std::size_t>> closing;
  std::vector<std::pair<std::size_t, std::size_t>> path;  // Node, and which edge comes next.
  for (std::size_t start = 0; start < edges.size(); ++start) {
    if (states[start] != State::unseen) continue;
    path.emplace_back(start, 0);
    states[start] = State::open;
    while (!path.empty()) {
      auto& [node, next] = path.back();
      if (next == edges[node].size()) {
        states[node] = State::done;
        path.pop_back();
        continue;
      }
      const std::size_t to = edges[node][next++];
      if (states[to] == State::open) closing.emplace_back(node, to);
      if (states[to] != State::unseen) continue;
      states[to] = State::open;
      path.emplace_back(to, 0);
    }
  }
  return closing;
}

void check_loops(const Flow& flow, const std::set<std::string>& waiting,
                 nlu::Diagnostics& diagnostics) {
  std::vector<std::vector<std::size_t>> edges(flow.steps.size());
  for (std::size_t i = 0; i < flow.steps.size(); ++i) {
    if (waits(flow.steps[i], waiting)) continue;
    edges[i] = successors(flow, i);
    // Rounds of a list come to an end.
    if (const auto* loop = std::get_if<ForEach>(&flow.steps[i].what); loop && loop->body.step) {
      std::erase(edges[i], *loop->body.step);
    }
  }
  for (const auto& edge : closing_edges(edges)) {
    report(diagnostics, nlu::Severity::error, "endless_loop", flow.steps[edge.first].mark,
           fmt::format("this leads back to line {} without asking the customer anything",
                       flow.steps[edge.second].mark.line));
  }
}

// A flow's calls and links that are reached before the customer is asked anything.
struct EagerEdge {
  std::string flow;
  const Step* step = nullptr;
};

std::vector<EagerEdge> eager_edges(const Flow& flow, const std::set<std::string>& waiting) {
  std::vector<EagerEdge> edges;
  std::vector<char> seen(flow.steps.size(), 0);
  std::vector<std::size_t> todo;
  const auto visit = [&](std::size_t index) {
    if (index < seen.size() && seen[index] == 0) {
      seen[index] = 1;
      todo.push_back(index);
    }
  };
  visit(0);
  while (!todo.empty()) {
    const Step& step = flow.steps[todo.back()];
    const std::size_t index = todo.back();
    todo.pop_back();
    if (const auto* call = std::get_if<Call>(&step.what)) edges.push_back({call->flow, &step});
    if (const auto* link = std::get_if<Link>(&step.what)) edges.push_back({link->flow, &step});
    for (const OnError& error : errors_of(step)) {
      if (const auto* id = std::get_if<std::string>(&error.where)) edges.push_back({*id, &step});
    }
    if (waits(step, waiting)) continue;
    for (const std::size_t next : successors(flow, index)) visit(next);
  }
  return edges;
}

void check_recursion(const Bot& bot, const std::set<std::string>& waiting,
                     nlu::Diagnostics& diagnostics) {
  std::map<std::string, std::size_t> indices;
  for (const auto& [id, flow] : bot.flows) indices.emplace(id, indices.size());
  std::vector<std::vector<std::size_t>> edges(indices.size());
  std::map<std::pair<std::size_t, std::size_t>, EagerEdge> places;
  for (const auto& [id, flow] : bot.flows) {
    if (flow.steps.empty()) continue;
    const std::size_t from = indices.at(id);
    for (EagerEdge& edge : eager_edges(flow, waiting)) {
      const auto to = indices.find(edge.flow);
      if (to == indices.end()) continue;
      edges[from].push_back(to->second);
      places.emplace(std::pair(from, to->second), std::move(edge));
    }
  }
  for (const auto& closing : closing_edges(edges)) {
    const EagerEdge& edge = places.at(closing);
    report(diagnostics, nlu::Severity::error, "endless_calls", edge.step->mark,
           fmt::format("this leads back to '{}' before the customer is asked anything", edge.flow));
  }
}

}  // namespace

const std::vector<OnError>& errors_of(const Step& step) {
  static const std::vector<OnError> none;
  if (const auto* http = std::get_if<Http>(&step.what)) return http->on_error;
  const auto* action = std::get_if<Action>(&step.what);
  return action ? action->on_error : none;
}

std::vector<std::size_t> successors(const Flow& flow, std::size_t index) {
  const Step& step = flow.steps[index];
  std::vector<std::size_t> out;
  const auto add = [&](const Target& target) {
    if (target.step && *target.step < flow.steps.size()) out.push_back(*target.step);
  };
  for (const Branch& branch : step.next) {
    const auto constant = branch.condition ? branch.condition->constant_value() : true;
    if (constant != false) add(branch.target);
    if (constant == true) break;
  }
  for (const OnError& error : errors_of(step)) {
    if (const auto* target = std::get_if<Target>(&error.where)) add(*target);
  }
  if (const auto* wait = std::get_if<Wait>(&step.what); wait && wait->on_timeout) {
    add(*wait->on_timeout);
  }
  if (const auto* loop = std::get_if<ForEach>(&step.what)) add(loop->body);
  if (const auto* split = std::get_if<Split>(&step.what)) {
    out.clear();
    for (const Split::Arm& arm : split->arms) add(arm.target);
  }
  if (step.rescue) add(*step.rescue);
  return out;
}

void check_errors(const Bot& bot, nlu::Diagnostics& diagnostics) {
  const std::set<std::string> waiting = waiting_flows(bot);
  for (const auto& [id, flow] : bot.flows) {
    check_loops(flow, waiting, diagnostics);
  }
  check_recursion(bot, waiting, diagnostics);
}

void tidy(nlu::Diagnostics& diagnostics) {
  const auto key = [](const nlu::Diagnostic& d) {
    return std::tie(d.mark.file, d.mark.line, d.mark.column, d.severity, d.message);
  };
  if (!diagnostics.empty() && diagnostics.back().code == "too_many_diagnostics") return;  // Done.
  std::stable_sort(diagnostics.begin(), diagnostics.end(),
                   [&](const auto& a, const auto& b) { return key(a) < key(b); });
  diagnostics.erase(std::unique(diagnostics.begin(), diagnostics.end(),
                                [&](const auto& a, const auto& b) { return key(a) == key(b); }),
                    diagnostics.end());
  if (diagnostics.size() <= limits::diagnostics) return;
  const std::size_t more = diagnostics.size() - limits::diagnostics;
  // An error past the limit must still make the bot unusable.
  const bool failed = nlu::has_errors(diagnostics);
  diagnostics.resize(limits::diagnostics);
  diagnostics.push_back({failed ? nlu::Severity::error : nlu::Severity::warning,
                         "too_many_diagnostics",
                         {},
                         fmt::format("and {} more; correct these first", more)});
}

}  // namespace dialog
