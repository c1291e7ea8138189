// A bot as Rasa's HTTP API and its action servers know it: domain and flows. Pure translation.
#pragma once

#include "dialog/bot.h"

namespace dialog {

// Rasa's domain: intents, entities, slots with their mappings, responses, actions, session_config.
json::object to_domain(const Bot& bot);

// What a business wrote, without patterns: each {id, name, description, if, nlu_trigger, steps}.
// Steps are laid out flat, each with its id and where it leads (`next`).
json::array to_flows(const Bot& bot);

}  // namespace dialog
