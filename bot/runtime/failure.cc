// A turn that the dialog code could not finish: it is kept that it failed, the customer gets an
// apology, the conversation lives on.
#include <fmt/format.h>

#include "bot/runtime/impl.h"

namespace bot::runtime {
namespace {

namespace event = dialog::event;

// Numbers events on from a conversation.
class Writer {
 public:
  Writer(const dialog::Conversation& state, Millis now)
      : number_(state.last_event), seq_(state.head_seq), now_(now) {}

  void add(dialog::Actor actor, dialog::EventBody body, bool visible = false) {
    dialog::Event event;
    event.number = ++number_;
    event.seq = visible ? ++seq_ : 0;
    event.ts = now_;
    event.actor = actor;
    event.body = std::move(body);
    result.events.push_back(std::move(event));
  }

  dialog::Advance result;

 private:
  dialog::EventNumber number_;
  dialog::Seq seq_;
  Millis now_;
};

// The bot's own wording when it needs no slot, else ours.
std::string apology(const dialog::Bot* bot, const std::string& language) {
  const dialog::Response* response =
      bot == nullptr ? nullptr : bot->find_response("utter_internal_error");
  if (response != nullptr && !response->variations.empty()) {
    const dialog::Variation& first = response->variations.front();
    const auto translated = first.translations.find(language);
    const std::string& text =
        translated == first.translations.end() ? first.text.text : translated->second.text;
    if (!text.empty() && text.find('{') == std::string::npos) return text;
  }
  if (language.rfind("zh", 0) == 0) return "抱歉，我们这边出了点问题，请再试一次。";
  return "Sorry, something went wrong on our side. Please try again.";
}

}  // namespace

dialog::Advance apologise(const dialog::Bot* bot, const dialog::Conversation& state,
                          const dialog::Input& input, Millis now, const std::string& what) {
  using dialog::Actor;
  Writer writer(state, now);
  std::uint64_t turn = state.turn;
  bool replies = false;
  if (const auto* opened = std::get_if<dialog::input::Opened>(&input)) {
    writer.add(Actor::system, opened->started);
    if (opened->user) writer.add(Actor::system, *opened->user);
  } else if (const auto* said = std::get_if<dialog::input::Said>(&input)) {
    replies = true;
    writer.add(Actor::customer,
               event::Uttered{++turn, said->message_id, said->client, said->cseq, said->text,
                              said->payload, said->attachment},
               true);
  } else if (const auto* returned = std::get_if<dialog::input::ActionReturned>(&input)) {
    replies = true;
    event::ActionFinished finished;
    finished.effect = returned->effect;
    finished.outcome = "failed";
    finished.error = "the turn failed";
    finished.took_ms = returned->took_ms;
    writer.add(Actor::system, std::move(finished));
  } else if (const auto* fired = std::get_if<dialog::input::TimerFired>(&input)) {
    if (state.timers.count(fired->timer) != 0) {
      writer.add(Actor::system, event::TimerEnded{fired->timer, true});
    }
  }
  writer.add(Actor::system, event::Failed{what});
  if (replies) {
    event::Replied reply;
    reply.turn = turn;
    reply.id = fmt::format("{}-f{}", turn, writer.result.events.back().number);
    reply.response = "utter_internal_error";
    reply.text = apology(bot, state.language);
    writer.add(Actor::bot, std::move(reply), true);
  }
  return std::move(writer.result);
}

}  // namespace bot::runtime
