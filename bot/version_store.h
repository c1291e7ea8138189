// The versions of bots as they lie in the state folder: each a folder that is a bot, by its content
// hash, and beside them what became of them.
//
//   STATE/versions/BOT/versions.json          which is current, and what happened when
//   STATE/versions/BOT/VERSION/BOT/…          the files and the model, as they were served
//
// Not thread-safe; blocks for a few writes to disk.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "dialog/event.h"
#include "nlu/base/json.h"
#include "nlu/base/result.h"

namespace bot {

struct VersionRecord {
  struct Kept {
    std::string version;
    dialog::Millis at = 0;     // First
    dialog::Millis until = 0;  // It was the current one; 0: never, or it still is
  };
  struct Happening {
    dialog::Millis at = 0;
    std::string what;  // "current", "trial", "promoted", "called_off", "withdrawn", "used_again"
    std::string version;
    std::string why;
  };
  std::string current;
  std::vector<Kept> kept;           // Newest first
  std::set<std::string> withdrawn;  // Not taken up again by themselves
  // Conversations that were erased, while a version's examples still name them.
  std::set<std::string> forgotten;
  std::vector<Happening> history;  // Newest first, at most 200

  void happened(dialog::Millis at, std::string what, std::string version, std::string why = "");
};

nlu::json::object to_json(const VersionRecord& record);

class VersionStore {
 public:
  // Keeps at most `kept_max` versions of a bot, and the current one in any case.
  VersionStore(std::string folder, std::size_t kept_max);

  // Empty when there is none. Errc::corrupt, Errc::unavailable.
  nlu::Result<VersionRecord> read(const std::string& bot) const;
  // As a whole or not at all. Deletes, and takes off the record, versions beyond the limit and
  // those that hold words of a forgotten conversation, but never the current one; an id that no
  // version names any more is taken off, too.
  nlu::Result<void> write(const std::string& bot, VersionRecord& record);

  // Copies the bot in `from`, and its model. Nothing happens when that version is there already.
  // Errc::conflict: the files are not of that version any more.
  nlu::Result<void> keep(const std::string& bot, const std::string& version,
                         const std::string& from, const std::string& encoder);
  // Where a version lies, or would.
  std::string folder_of(const std::string& bot, const std::string& version) const;
  // The version that begins with `prefix`. Errc::not_found, Errc::invalid (several do).
  static nlu::Result<std::string> find(const VersionRecord& record, const std::string& prefix);

 private:
  std::string record_path(const std::string& bot) const;
  bool names(const std::string& bot, const std::string& version, const std::string& id) const;
  const std::string folder_;
  const std::size_t kept_max_;
};

}  // namespace bot
