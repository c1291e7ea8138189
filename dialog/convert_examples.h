// Examples in the making: gathered from several sources, none given twice, written as nlu files.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "dialog/bot.h"
#include "dialog/convert.h"
#include "dialog/convert_hypotheses.h"
#include "dialog/convert_lessons.h"

namespace dialog {

class ExampleBook {
 public:
  // What a text is an example of already; it is not given again.
  void know(const nlu::TrainingData& data);
  // False, and nothing is added, when the text is known already, as an example of whatever.
  bool add(const std::string& file, const std::string& intent, const std::string& text,
           const std::vector<nlu::Entity>& entities = {});
  bool has(const std::string& intent) const { return intents_.count(intent) != 0; }
  std::size_t count(const std::string& file) const;
  // The files' texts, each under `headers`' comment.
  FolderTexts files(const std::map<std::string, std::string>& headers) const;

 private:
  std::set<std::string> known_;
  std::set<std::string> intents_;
  // File → intents in the order in which they came, and their lines
  std::map<std::string, std::vector<std::pair<std::string, std::vector<std::string>>>> files_;
};

// The lessons, and each again with other values of the same slots.
void add_lessons(ExampleBook& book, const std::string& file, const Bot& bot,
                 const Lessons& lessons);
// How customers give and change the answers that the flows ask for, of slots whose values are
// known.
void add_answers(ExampleBook& book, const std::string& file, const Bot& bot,
                 const Lessons& lessons);

// How the bot's own buttons call the values of slots: "Premium economy" is premium.
ValueNames value_names(const Bot& bot);
// Lookups and synonyms for the values of categorical slots that a flow asks for; "" when there are
// none.
std::string values_file(const Bot& bot, const ValueNames& names);

}  // namespace dialog
