// Sockets that break, tabs that reconnect and talk, REST callers, people at the desk.
#include <algorithm>

#include <fmt/format.h>

#include "tests/runtime/simulator_world.h"

namespace runtime_tests {

void World::connect(std::size_t tab) {
  Pen& pen = tabs_[tab];
  Link link;
  link.connection = ++connections_;
  link.tab = tab;
  link.up_at = link.down_at = now_;
  pen.current = link.connection;
  pen.tab->lost_connection();
  const rt::Connection connection = link.connection;
  links_.emplace(connection, link);
  plan(dice_.up_to(30), [this, connection] {
    Link& made = links_.at(connection);
    if (!made.up) return;
    if (!runtime_) {  // Refused.
      made.up = made.down = made.server_knows = false;
      if (tabs_[made.tab].current == connection) reconnect_later(made.tab, 0);
      return;
    }
    feed(rt::Connected{connection, 0});
    if (tabs_[made.tab].current == connection) {
      to_server(connection, tabs_[made.tab].tab->hello());
    }
    ping(connection);
  });
}

void World::reconnect_later(std::size_t tab, Millis least) {
  Pen& pen = tabs_[tab];
  pen.current = 0;
  pen.tab->lost_connection();
  const Millis cap = std::min<Millis>(30'000, Millis{500} << std::min(++pen.failures, 6));
  plan(least + dice_.up_to(cap), [this, tab] {
    if (tabs_[tab].current == 0) connect(tab);
  });
}

// The two directions break at different moments, and each end hears of it when it does, or never.
void World::cut(Link& link) {
  ++report_.cuts;
  trace(fmt::format("cut {}", link.connection));
  const rt::Connection connection = link.connection;
  const bool half_open = dice_.one_in(3);
  plan(dice_.up_to(100), [this, connection] { links_.at(connection).up = false; });
  plan(dice_.up_to(100), [this, connection] {
    Link& broken = links_.at(connection);
    if (!broken.down) return;
    broken.down = false;
    plan(dice_.up_to(8'000), [this, connection] {
      const std::size_t tab = links_.at(connection).tab;
      if (tabs_[tab].current == connection) reconnect_later(tab, 0);
    });
  });
  if (half_open) return;
  plan_alive(dice_.up_to(3'000), [this, connection] {
    Link& broken = links_.at(connection);
    broken.up = false;
    if (!broken.server_knows) return;
    broken.server_knows = false;
    feed(rt::Disconnected{connection});
  });
}

void World::to_server(rt::Connection connection, web::ClientFrame frame) {
  Link& link = links_.at(connection);
  link.up_at = std::max(link.up_at, now_ + dice_.up_to(faults_.cuts ? 200 : 10));
  plan(link.up_at - now_, [this, connection, frame = std::move(frame)] {
    if (!links_.at(connection).up || !runtime_) return;
    rt::FrameReceived received;
    received.connection = connection;
    received.frame = frame;
    if (const auto* hello = std::get_if<web::Hello>(&frame); hello && !hello->user.empty()) {
      received.user = dialog::event::UserIdentified{hello->user, "Ada"};
    }
    feed(std::move(received));
  });
}

void World::to_tab(rt::Connection connection, web::ServerFrame frame) {
  Link& link = links_.at(connection);
  link.down_at = std::max(link.down_at, now_ + dice_.up_to(faults_.cuts ? 200 : 10));
  plan(link.down_at - now_, [this, connection, frame = std::move(frame)] {
    if (!links_.at(connection).down) return;  // Lost; the socket's buffer took it all the same.
    arrive(connection, frame);
    plan_alive(faults_.slow_sockets ? dice_.up_to(400) : 0, [this, connection] {
      if (links_.at(connection).server_knows) feed(rt::Drained{connection, 1});
    });
  });
}

void World::arrive(rt::Connection connection, const web::ServerFrame& frame) {
  const std::size_t tab = links_.at(connection).tab;
  Pen& pen = tabs_[tab];
  if (pen.current != connection) return;
  transmit(tab, pen.tab->take(frame));
  if (std::holds_alternative<web::Welcome>(frame)) pen.failures = 0;
  if (!pen.tab->wants_retry || pen.retrying) return;
  pen.tab->wants_retry = false;
  pen.retrying = true;
  plan(pen.tab->retry_after_ms, [this, tab] {
    tabs_[tab].retrying = false;
    transmit(tab, tabs_[tab].tab->resend());
  });
}

void World::transmit(std::size_t tab, std::vector<web::Message> messages) {
  const rt::Connection connection = tabs_[tab].current;
  if (connection == 0) return;
  for (web::Message& message : messages) to_server(connection, std::move(message));
}

void World::ping(rt::Connection connection) {
  const Link& link = links_.at(connection);
  if (!link.down && !link.up) return;
  if (tabs_[link.tab].current == connection) to_server(connection, web::Ping{1});
  plan(25'000, [this, connection] { ping(connection); });
}

void World::talk(std::size_t tab) {
  if (over_) return;
  ++report_.messages;
  const std::string item = fmt::format("item{}", dice_.up_to(9));
  std::string text, payload;
  switch (dice_.up_to(11)) {
    case 0:
      text = "greet you";
      break;
    case 1:
    case 2:
      text = "lookup please";
      break;
    case 3:
    case 4:
      text = "buy please";
      break;
    case 5:
      text = "book please";
      break;
    case 6:
      text = "cancel that";
      break;
    case 7:
      text = dice_.one_in(3) ? "person please" : "greet me";
      break;
    case 8:
      payload = "/SetSlots(item=" + item + ")", text = "The button";
      break;
    case 9:
      payload = "/buy{\"item\": \"" + item + "\"}";
      break;
    default:
      text = item;
      break;
  }
  transmit(tab, tabs_[tab].tab->say(std::move(text), std::move(payload)));
  const Millis pause = dice_.one_in(4) ? 20 : dice_.one_in(12) ? 30'000 : 4'000;
  plan(dice_.up_to(pause), [this, tab] { talk(tab); });
}

// What happens to tabs now and then.
void World::trouble(std::size_t tab) {
  if (over_) return;
  plan(1'000 + dice_.up_to(15'000), [this, tab] { trouble(tab); });
  Pen& pen = tabs_[tab];
  if (pen.current == 0) return;
  if (faults_.cuts && dice_.one_in(2)) return cut(links_.at(pen.current));
  if (faults_.reconnects && dice_.one_in(3)) return connect(tab);  // The old socket stays open.
  if (faults_.refreshes && dice_.one_in(4)) {
    trace(fmt::format("refresh {}", tab));
    pen.tab->refresh();
    cut(links_.at(pen.current));
    connect(tab);
  }
}

void World::post(std::size_t index) {
  Poster& poster = posters_[index];
  if (!poster.busy) {
    if (over_) return;
    plan(2'000 + dice_.up_to(6'000), [this, index] { post(index); });
    poster.busy = true;
    ++poster.count;
    poster.text = dice_.any({"greet", "lookup x", "buy x", "shoes", "cancel"});
  } else if (poster.request != 0) {
    return;
  }
  poster.request = ++requests_;
  rt::Posted posted{poster.request,
                    0,
                    "rest",
                    {poster.sender, poster.text, fmt::format("post-{}", poster.count)}};
  trace(fmt::format("post {} {}", poster.sender, poster.count));
  if (runtime_) {
    feed(std::move(posted));
  }
  plan(40'000, [this, index, request = poster.request] {  // The process may be gone.
    if (posters_[index].request != request) return;
    posters_[index].request = 0;
    post(index);
  });
}

// The other version becomes the current one; what is in the middle of a flow may have to move.
void World::deploy() {
  if (over_) return;
  bots_.next = !bots_.next;
  bots_.both = dice_.one_in(2);
  trace(
      fmt::format("version {} {}", bots_.next ? 2 : 1, bots_.both ? "beside the other" : "alone"));
  plan(50 + dice_.up_to(8'000), [this] { deploy(); });
}

void World::desk() {
  using State = dialog::event::HandoverChanged::State;
  if (over_) return;
  plan(dice_.up_to(20'000), [this] { desk(); });
  for (const auto& [id, log] : store_.logs()) {
    if (log.state.handover != State::requested && log.state.handover != State::accepted) continue;
    if (dice_.one_in(3)) continue;
    rt::PersonActs acts{++requests_, id, rt::PersonActs::What::accept, "Grace", "How can I help?"};
    if (log.state.handover == State::accepted) {
      acts.what = dice_.any({rt::PersonActs::What::write, rt::PersonActs::What::release});
    }
    feed(std::move(acts));
    if (!runtime_) return;
  }
}

}  // namespace runtime_tests
