// Conversations with contents that can be told from their number alone, for tests of the store.
#pragma once

#include <future>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "dialog/state_store.h"

namespace store_test {

inline dialog::ConversationId conversation(std::uint8_t number, dialog::Tenant tenant = 1) {
  dialog::ConversationId id;
  id.tenant = tenant;
  id.bytes[0] = number;
  return id;
}

inline std::string text_of(const dialog::ConversationId& id, dialog::EventNumber number) {
  return fmt::format("conversation {} says {}", id.bytes[0], number);
}

inline dialog::Event utterance(const dialog::ConversationId& id, dialog::EventNumber number) {
  dialog::Event event;
  event.number = number;
  event.seq = number;
  event.ts = static_cast<dialog::Millis>(1'700'000'000'000 + number);
  event.actor = dialog::Actor::customer;
  dialog::event::Uttered uttered;
  uttered.turn = number;
  uttered.message_id = fmt::format("message-{}", number);
  uttered.client = "client-1";
  uttered.cseq = number;
  uttered.text = text_of(id, number);
  event.body = std::move(uttered);
  return event;
}

// `count` utterances after `last`, with the record of the last one's message.
inline dialog::Batch batch(const dialog::ConversationId& id, dialog::EventNumber last,
                           std::size_t count = 1) {
  dialog::Batch made;
  for (std::size_t i = 1; i <= count; ++i) made.events.push_back(utterance(id, last + i));
  const dialog::EventNumber now = last + count;
  made.messages.push_back({"client-1", fmt::format("message-{}", now), now, now, "hash"});
  made.clients.push_back({"client-1", 1, now});
  return made;
}

// Calls `ask(done)` and waits for what `done` gets.
template <class T, class Ask>
T wait_for(Ask ask) {
  std::promise<T> promise;
  auto answer = promise.get_future();
  ask([&promise](T value) { promise.set_value(std::move(value)); });
  return answer.get();
}

inline nlu::Result<void> append(dialog::StateStore& store, const dialog::ConversationId& id,
                                dialog::EventNumber last, dialog::Batch made,
                                dialog::Epoch epoch = 1'000) {
  return wait_for<nlu::Result<void>>(
      [&](auto done) { store.append(id, last, epoch, std::move(made), std::move(done)); });
}

inline nlu::Result<std::optional<dialog::Kept>> load(dialog::StateStore& store,
                                                     const dialog::ConversationId& id) {
  return wait_for<nlu::Result<std::optional<dialog::Kept>>>(
      [&](auto done) { store.load(id, std::move(done)); });
}

}  // namespace store_test
