// A bot's nlu/ folder.
#pragma once

#include <string>

#include "nlu/base/diagnostic.h"
#include "nlu/training_data.h"

namespace nlu {

// Adds what FOLDER/*.yml and *.yaml say (in order of their names, subfolders included) to `data`.
// Marks show paths relative to the folder's parent: "nlu/orders.yml". A folder that does not exist
// is the error `no_training_data`.
void read_training_folder(const std::string& folder, TrainingData& data, Diagnostics& diagnostics);

}  // namespace nlu
