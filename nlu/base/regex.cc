#include "nlu/base/regex.h"

#include <fmt/format.h>
#include <re2/re2.h>

namespace nlu {
namespace {

constexpr std::size_t pattern_bytes = 1000;
constexpr std::int64_t compiled_bytes = 8 << 20;
// A pattern that may match nothing is tried at every character; this keeps that linear.
constexpr std::size_t search_limit = 4096;

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

// Where the character after `at` begins.
std::size_t next_character(std::string_view text, std::size_t at) {
  do {
    ++at;
  } while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U);
  return at;
}

}  // namespace

struct Regex::Impl {
  Impl(std::string_view pattern, const RE2::Options& options) : re(piece(pattern), options) {}
  RE2 re;
};

Result<Regex> Regex::compile(std::string_view pattern, bool ignore_case) {
  if (pattern.size() > pattern_bytes) {
    return invalid(fmt::format("a regular expression may have at most {} bytes", pattern_bytes));
  }
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(compiled_bytes);
  options.set_case_sensitive(!ignore_case);
  Regex regex;
  auto impl = std::make_shared<const Impl>(pattern, options);
  if (!impl->re.ok()) return invalid(impl->re.error());
  regex.impl_ = std::move(impl);
  return regex;
}

bool Regex::matches_whole(std::string_view text) const {
  return RE2::FullMatch(piece(text), impl_->re);
}

bool Regex::matches_somewhere(std::string_view text) const {
  return RE2::PartialMatch(piece(text), impl_->re);
}

std::vector<Regex::Match> Regex::find_all(std::string_view text, std::size_t limit) const {
  std::vector<Match> found;
  std::size_t at = 0;
  for (std::size_t tries = 0; tries < search_limit && found.size() < limit; ++tries) {
    re2::StringPiece whole;
    if (at > text.size() ||
        !impl_->re.Match(piece(text), at, text.size(), RE2::UNANCHORED, &whole, 1)) {
      break;
    }
    const auto begin = static_cast<std::size_t>(whole.data() - text.data());
    const std::size_t end = begin + whole.size();
    if (whole.empty()) {
      at = next_character(text, begin);
      continue;
    }
    found.push_back({begin, end});
    at = end;
  }
  return found;
}

const std::string& Regex::pattern() const { return impl_->re.pattern(); }

}  // namespace nlu
