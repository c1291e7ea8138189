// A trained model as an Interpreter.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "nlu/base/result.h"
#include "nlu/interpreter.h"

namespace nlu {

// Maps the model at `path`, which holds all it needs but for an encoder, if it was trained with
// one: that is in the folder `encoder`, a tuned one beside the model, else Errc::invalid.
// Errc::not_found: train first; Errc::corrupt and Errc::invalid as Model::open. An utterance is
// refused when p_outside > 0.5; p_between > 0.5 means that the second intent is at least a third as
// probable as the best. `languages` are those the customers are expected to write (nlu/language.h).
Result<std::unique_ptr<Interpreter>> load_interpreter(const std::string& path,
                                                      std::vector<std::string> languages = {},
                                                      const std::string& encoder = "");

}  // namespace nlu
