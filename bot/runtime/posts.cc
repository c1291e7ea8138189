// Callers over HTTP: the REST channel, and the people of the business at their desk.
#include <algorithm>

#include "bot/runtime/impl.h"

namespace bot::runtime {
namespace {

constexpr std::size_t replies_again = 32;
const char* const rest_client = "rest";

}  // namespace

ConversationId conversation_of_sender(Tenant tenant, std::string_view bot,
                                      std::string_view sender) {
  return derive_id(tenant, {rest_client, bot, sender});
}

ConversationId conversation_of_user(Tenant tenant, std::string_view bot, std::string_view user) {
  return derive_id(tenant, {"user", bot, user});
}

// ---- REST ----

void Runtime::Impl::take(Posted& input) {
  requests.emplace(input.request, ConversationId{});
  rests.queue.emplace_back(now + limits.rest_timeout.count(), input.request);
  if (stats.store_failed || stats.draining) {
    return answer(input.request, nlu::Error{nlu::Errc::unavailable, "not now; try again"});
  }
  const dialog::BotPtr bot = bots.current(input.tenant);
  if (bot == nullptr) {
    return answer(input.request, nlu::Error{nlu::Errc::not_found, "no such bot"});
  }
  ++stats.messages;
  const ConversationId id =
      input.id ? *input.id
               : derive_id(input.tenant, {input.channel, bot->name, input.message.sender});
  requests[input.request] = id;
  Room& kept = awake(id);
  if (!kept.bucket.take(limits.messages_per_s, limits.message_burst, now)) {
    ++stats.refused_fast;
    return answer(input.request, nlu::Error{nlu::Errc::busy, "too many messages of one sender"});
  }
  if (kept.state == Room::State::live) return post(kept, std::move(input));
  if (kept.work->posts.size() >= limits.queued_per_conversation) {
    ++stats.refused_busy;
    return answer(input.request, nlu::Error{nlu::Errc::busy, "too many messages wait"});
  }
  kept.work->posts.push_back(std::move(input));
}

void Runtime::Impl::post(Room& room, Posted posted) {
  if (requests.count(posted.request) == 0) return;  // The caller has given up.
  if (posted.message.message_id.empty()) return enqueue_post(room, std::move(posted));
  if (post_again(room, posted)) return;
  Pending pending;
  pending.kind = Pending::Kind::post_check;
  pending.room = room.id;
  pending.body_hash = body_hash(posted.message.text, "", "");
  const std::string message_id = posted.message.message_id;
  pending.post = std::make_unique<Posted>(std::move(posted));
  emit(FindMessage{ticket(std::move(pending)), room.id, rest_client, message_id});
}

// The store does not know the message; it may have come again while the store was asked.
void Runtime::Impl::post_checked(Room& room, Posted posted) {
  if (requests.count(posted.request) == 0) return;
  if (room.state != Room::State::live) {
    awake(room.id).work->posts.push_back(std::move(posted));
    return;
  }
  if (!post_again(room, posted)) enqueue_post(room, std::move(posted));
}

void Runtime::Impl::enqueue_post(Room& room, Posted posted) {
  Work& work = *room.work;
  if (is_queue_full(room)) {
    ++stats.refused_busy;
    return answer(posted.request, nlu::Error{nlu::Errc::busy, "too many messages wait"});
  }
  dialog::input::Said said;
  said.client = rest_client;
  said.text = std::move(posted.message.text);
  Turn turn;
  if (posted.message.message_id.empty()) {
    said.message_id = random_hex(16);
  } else {
    said.message_id = std::move(posted.message.message_id);
    turn.body_hash = body_hash(said.text, "", "");
  }
  turn.input = std::move(said);
  turn.requests.push_back(posted.request);
  interpret(room, turn);
  ++turns;
  work.waiters.push_back({posted.request, false, 0, {}});
  work.customer.push_back(std::move(turn));
  pump(room);
}

// Whether memory knows the message: then this caller gets what the first one gets.
bool Runtime::Impl::post_again(Room& room, const Posted& posted) {
  Work& work = *room.work;
  const std::string hash = body_hash(posted.message.text, "", "");
  const auto join = [&](Turn& turn) {
    const auto* said = std::get_if<dialog::input::Said>(&turn.input);
    if (said == nullptr || said->client != rest_client ||
        said->message_id != posted.message.message_id) {
      return false;
    }
    ++stats.duplicates;
    if (turn.body_hash != hash) {
      answer(posted.request, nlu::Error{nlu::Errc::conflict, "this message_id was used"});
      return true;
    }
    turn.requests.push_back(posted.request);
    work.waiters.push_back({posted.request, false, 0, {}});
    return true;
  };
  if (work.flight && join(work.flight->turn)) return true;
  for (Turn& turn : work.customer) {
    if (join(turn)) return true;
  }
  for (const dialog::MessageRecord& record : work.recent) {
    if (record.client != rest_client || record.id != posted.message.message_id) continue;
    ++stats.duplicates;
    if (record.body_hash != hash) {
      answer(posted.request, nlu::Error{nlu::Errc::conflict, "this message_id was used"});
    } else {
      reply_again(room, posted.request, record.seq);
    }
    return true;
  }
  return false;
}

// What the turn answered then, as far as it has got.
void Runtime::Impl::reply_again(Room& room, Request request, dialog::Seq seq) {
  if (requests.count(request) == 0) return;
  Pending pending;
  pending.kind = Pending::Kind::post_replies;
  pending.room = room.id;
  pending.number = request;
  emit(ReadVisible{ticket(std::move(pending)), room.id, seq, replies_again});
}

void Runtime::Impl::collect_replies(Room& room, const std::vector<dialog::Event>& events,
                                    const Flight& flight) {
  Work& work = *room.work;
  const auto is_reply = [](const dialog::Event& event) {
    return event.seq != 0 && !std::holds_alternative<dialog::event::Uttered>(event.body);
  };
  const bool is_desk = std::holds_alternative<dialog::input::PersonAccepted>(flight.turn.input) ||
                       std::holds_alternative<dialog::input::PersonWrote>(flight.turn.input) ||
                       std::holds_alternative<dialog::input::PersonReleased>(flight.turn.input) ||
                       std::holds_alternative<dialog::input::Happened>(flight.turn.input);
  for (const Request request : flight.turn.requests) {
    if (is_desk) {
      std::vector<dialog::Event> visible;
      std::copy_if(events.begin(), events.end(), std::back_inserter(visible), is_reply);
      answer(request, std::move(visible));
      continue;
    }
    for (Waiter& waiter : work.waiters) {
      if (waiter.request != request) continue;
      waiter.begun = true;
      waiter.turn = work.state.turn;
    }
  }
  const bool opened = flight.kind == Flight::Kind::open;
  for (const dialog::Event& event : events) {
    if (!is_reply(event)) continue;
    const auto* reply = std::get_if<dialog::event::Replied>(&event.body);
    for (Waiter& waiter : work.waiters) {
      if (opened || (waiter.begun && (reply == nullptr || reply->turn == waiter.turn))) {
        waiter.replies.push_back(event);
      }
      if (opened) break;  // The greeting goes to whoever came first.
    }
  }
}

void Runtime::Impl::answer_waiters(Room& room) {
  Work& work = *room.work;
  if (work.state.is_waiting_for_effect()) return;
  std::vector<Waiter> done;
  for (std::size_t i = 0; i < work.waiters.size();) {
    if (!work.waiters[i].begun) {
      ++i;
      continue;
    }
    done.push_back(std::move(work.waiters[i]));
    work.waiters.erase(work.waiters.begin() + static_cast<std::ptrdiff_t>(i));
  }
  for (Waiter& waiter : done) answer(waiter.request, std::move(waiter.replies));
}

void Runtime::Impl::answer(Request request, nlu::Result<std::vector<dialog::Event>> replies) {
  if (requests.erase(request) == 0) return;  // Answered before.
  emit(Answer{request, std::move(replies)});
  expire(rests);
}

// The turn goes on; the caller gets what there is.
void Runtime::Impl::expire_request(Request request) {
  Room* kept = find_room(requests.at(request));
  if (kept != nullptr && kept->work != nullptr) {
    std::vector<Waiter>& waiters = kept->work->waiters;
    for (std::size_t i = 0; i < waiters.size(); ++i) {
      if (waiters[i].request != request) continue;
      const Waiter waiter = std::move(waiters[i]);
      waiters.erase(waiters.begin() + static_cast<std::ptrdiff_t>(i));
      return answer(request, waiter.replies);
    }
  }
  answer(request, nlu::Error{nlu::Errc::timeout, "no answer in time"});
}

// ---- the desk ----

void Runtime::Impl::act(Room& room, PersonActs acts) {
  switch (acts.what) {
    case PersonActs::What::accept:
      return act(room, acts.request, dialog::input::PersonAccepted{std::move(acts.by)});
    case PersonActs::What::write:
      return act(room, acts.request,
                 dialog::input::PersonWrote{std::move(acts.by), std::move(acts.text)});
    case PersonActs::What::release:
      return act(room, acts.request, dialog::input::PersonReleased{std::move(acts.by)});
  }
}

void Runtime::Impl::act(Room& room, Request request, dialog::Input input) {
  if (room.work->system.size() >= limits.queued_per_conversation) {
    ++stats.refused_busy;
    return answer(request, nlu::Error{nlu::Errc::busy, "too much waits for this conversation"});
  }
  Turn turn;
  turn.input = std::move(input);
  turn.requests.push_back(request);
  ++turns;
  room.work->system.push_back(std::move(turn));
  pump(room);
}

}  // namespace bot::runtime
