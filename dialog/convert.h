// Bots of Rasa's, made into bots of Usher's.
//
// Both functions are pure: they take a folder's texts and return another's, so that a command or a
// test decides what is read and written. Nothing is left out in silence: what could not be carried
// over is a finding at its place in the source, with what to write instead.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "dialog/load.h"
#include "nlu/base/diagnostic.h"

namespace dialog {

// File name, relative to the folder, with '/' → its bytes.
using FolderTexts = std::map<std::string, std::string>;

struct Conversion {
  FolderTexts files;  // What is to be written.
  // Marks name the source's files: errors and warnings about what is left to do. Sorted by place.
  nlu::Diagnostics findings;
  nlu::Diagnostics information;      // What means nothing here, and what became of it.
  std::vector<std::string> summary;  // What was made, a line each, for people.
};

// A bot of Rasa CALM, as `rasa init` lays it out. Flows, domain and end-to-end tests are carried
// over as they are; examples for the intents that Usher understands with are made from the flows'
// names and descriptions and from what customers say in the tests. To find out which flow or slot
// such a text is about, each test is played with what the text could mean until the conversation
// goes as the test says. `options.environment` as in load_bot().
Conversion convert_calm(const FolderTexts& source, const LoadOptions& options = {});

// A bot of Rasa's open source engine: rules, stories and forms become flows. docs/converting.md has
// what becomes of what.
Conversion convert_rasa(const FolderTexts& source, const LoadOptions& options = {});

}  // namespace dialog
