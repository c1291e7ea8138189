// A customer's tab as docs/protocol.md wants it: what it keeps over a refresh, what it sends again.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "connectors/web.h"

namespace runtime_tests {

namespace web = connectors::web;

// What tabs of one customer share: localStorage.
struct Browser {
  std::string conversation, token;
  std::string user;  // Known to the site by this name; empty: anonymous
};

class Tab {
 public:
  Tab(Browser& browser, std::string client) : browser_(browser), client_(std::move(client)) {}

  // The next hello, on a new socket.
  web::Hello hello();
  // A new message for the outbox; also what to send now.
  std::vector<web::Message> say(std::string text, std::string payload);
  // What a frame on the current socket makes it send. Throws a Violation when a promise is broken.
  std::vector<web::Message> take(const web::ServerFrame& frame);
  // The page is loaded again: what was on it is gone, what was not acknowledged is not.
  void refresh();
  void lost_connection() { welcomed_ = false; }
  // 4401: legal only while there is nothing to lose.
  void refused();
  // All that is not acknowledged, when an error said to try again.
  std::vector<web::Message> resend() const {
    return welcomed_ ? all() : std::vector<web::Message>();
  }

  bool is_welcomed() const { return welcomed_; }
  bool is_done() const { return outbox_.empty(); }
  bool wants_retry = false;  // An error asked for a pause.
  std::int64_t retry_after_ms = 0;
  dialog::Seq last_seq() const { return last_seq_; }
  const std::string& client() const { return client_; }
  const Browser& browser() const { return browser_; }
  // What the customer sees: an event, or their own message by its id.
  struct Shown {
    std::string event;  // Encoded
    std::string own_id;
  };
  const std::map<dialog::Seq, Shown>& shown() const { return shown_; }

 private:
  std::vector<web::Message> all() const { return {outbox_.begin(), outbox_.end()}; }
  void see(dialog::Seq seq, Shown shown);
  void drop_up_to(std::uint64_t cseq);

  Browser& browser_;
  const std::string client_;
  std::uint64_t epoch_ = 0, last_cseq_ = 0;
  int sent_ = 0;
  std::deque<web::Message> outbox_;
  bool welcomed_ = false;
  dialog::Seq last_seq_ = 0;
  std::map<dialog::Seq, Shown> shown_;
};

}  // namespace runtime_tests
