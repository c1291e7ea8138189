#include "tests/runtime/tab.h"

#include <algorithm>

#include <fmt/format.h>

#include "tests/runtime/fake_store.h"

namespace runtime_tests {

web::Hello Tab::hello() {
  welcomed_ = false;
  wants_retry = false;
  web::Hello hello;
  hello.client = client_;
  hello.epoch = ++epoch_;
  hello.conversation = browser_.conversation;
  hello.token = browser_.token;
  hello.last_seq = browser_.conversation.empty() ? 0 : last_seq_;
  hello.last_cseq = last_cseq_;
  hello.locale = "en-GB";
  hello.user = browser_.user;
  return hello;
}

std::vector<web::Message> Tab::say(std::string text, std::string payload) {
  web::Message message;
  message.id = fmt::format("{}-{:06}", client_, ++sent_);
  message.cseq = static_cast<std::uint64_t>(sent_);
  message.text = std::move(text);
  message.payload = std::move(payload);
  outbox_.push_back(message);
  if (!welcomed_) return {};
  return {message};
}

void Tab::refresh() {
  welcomed_ = false;
  last_seq_ = 0;
  shown_.clear();
}

void Tab::refused() {
  if (!browser_.conversation.empty()) throw Violation("I1: a conversation given out can be opened");
}

void Tab::drop_up_to(std::uint64_t cseq) {
  while (!outbox_.empty() && outbox_.front().cseq <= cseq) outbox_.pop_front();
  last_cseq_ = std::max(last_cseq_, cseq);
}

void Tab::see(dialog::Seq seq, Shown shown) {
  if (seq != last_seq_ + 1) {
    throw Violation(fmt::format("I3: {} is shown seq {} after {}", client_, seq, last_seq_));
  }
  last_seq_ = seq;
  shown_[seq] = std::move(shown);
}

std::vector<web::Message> Tab::take(const web::ServerFrame& frame) {
  if (const auto* welcome = std::get_if<web::Welcome>(&frame)) {
    const bool is_new = browser_.conversation != welcome->conversation;
    if (is_new && last_seq_ != 0) throw Violation("I1: a conversation is not exchanged");
    browser_.conversation = welcome->conversation;
    if (!welcome->token.empty()) browser_.token = welcome->token;
    if (welcome->head_seq < last_seq_) throw Violation("I1: what was shown is still there");
    if (welcome->last_cseq < last_cseq_)
      throw Violation("I1: what was acknowledged is still there");
    welcomed_ = true;
    drop_up_to(welcome->last_cseq);
    return all();
  }
  if (const auto* ack = std::get_if<web::Ack>(&frame)) {
    if (ack->seq > last_seq_) see(ack->seq, {"", ack->id});
    // Those of messages sent again may come in any order.
    const auto is_it = [&](const web::Message& message) { return message.id == ack->id; };
    outbox_.erase(std::remove_if(outbox_.begin(), outbox_.end(), is_it), outbox_.end());
    return {};
  }
  if (const auto* visible = std::get_if<web::Visible>(&frame)) {
    see(visible->event.seq, {dialog::encode(visible->event), ""});
    return {};
  }
  if (std::get_if<web::Nack>(&frame) != nullptr) {
    wants_retry = true;
    retry_after_ms = 100;
  } else if (const auto* problem = std::get_if<web::Problem>(&frame)) {
    const bool temporary = problem->code == "busy" || problem->code == "too_fast" ||
                           problem->code == "unavailable" || problem->code == "going_away";
    if (!temporary) throw Violation("an honest client is told " + problem->code);
    wants_retry = true;
    retry_after_ms = problem->retry_after_ms.value_or(1000);
  }
  return {};
}

}  // namespace runtime_tests
