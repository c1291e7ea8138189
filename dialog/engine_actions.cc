// Actions of the business's own: the call, and what becomes of the answer.
#include <fmt/format.h>

#include "dialog/action_server.h"
#include "dialog/answer.h"
#include "dialog/engine_turn.h"

namespace dialog {

bool Turn::call_action(const Step& step, const std::string& action) {
  const std::uint64_t frame_id = top()->id;
  const std::uint64_t id = c_.last_effect + 1;
  HttpRequest request;
  request.method = "POST";
  request.url = bot_.action_url;
  request.path = path_of(bot_.action_url);
  for (const auto& [name, value] : bot_.action_headers) request.headers.emplace_back(name, value);
  request.body = json::serialize(action_request(bot_, c_, action, out_.events));
  request.timeout = bot_.action_timeout;
  request.idempotency_key = fmt::format("{}-{}", frame_id, id);
  emit(event::ActionStarted{id, frame_id, step.id, "POST", request.path, false, action});
  out_.effects.push_back(effect::CallHttp{id, std::move(request)});
  return false;
}

void Turn::action_returned(const std::string& action, const HttpOutcome& outcome,
                           std::uint64_t id) {
  const Flow& flow = *flow_of(*frame(id));
  const Step& step = *flow.find_step(frame(id)->step);
  const bool fine =
      outcome.kind == HttpOutcome::Kind::answered && outcome.status >= 200 && outcome.status < 300;
  const auto body = fine ? nlu::parse_json(outcome.body.empty() ? "{}" : outcome.body)
                         : nlu::Result<json::value>(json::value());
  if (!fine || !body) return action_failed(flow, step, action, id, outcome);
  const int said_before = replies_;
  if (const auto taken = take_action(action, *body); !taken) {
    HttpOutcome senseless = outcome;
    senseless.kind = HttpOutcome::Kind::failed;
    return action_failed(flow, step, fmt::format("{} ({})", action, taken.error().message), id,
                         senseless);
  }
  if (!frame(id)) return;  // It has restarted the conversation.
  const auto* collect = std::get_if<Collect>(&step.what);
  if (!collect) return go_on(id, flow, step);
  if (action == collect->ask_action) {
    if (replies_ == said_before) return ask(*collect, *frame(id));  // It had no words.
    emit(event::Asked{id, collect->slot});
    asked_ = id;
    return await_answer();
  }
  // What validate_… has left in the slot stands; when it emptied it, the question comes again.
  if (c_.slots.count(collect->slot)) {
    validated_.insert(collect->slot);
    answered_.insert(collect->slot);
  }
  run();
}

void Turn::action_failed(const Flow& flow, const Step& step, const std::string& action,
                         std::uint64_t id, const HttpOutcome& outcome) {
  const auto* own = std::get_if<Action>(&step.what);
  failed_at(flow, own ? own->on_error : std::vector<OnError>(), id, outcome, action);
}

// What the server sets is no flow's own, so it stays when the flow ends.
nlu::Result<void> Turn::take_action(const std::string& action, const json::value& body) {
  auto answer = read_action_answer(body);
  if (!answer) return answer.error();
  for (const json::object& response : answer->responses) {
    reply(to_reply(bot_, c_, response, action));
    if (failing_) return {};
  }
  if (answer->resets_slots) {
    for (const auto& [name, value] : std::map(c_.slots)) reset_slot(name, 0);
  }
  for (const auto& [name, value] : answer->slots) {
    const Slot* slot = bot_.find_slot(name);
    if (!slot) continue;
    const auto accepted = accept_for_slot(*slot, value);
    emit(event::SlotSet{name, bounded(accepted.value_or(json::value())), "action", 0});
  }
  if (answer->followup.starts_with("utter_")) say(answer->followup);
  if (answer->restarts) restart();
  return {};
}

// One after the other: what comes behind a restart stays. Flows go on when the customer does.
void Turn::take_tracker_events(const json::value& events) {
  ensure_session();
  const json::array* all = events.if_array();
  if (!all) return emit(event::Failed{"what was to be appended is no list"});
  for (const json::value& one : *all) {
    if (failing_) return;
    const auto taken = take_action("rasa_api", json::object{{"events", json::array{one}}});
    if (!taken) emit(event::Failed{taken.error().message});
  }
}

}  // namespace dialog
