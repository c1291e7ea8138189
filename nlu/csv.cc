#include "nlu/csv.h"

#include <optional>

#include <fmt/format.h>

#include "nlu/base/unicode.h"

namespace nlu {
namespace {

constexpr std::size_t byte_limit = std::size_t{64} << 20;
constexpr std::size_t row_limit = 2'000'000;

class CsvParser {
 public:
  CsvParser(std::string_view text, char separator) : text_(text), separator_(separator) {}

  Result<std::vector<CsvRow>> run() {
    while (at_ < text_.size()) {
      CsvRow row;
      row.line = line_;
      if (std::optional<Error> error = read_row(row)) return *std::move(error);
      if (row.fields.size() == 1 && row.fields[0].empty() && !quoted_) continue;  // A blank line.
      if (!rows_.empty() && row.fields.size() != rows_[0].fields.size()) {
        return invalid(fmt::format("line {}: {} fields, but the first row has {}", row.line,
                                   row.fields.size(), rows_[0].fields.size()));
      }
      if (rows_.size() >= row_limit) {
        return Error{Errc::too_large, fmt::format("more than {} rows", row_limit)};
      }
      rows_.push_back(std::move(row));
    }
    return std::move(rows_);
  }

 private:
  bool ends_field() const {
    return at_ >= text_.size() || text_[at_] == separator_ || text_[at_] == '\n' ||
           text_.substr(at_, 2) == "\r\n";
  }

  std::optional<Error> read_row(CsvRow& row) {
    quoted_ = false;
    for (;;) {
      std::string& field = row.fields.emplace_back();
      if (at_ < text_.size() && text_[at_] == '"') {
        if (std::optional<Error> error = read_quoted(field)) return error;
      } else {
        const std::size_t begin = at_;
        while (!ends_field()) ++at_;
        field = text_.substr(begin, at_ - begin);
      }
      if (!is_utf8(field)) return invalid(fmt::format("line {}: this is not UTF-8", row.line));
      if (at_ < text_.size() && text_[at_] == separator_) {
        ++at_;
        continue;
      }
      if (at_ < text_.size()) at_ += text_[at_] == '\r' ? 2 : 1;
      ++line_;
      return std::nullopt;
    }
  }

  std::optional<Error> read_quoted(std::string& field) {
    const int opened = line_;
    quoted_ = true;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"') {
        if (at_ + 1 >= text_.size() || text_[at_ + 1] != '"') break;
        ++at_;
      } else if (text_[at_] == '\n') {
        ++line_;
      }
      field += text_[at_];
    }
    if (at_ >= text_.size())
      return invalid(fmt::format("line {}: a quote is never closed", opened));
    ++at_;
    if (ends_field()) return std::nullopt;
    return invalid(fmt::format("line {}: text after a closing quote", line_));
  }

  std::string_view text_;
  const char separator_;
  std::size_t at_ = 0;
  int line_ = 1;
  bool quoted_ = false;
  std::vector<CsvRow> rows_;
};

}  // namespace

Result<std::vector<CsvRow>> parse_csv(std::string_view text, char separator) {
  if (text.size() > byte_limit) {
    return Error{Errc::too_large,
                 fmt::format("{} bytes; at most {} are allowed", text.size(), byte_limit)};
  }
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  return CsvParser(text, separator).run();
}

}  // namespace nlu
