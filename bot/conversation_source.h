// Where commands read kept conversations from, beside a running server or without one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dialog/event.h"
#include "dialog/state_store.h"
#include "dialog/stats_table.h"
#include "nlu/base/result.h"

namespace bot {

class ConversationSource {
 public:
  virtual ~ConversationSource() = default;

  // Calls `take` with every event of the bot called `bot`: one conversation after the other, in the
  // order of their numbers. Errc::not_found: it has no conversations of such a bot. Blocks.
  using Take = std::function<void(const dialog::ConversationId& id, const dialog::Event& event)>;
  virtual nlu::Result<void> read(const std::string& bot, const Take& take) = 0;

  // The same of one conversation, whose id has 32 hex digits, of any bot when `bot` is empty.
  // Errc::not_found: there is none with that id.
  virtual nlu::Result<std::vector<dialog::Event>> read_one(const std::string& bot,
                                                           const std::string& id) = 0;

  // A bot's numbers, as dialog::StatTable::to_json() has them. Errc::not_found: as above, or
  // nothing is counted there. Errc::too_large: the table would be.
  virtual nlu::Result<nlu::json::object> stats(const std::string& bot,
                                               const dialog::StatQuery& query) = 0;
};

// The store in `folder` (STATE/store), read beside whatever process has it open: nothing in it is
// written or locked. What was acknowledged before the call is seen. Errc::not_found: there is no
// store.
nlu::Result<std::unique_ptr<ConversationSource>> read_store(const std::string& folder);

// A server's /v1, with the operator's key. `url`: "https://chat.shop.example",
// "http://localhost:8080".
nlu::Result<std::unique_ptr<ConversationSource>> read_server(const std::string& url,
                                                             const std::string& operator_key);

}  // namespace bot
