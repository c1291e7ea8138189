// What can be said about a bot without running it.
//
// load_bot reports what makes a bot unusable (check_errors is part of it); check_warnings tells
// what an author most likely did not mean. Both only read, and are quick enough to run at every
// save.
#pragma once

#include "dialog/bot.h"
#include "nlu/base/diagnostic.h"

namespace dialog {

// Where a step can lead within its flow: branches that can be taken, what follows an error, arms
// and loops.
const std::vector<OnError>& errors_of(const Step& step);
std::vector<std::size_t> successors(const Flow& flow, std::size_t index);

// Loops that never wait for the customer, within a flow or through calls and links.
void check_errors(const Bot& bot, nlu::Diagnostics& diagnostics);

// Unused slots, responses and entities; steps nothing leads to; conditions that are always the
// same; comparisons that never hold; missing translations; responses that may have nothing to say.
void check_warnings(const Bot& bot, nlu::Diagnostics& diagnostics);

// Sorted by place, each said once, at most 200 of them and one that counts the others.
void tidy(nlu::Diagnostics& diagnostics);

}  // namespace dialog
