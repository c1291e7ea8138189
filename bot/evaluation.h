// What the ways of `usher eval` share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "nlu/base/json.h"
#include "nlu/base/result.h"
#include "nlu/dataset.h"
#include "nlu/interpretation.h"
#include "nlu/training_data.h"
#include "nlu/tune_settings.h"

namespace bot {

// A model's path that nobody needs afterwards: its folder goes with this, however the evaluation
// ends.
class TemporaryModel {
 public:
  TemporaryModel();
  ~TemporaryModel();
  TemporaryModel(const TemporaryModel&) = delete;
  TemporaryModel& operator=(const TemporaryModel&) = delete;
  const std::string& path() const { return path_; }

 private:
  const std::string folder_, path_;
};

// The rows of a file, one at least; its name tells the format where `format` is empty.
nlu::Result<std::vector<nlu::DataRow>> read_rows(const std::string& path,
                                                 const std::string& format);

// That a row has no label, where, and what to do.
nlu::Error no_label(const nlu::Example& row);

// Says on the error stream what is doubtful in examples that are about to be learnt; ten lines at
// most.
void warn_of(const std::vector<nlu::Example>& examples);

// The fold, from 0, that each example is held out in. Texts that are equal but for case stand in
// one fold, so that none is learnt and tested.
std::vector<int> deal_folds(const std::vector<nlu::Example>& examples, int folds);

// What models make of the bot's examples that have not seen them, one an example, in order; equal
// texts are unseen together. Says on the error stream how far it is.
nlu::Result<std::vector<nlu::Interpretation>> interpret_unseen(
    const nlu::TrainingData& data, const std::string& encoder, int folds,
    const std::optional<nlu::TuneSettings>& tuning = {});

// What comes from an evaluation, where it was asked for; the command's exit code.
int write_file(const std::string& path, const std::string& content);

// Writes the report to `path`, when one was asked for; the command's exit code.
int write_report(const std::string& path, const nlu::json::object& report);

}  // namespace bot
