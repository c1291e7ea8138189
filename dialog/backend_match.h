// The stand-in's entries one by one: what a conversation test stubs, and what it expects to be
// called.
#pragma once

#include <optional>
#include <vector>

#include "dialog/backend.h"

namespace dialog {

// Whether the request is one that the entry answers.
bool fits(const Backend::Entry& entry, const HttpRequest& request);

// What the first entry that fits answers; nullopt: none does.
std::optional<Backend::Answer> find_answer(const std::vector<Backend::Entry>& entries,
                                           const HttpRequest& request);

// A request alone, as `when` has it in backend.yml, or as "get /orders/10423"; nullopt: it is
// none, and `diagnostics` say why.
std::optional<Backend::Entry> read_request(const nlu::Yaml& node, nlu::Diagnostics& diagnostics);

}  // namespace dialog
