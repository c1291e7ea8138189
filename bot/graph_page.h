// A bot's flows, drawn, in one page.
#pragma once

#include <string>

#include "dialog/graph.h"

namespace bot {

// An HTML document that needs nothing beside it: every flow with its description, its drawing and
// links to the flows it calls. Counts, where given, are drawn on it. Of the patterns only those
// that the bot has written itself are drawn.
std::string graph_page(const dialog::Bot& bot, const dialog::BotCounts* traffic,
                       const dialog::BotCounts* coverage);

// Whether the flow is drawn: not a pattern that comes with Usher.
bool is_drawn(const dialog::Flow& flow);

const dialog::FlowCounts* counts_of(const dialog::BotCounts* counts, const std::string& flow);

}  // namespace bot
