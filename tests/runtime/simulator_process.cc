// The process: the runtime, and around it a store, models and backends that fail in every way their
// interfaces allow.
#include <algorithm>

#include <fmt/format.h>

#include "tests/runtime/simulator_world.h"

namespace runtime_tests {

void World::start() {
  trace("start");
  ++life_;
  exiting_ = false;
  store_broken_ = false;
  wakeup_.reset();
  runtime_ =
      std::make_unique<rt::Runtime>(limits_, bots_, [this](std::uint8_t* bytes, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
          bytes[i] = static_cast<std::uint8_t>(runtime_dice_.next());
        }
      });
  for (const ConversationId& id : store_.unfinished()) feed(rt::Unfinished{id});
  feed(rt::Tick{});
}

// The process is gone, and with it what was not synced, but for a part that the disk had already.
void World::crash(const char* why) {
  if (!runtime_) return;
  trace(std::string("crash: ") + why);
  ++report_.crashes;
  runtime_.reset();
  std::size_t kept = dice_.up_to(static_cast<Millis>(unsynced_.size()));
  for (rt::Append& append : unsynced_) {
    if (kept-- == 0) break;
    store_.apply(append.id, append.expected_last, append.batch);
  }
  unsynced_.clear();
  check_acked();
  for (auto& [connection, link] : links_) {
    link.server_knows = link.up = false;
    if (!link.down) continue;
    link.down = false;
    reconnect_later(link.tab, 0);
  }
  plan(dice_.up_to(5'000), [this] { start(); });
}

void World::feed(rt::Input input) {
  if (!runtime_) return;
  std::vector<rt::Output> outputs;
  runtime_->on(std::move(input), now_, outputs);
  for (rt::Output& output : outputs) handle(output);
  if (runtime_ && runtime_->stats().store_failed && !exiting_) {
    exiting_ = true;
    plan_alive(dice_.up_to(2'000), [this] { crash("the store failed"); });
  }
  wake();
}

void World::wake() {
  const std::optional<Millis> next = runtime_ ? runtime_->next_wakeup() : std::nullopt;
  if (!next) return;
  const Millis at = std::max(*next, now_ + 1);
  if (wakeup_ && *wakeup_ <= at) return;
  wakeup_ = at;
  plan_alive(at - now_, [this, at] {
    if (wakeup_ == at) wakeup_.reset();
    feed(rt::Tick{});
  });
}

void World::handle(rt::Output& output) {
  std::visit([this](auto& what) { on(what); }, output);
}

void World::on(rt::Note& note) {
  trace("note " + note.event + " " + note.detail);
  if (note.event == "turn_failed" || note.event == "fold_failed" || note.event == "load_failed" ||
      note.event == "history_has_a_gap" || note.event == "history_unreadable") {
    throw Violation("the runtime notes " + note.event + ": " + note.detail);
  }
}

void World::on(rt::Send& send) {
  Link& link = links_.at(send.connection);
  trace(fmt::format("send {} {}", send.connection, web::render(send.frame)));
  if (const auto* welcome = std::get_if<web::Welcome>(&send.frame)) {
    link.conversation = *dialog::parse_conversation_id(0, welcome->conversation);
    const FakeStore::Log* log = store_.find(link.conversation);
    if (log == nullptr) throw Violation("I1: a conversation is durable before its welcome");
    // The log may be ahead: what was just kept is not known to be kept yet.
    if (log->state.head_seq < welcome->head_seq) throw Violation("I4: head_seq is in the log");
  } else if (const auto* ack = std::get_if<web::Ack>(&send.frame)) {
    if (exiting_) throw Violation("I1: nothing is acknowledged after the store failed");
    ++report_.acks;
    const dialog::Event* event = store_.find_visible(link.conversation, ack->seq);
    const auto* said = event ? std::get_if<dialog::event::Uttered>(&event->body) : nullptr;
    if (said == nullptr || said->message_id != ack->id) {
      throw Violation("I1: what is acknowledged is in the log");
    }
    acked_.push_back({link.conversation, {said->client, ack->id, ack->seq}});
  } else if (const auto* visible = std::get_if<web::Visible>(&send.frame)) {
    const dialog::Event* event = store_.find_visible(link.conversation, visible->event.seq);
    if (event == nullptr || dialog::encode(*event) != dialog::encode(visible->event)) {
      throw Violation("I1: what is shown is in the log");
    }
    if (bug_ == Bug::lose_a_reply && dice_.one_in(30)) return;
  }
  to_tab(send.connection, std::move(send.frame));
}

void World::on(rt::CloseConnection& close) {
  trace(fmt::format("close {} {}", close.connection, static_cast<int>(close.code)));
  Link& link = links_.at(close.connection);
  link.server_knows = link.up = false;
  const Millis at = std::max(link.down_at, now_ + dice_.up_to(50));
  plan(at - now_, [this, connection = close.connection, code = close.code] {
    Link& closed = links_.at(connection);
    if (!closed.down) return;
    closed.down = false;
    Pen& pen = tabs_[closed.tab];
    if (pen.current != connection) return;
    if (code == web::Close::bad_token) pen.tab->refused();
    if (code == web::Close::bad_frame) throw Violation("an honest client is refused");
    reconnect_later(closed.tab, code == web::Close::too_fast ? 10'000 : 500);
  });
}

void World::on(rt::Answer& answer) {
  trace(fmt::format("answer {} {}", answer.request,
                    answer.replies ? static_cast<int>(answer.replies->size()) : -1));
  for (std::size_t i = 0; i < posters_.size(); ++i) {
    Poster& poster = posters_[i];
    if (poster.request != answer.request) continue;
    poster.request = 0;
    if (answer.replies) {
      poster.busy = false;
      ++report_.posts;
    } else {
      plan(1'000 + dice_.up_to(2'000), [this, i] { post(i); });
    }
  }
}

void World::on(rt::Interpret& interpret) {
  if (faults_.silent_models && dice_.one_in(40)) return;
  const Millis delay = faults_.slow_models ? dice_.up_to(3'000) : dice_.up_to(4);
  plan_alive(delay, [this, interpret] {
    std::string version = interpret.version;
    if (bug_ == Bug::other_model && dice_.one_in(10)) version = "another";
    feed(rt::Interpreted{interpret.ticket,
                         runtime_tests::interpret(interpret.utterance.text, version)});
  });
}

void World::on(rt::Perform& perform) {
  ++report_.effects;
  dialog::HttpRequest& request = perform.request;
  trace("perform " + request.idempotency_key);
  bool durable = false;
  for (const auto& entry : store_.logs()) {
    for (const auto& row : entry.second.outbox) {
      durable = durable || row.second.request.idempotency_key == request.idempotency_key;
    }
  }
  if (!durable) throw Violation("I6: an effect is durable before it begins");
  const std::string body = request.method + request.url + request.body;
  const auto [found, is_first] = performed_.emplace(request.idempotency_key, body);
  if (!is_first && !request.idempotent)
    throw Violation("I6: an effect that must not be repeated is");
  if (found->second != body) throw Violation("I6: one key, one request");
  if (faults_.silent_backend && dice_.one_in(8)) return;
  rt::EffectReturned returned;
  returned.ticket = perform.ticket;
  returned.outcome.kind = dialog::HttpOutcome::Kind::answered;
  returned.outcome.status = request.method == "GET" ? 200 : 201;
  returned.outcome.body = R"({"price": "12"})";
  if (faults_.failing_backend && dice_.one_in(3)) {
    returned.outcome.kind =
        dice_.any({dialog::HttpOutcome::Kind::timeout, dialog::HttpOutcome::Kind::failed,
                   dialog::HttpOutcome::Kind::answered});
    returned.outcome.status = 500;
  }
  const Millis delay = faults_.slow_backend ? dice_.up_to(9'000) : dice_.up_to(40);
  plan_alive(delay, [this, returned] { feed(returned); });
}

// ---- the store ----

Millis World::store_delay() {
  if (!faults_.slow_store) return dice_.up_to(3);
  return dice_.one_in(20) ? dice_.up_to(8'000) : dice_.up_to(200);
}

// A turn is understood and answered by one version.
void World::check_versions(const rt::Append& append) const {
  const FakeStore::Log* log = store_.find(append.id);
  std::string version = log == nullptr ? "" : log->state.bot_version;
  for (const dialog::Event& event : append.batch.events) {
    if (const auto* begun = std::get_if<dialog::event::SessionStarted>(&event.body)) {
      version = begun->bot_version;
    } else if (const auto* changed = std::get_if<dialog::event::VersionChanged>(&event.body)) {
      version = changed->to;
    } else if (const auto* heard = std::get_if<dialog::event::Interpreted>(&event.body)) {
      if (heard->interpretation.model_version != version) {
        throw Violation("I8: one version understands a message and answers it");
      }
    }
  }
}

void World::on(rt::Append& append) {
  trace(fmt::format("append {} {} +{}", dialog::to_string(append.id), append.expected_last,
                    append.batch.events.size()));
  for (const rt::Append& other : unsynced_) {
    if (other.id == append.id) throw Violation("I5: one append of a conversation at a time");
  }
  check_versions(append);
  if (bug_ == Bug::lose_a_timer) append.batch.timers_set.clear();
  if (bug_ == Bug::keep_outbox_rows) append.batch.outbox_removed.clear();
  if (bug_ == Bug::stale_snapshot && append.batch.snapshot && append.batch.events.size() > 1) {
    const FakeStore::Log* log = store_.find(append.id);
    if (log != nullptr) append.batch.snapshot = dialog::encode(log->state);
  }
  if (bug_ == Bug::ack_before_append && !append.batch.messages.empty()) {
    const dialog::MessageRecord& record = append.batch.messages.front();
    for (auto& [connection, link] : links_) {
      if (link.conversation != append.id || !link.server_knows) continue;
      rt::Send early{connection, web::Ack{record.id, record.seq}};
      on(early);
    }
  }
  if (bug_ == Bug::perform_before_append) {
    for (const dialog::OutboxRow& row : append.batch.outbox_added) {
      rt::Perform early{append.ticket + 1'000'000'000, append.id.tenant, row.request};
      on(early);
    }
  }
  const auto reply = [this, ticket = append.ticket](nlu::Errc code, Millis delay) {
    plan_alive(delay, [this, ticket, code] {
      feed(rt::Appended{ticket, nlu::Error{code, "by the simulator"}});
    });
  };
  if (faults_.broken_store && !store_broken_ && dice_.one_in(150)) store_broken_ = true;
  if (store_broken_) {  // A failed sync: whether it is on the disk nobody knows.
    if (dice_.one_in(2)) unsynced_.push_back(append);
    return reply(nlu::Errc::unavailable, dice_.up_to(20));
  }
  if (faults_.silent_store && dice_.one_in(400)) {
    unsynced_.push_back(append);
    return;
  }
  if (faults_.busy_store && dice_.one_in(6)) return reply(nlu::Errc::busy, dice_.up_to(5));
  if (faults_.conflicts && dice_.one_in(60)) return reply(nlu::Errc::conflict, dice_.up_to(5));
  unsynced_.push_back(append);
  synced_at_ = std::max(synced_at_, now_ + store_delay());
  if (bug_ == Bug::append_twice) {
    plan_alive(synced_at_ - now_,
               [this, append] { store_.apply(append.id, append.expected_last, append.batch); });
  }
  plan_alive(synced_at_ - now_, [this, append] { sync(append); });
}

void World::sync(rt::Append append) {
  const auto is_it = [&](const rt::Append& other) { return other.ticket == append.ticket; };
  const auto found = std::find_if(unsynced_.begin(), unsynced_.end(), is_it);
  if (found == unsynced_.end()) return;
  store_.apply(append.id, append.expected_last, append.batch);
  unsynced_.erase(found);
  plan_alive(dice_.up_to(2), [this, ticket = append.ticket] { feed(rt::Appended{ticket, {}}); });
}

void World::on(rt::Load& load) {
  plan_alive(read_delay(), [this, load] {
    std::optional<dialog::Kept> kept = store_.load(load.id);
    if (bug_ == Bug::repeat_unsafe && kept) {
      for (dialog::Event& event : kept->events) {
        if (auto* began = std::get_if<dialog::event::ActionStarted>(&event.body)) {
          began->repeatable = true;
        }
      }
    }
    feed(rt::Loaded{load.ticket, std::move(kept)});
  });
}

void World::on(rt::FindMessage& find) {
  plan_alive(read_delay(), [this, find] {
    std::optional<dialog::MessageRecord> record;
    if (const FakeStore::Log* log = store_.find(find.id)) {
      const auto found = log->messages.find({find.client, find.message_id});
      if (found != log->messages.end()) record = found->second;
    }
    feed(rt::MessageFound{find.ticket, std::move(record)});
  });
}

void World::on(rt::FindClient& find) {
  plan_alive(read_delay(), [this, find] {
    std::optional<dialog::ClientRecord> record;
    if (const FakeStore::Log* log = store_.find(find.id)) {
      const auto found = log->clients.find(find.client);
      if (found != log->clients.end() && bug_ != Bug::forget_clients) record = found->second;
    }
    feed(rt::ClientFound{find.ticket, std::move(record)});
  });
}

void World::on(rt::ReadVisible& read) {
  plan_alive(read_delay(), [this, read] {
    feed(rt::VisibleRead{read.ticket, store_.read_visible(read.id, read.after, read.count)});
  });
}

void World::on(rt::ReadTimers& read) {
  plan_alive(read_delay(), [this, read] {
    feed(rt::TimersDue{read.ticket, store_.due_timers(read.until, read.count)});
  });
}

}  // namespace runtime_tests
