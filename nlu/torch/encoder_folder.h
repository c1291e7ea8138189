// Where tuned encoders lie: beside the models that need them, each in a folder that is named by its
// version. So a model finds its own, also after its successor has come, and half a one is never
// seen.
#pragma once

#include <string>

#include "nlu/base/result.h"
#include "nlu/torch/bert.h"

namespace nlu {

// FOLDER/encoder/VERSION, of a model FOLDER/….safetensors.
std::string tuned_encoder_path_of(const std::string& model_path, const std::string& version);

// Writes FOLDER/encoder/VERSION in Hugging Face's layout: `network`'s weights in F32, and the
// configuration and vocabulary of the encoder in `like`. Whole or not at all, also after a power
// cut. Returns VERSION, which is what Bert::version() will say of it.
Result<std::string> save_tuned_encoder(const BertNetwork& network, const std::string& like,
                                       const std::string& model_path);

// Deletes those that no model in the folder needs. Two models of one folder must not be trained at
// once: one's encoder may go before its model has come.
void tidy_tuned_encoders(const std::string& model_path);

}  // namespace nlu
