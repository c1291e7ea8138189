// Examples that training does not learn from, but chooses by.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "nlu/base/result.h"
#include "nlu/entity_resolution.h"
#include "nlu/torch/examples.h"
#include "nlu/torch/model.h"
#include "nlu/training_data.h"

namespace nlu {

// The utterances of `rows` as the classifier of `learnt`'s intents sees them. Those of intents that
// are not learnt are left out: nothing can be chosen by them.
Examples read_held_out(const std::vector<Example>& rows, const Examples& learnt,
                       const RuleEntities& rules);

// The fewest examples of what is outside by which a threshold can be chosen.
inline constexpr std::size_t outside_needed = 20;

// Where `held_out` has fewer of them than that: moves one in ten of those in `chosen` (indices of
// `examples`) over to it.
void hold_out_outside(const Examples& examples, std::vector<std::size_t>& chosen,
                      Examples& held_out);

// Has the tagger's networks count as many times as finds the entities of `rows` best, and returns
// how many that is; 1 where there is no network, but an encoder, or
// nothing to choose by. Writes models to `path`
// meanwhile, and deletes them.
Result<double> choose_tagger_share(ModelParts& parts, const std::vector<Example>& rows,
                                   const RuleEntities& rules, const std::string& path);

}  // namespace nlu
