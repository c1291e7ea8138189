// Token and tag a line: the format of the CoNLL shared tasks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nlu/base/result.h"
#include "nlu/dataset.h"

namespace nlu {

// As dataset.h says. The text of a row is its tokens with a space between them, but none beside a
// Han character. A "-DOCSTART-" line begins a document. Errc::invalid names the line: a single
// column, a tag that is none ("B-", "X-LOC").
Result<std::vector<DataRow>> read_conll(std::string_view text, const std::string& shown_as);

// In IOB2, columns parted by a tab.
std::string write_conll(const std::vector<DataRow>& rows);

}  // namespace nlu
