// BOT/inbox.json: what `usher inbox` need not show again. No words are kept, only their hashes,
// salted for each bot, and the conversations they came from, so that forgetting one finds them.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "nlu/base/result.h"

namespace bot {

std::string inbox_memory_path(const std::string& bot_folder);

class InboxMemory {
 public:
  // Errc::corrupt: the file is not what was written; it says what to do.
  static nlu::Result<InboxMemory> load(const std::string& bot_folder);

  // `wording`: wording_of_text() (bot/inbox.h).
  bool knows(std::string_view wording) const;
  void add(std::string_view wording, const std::string& conversation, std::string_view what);
  // How many were of this conversation.
  std::size_t forget(const std::string& conversation);
  std::size_t size() const { return entries_.size(); }

  // Whole or not at all; Errc::conflict when somebody else wrote it since load(). Nothing is
  // written when nothing changed.
  nlu::Result<void> save();

 private:
  struct Entry {
    std::string what;  // "labelled", "dismissed"
    std::set<std::string> conversations;
  };
  std::string hash(std::string_view wording) const;

  std::string path_, salt_;
  std::optional<std::string> before_;  // The file's bytes
  std::map<std::string, Entry> entries_;
  bool changed_ = false;
};

}  // namespace bot
