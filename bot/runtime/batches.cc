#include <algorithm>

#include <fmt/format.h>

#include "bot/runtime/impl.h"
#include "nlu/base/hash.h"

namespace bot::runtime {
namespace {

// Each part with its length, so that no two lists of parts read alike.
void add_part(std::string& bytes, std::string_view part) {
  bytes += fmt::format("{}:", part.size());
  bytes += part;
}

void add_timers(const dialog::Conversation& state, const dialog::Advance& advance,
                dialog::Batch& batch) {
  for (const dialog::Event& event : advance.events) {
    if (const auto* set = std::get_if<dialog::event::TimerSet>(&event.body)) {
      batch.timers_set.push_back({set->timer, set->due});
      continue;
    }
    const auto* ended = std::get_if<dialog::event::TimerEnded>(&event.body);
    if (ended == nullptr) continue;
    const auto same = [&](const dialog::TimerRow& row) { return row.timer == ended->timer; };
    const auto set = std::find_if(batch.timers_set.begin(), batch.timers_set.end(), same);
    if (set != batch.timers_set.end()) {
      batch.timers_set.erase(set);  // Set and ended in one step: no row ever.
    } else if (const auto found = state.timers.find(ended->timer); found != state.timers.end()) {
      batch.timers_removed.push_back({ended->timer, found->second.second});
    }
  }
}

bool is_pending(const dialog::Conversation& state, std::uint64_t effect) {
  return std::any_of(state.pending.begin(), state.pending.end(),
                     [&](const dialog::PendingEffect& it) { return it.effect == effect; });
}

}  // namespace

bool Bucket::take(double per_s, double burst, Millis now) {
  if (at < 0) tokens = static_cast<float>(burst);
  if (at >= 0 && now > at) {
    const double earned = static_cast<double>(now - at) / 1000 * per_s;
    tokens = static_cast<float>(std::min(burst, static_cast<double>(tokens) + earned));
  }
  at = now;
  if (tokens < 1) return false;
  tokens -= 1;
  return true;
}

std::string body_hash(const std::string& text, const std::string& payload,
                      const std::string& upload) {
  std::string bytes;
  bytes.reserve(text.size() + payload.size() + upload.size() + 16);
  add_part(bytes, text);
  add_part(bytes, payload);
  add_part(bytes, upload);
  return nlu::sha256_hex(bytes).substr(0, 32);
}

std::string idempotency_key(const ConversationId& id, std::uint64_t effect) {
  return fmt::format("{}-{}-{}", id.tenant, dialog::to_string(id), effect);
}

ConversationId derive_id(Tenant tenant, const std::vector<std::string_view>& parts) {
  std::string bytes;
  for (const std::string_view part : parts) {
    if (!bytes.empty()) bytes += '\0';
    bytes += part;
  }
  const std::string hex = nlu::sha256_hex(bytes).substr(0, 32);
  return dialog::parse_conversation_id(tenant, hex).value();
}

std::string check_numbers(const dialog::Conversation& state,
                          const std::vector<dialog::Event>& events) {
  dialog::EventNumber number = state.last_event;
  dialog::Seq seq = state.head_seq;
  for (const dialog::Event& event : events) {
    if (event.number != ++number)
      return fmt::format("event {} is numbered {}", number, event.number);
    if (event.seq != 0 && event.seq != ++seq)
      return fmt::format("seq {} after {}", event.seq, seq - 1);
  }
  return "";
}

dialog::Batch make_batch(const Room& room, const dialog::Advance& advance, int snapshot_every,
                         std::optional<dialog::Conversation>& next) {
  const Work& work = *room.work;
  dialog::Batch batch;
  batch.events = advance.events;
  batch.tally = dialog::tally(work.state, advance.events);
  add_timers(work.state, advance, batch);
  for (const dialog::Effect& effect : advance.effects) {
    if (const auto* call = std::get_if<dialog::effect::CallHttp>(&effect)) {
      batch.outbox_added.push_back({call->effect, call->request});
    }
  }
  const bool is_snapshot_due = work.state.last_event + batch.events.size() - work.snapshot_event >=
                               static_cast<std::uint64_t>(std::max(1, snapshot_every));
  if (!is_snapshot_due && work.outbox.empty()) return batch;
  if (!next) {
    next = work.state;
    for (const dialog::Event& event : batch.events) next->apply(event);
  }
  if (is_snapshot_due) batch.snapshot = dialog::encode(*next);
  for (const std::uint64_t effect : work.outbox) {
    if (!is_pending(*next, effect)) batch.outbox_removed.push_back(effect);
  }
  return batch;
}

}  // namespace bot::runtime
