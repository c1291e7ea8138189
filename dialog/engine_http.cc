// HTTP actions: the request from the step, and what becomes of the answer.
#include <algorithm>

#include <fmt/format.h>

#include "dialog/answer.h"
#include "dialog/engine_turn.h"

namespace dialog {

namespace {

bool is_absolute(std::string_view path) {
  return path.starts_with("http://") || path.starts_with("https://");
}

std::string header_safe(std::string value) {
  std::erase_if(value, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  return value;
}

// How well an on_error entry fits what happened; 0: not at all.
int fitness(std::string_view on, const HttpOutcome& outcome) {
  using Kind = HttpOutcome::Kind;
  if (outcome.kind == Kind::answered) {
    const std::string status = std::to_string(outcome.status);
    if (on == status) return 3;
    if (on.size() == 3 && on.substr(1) == "xx" && on[0] == status[0]) return 2;
  }
  if (on == "rejected" && outcome.kind == Kind::answered && outcome.status == 400) return 3;
  if (on == "timeout" && outcome.kind == Kind::timeout) return 3;
  if (on == "unknown" && outcome.kind == Kind::unknown) return 3;
  return on == "else" ? 1 : 0;
}

std::string describe(const HttpOutcome& outcome) {
  static constexpr const char* kinds[] = {"answered", "timeout", "failed", "unknown", "refused"};
  return outcome.kind == HttpOutcome::Kind::answered
             ? fmt::format("status {}", outcome.status)
             : kinds[static_cast<std::size_t>(outcome.kind)];
}

}  // namespace

HttpRequest Turn::make_request(const Http& http, const Frame& acting) const {
  const ConversationNames names(bot_, c_, &acting);
  HttpRequest request;
  request.method = http.method;
  const std::string path = fill(http.path, names, Escape::url);
  request.url = is_absolute(path) ? path : bot_.backend_url + path;
  request.path = is_absolute(path) ? path_of(path) : path;
  for (const auto& [name, value] : bot_.backend_headers) {
    request.headers.emplace_back(name, header_safe(value));
  }
  for (const auto& [name, value] : http.headers) {
    request.headers.emplace_back(name, header_safe(fill(value, names, Escape::none)));
  }
  if (!http.body.is_null()) request.body = json::serialize(fill_json(http.body, names));
  request.timeout = http.timeout;
  request.retries = http.retries;
  request.idempotent = http.idempotent || http.method == "GET";
  return request;
}

void Turn::take_results(const std::map<std::string, std::string>& results, const json::value& body,
                        std::uint64_t id) {
  for (const auto& [name, path] : results) {
    const Slot* slot = bot_.find_slot(name);
    const json::value* found = nlu::select(body, path);
    json::value value = found ? *found : json::value();
    if (slot) value = accept_for_slot(*slot, value).value_or(json::value());
    value = bounded(std::move(value));
    if (value.is_null() && !c_.slots.count(name)) continue;
    emit(event::SlotSet{name, std::move(value), "action", id});
  }
}

// By the innermost `try`, of the flow itself or of one that called it.
bool Turn::is_rescued(std::uint64_t id) {
  std::vector<std::uint64_t> called;
  while (const Frame* one = frame(id)) {
    const Flow* flow = flow_of(*one);
    const Step* step = flow ? flow->find_step(one->step) : nullptr;
    if (step && step->rescue) {
      for (const std::uint64_t ended : called) {
        const std::string name = frame(ended)->flow;
        emit(event::FlowEnded{ended, name, event::FlowEnded::How::cancelled});
      }
      enter(id, *flow, *step->rescue);
      return true;
    }
    called.push_back(id);
    id = one->parent;
  }
  return false;
}

void Turn::failed_at(const Flow& flow, const std::vector<OnError>& entries, std::uint64_t id,
                     const HttpOutcome& outcome, std::string what) {
  const OnError* best = nullptr;
  int best_fit = 0;
  for (const OnError& entry : entries) {
    const int fit = fitness(entry.on, outcome);
    if (fit > best_fit) best = &entry, best_fit = fit;
  }
  if (!best) {
    if (is_rescued(id)) return;
    emit(event::Failed{fmt::format("{} at {}: {}", what, flow.id, describe(outcome))});
    end_group(id, event::FlowEnded::How::cancelled);
    return run_pattern("pattern_internal_error");
  }
  if (const auto* target = std::get_if<Target>(&best->where)) return enter(id, flow, *target);
  const std::string& other = std::get<std::string>(best->where);
  end_group(id, event::FlowEnded::How::linked);
  if (!bot_.find_flow(other)) return fail(fmt::format("no flow is called '{}'", other));
  push(other, "link", 0);
}

}  // namespace dialog
