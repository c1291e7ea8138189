#include "bot/test_record.h"

#include <filesystem>
#include <fstream>
#include <vector>

#include <fmt/format.h>

#include "bot/replace_file.h"
#include "bot/terminal_talk.h"
#include "dialog/script_write.h"

namespace bot {

using nlu::Errc;
using nlu::Error;
using nlu::Result;

Result<void> record_talk(const ReadyBot& ready, const std::string& language,
                         const std::string& file) {
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored))
    return Error{Errc::conflict, fmt::format("{} is there already; name a new file", file)};
  // As the script will be played: with the same clock and seed.
  dialog::Recorded recorded;
  recorded.notes.push_back(fmt::format("Recorded with usher test {} --record.", ready.folder));
  recorded.script.language = language;
  dialog::Rehearsal rehearsal(*ready.bot, ready.interpreter.get(), language, recorded.script.now,
                              recorded.script.seed);
  TerminalTalk talk(rehearsal);
  std::optional<std::string> written;
  Result<void> saved;
  talk.run(fmt::format("Talk to {}. Ctrl-D ends; {} has the talk.", ready.bot->name, file),
           [&](const dialog::Line& line, const dialog::Rehearsal::Heard& heard) {
             if (line.kind == dialog::Line::Kind::opens && heard.replies.empty()) return;
             recorded.script.lines.push_back(line);
             recorded.replies.emplace_back();
             for (const dialog::event::Replied& reply : heard.replies)
               recorded.replies.back().push_back(reply.response);
             if (!saved) return;
             const std::string text = dialog::to_yaml(recorded);
             saved = replace_file(file, written, text);
             written = text;
           });
  return saved;
}

Result<std::string> script_of_kept(const dialog::Bot& bot, const KeptSource& asked,
                                   const std::string& conversation) {
  const auto wanted = dialog::parse_conversation_id(0, conversation);
  if (!wanted) {
    return nlu::invalid(fmt::format(
        "'{}' is no conversation's id: it has 32 hex digits, 0-9 and a-f", conversation));
  }
  const auto source = open_source(asked);
  if (!source) return source.error();
  std::vector<dialog::Event> events;
  const auto read =
      (*source)->read(bot.name, [&](const dialog::ConversationId& id, const dialog::Event& event) {
        if (id.bytes == wanted->bytes) events.push_back(event);
      });
  if (!read) return read.error();
  if (events.empty()) {
    return Error{Errc::not_found,
                 fmt::format("'{}' has no conversation {}", bot.name, conversation)};
  }
  dialog::Recorded recorded = dialog::script_of(bot, events);
  recorded.notes.insert(recorded.notes.begin(),
                        fmt::format("Of the conversation {}.", conversation));
  return dialog::to_yaml(recorded);
}

}  // namespace bot
