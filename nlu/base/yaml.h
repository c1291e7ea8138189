// A YAML file as a tree that is safe to walk, with the place of every node.
//
// Everything yaml-cpp lets pass and should not is refused here, with a place: aliases beyond a
// budget and cycles, duplicate keys, merge keys, depth, sizes, bytes that are not UTF-8, several
// documents, keys that are no text. yaml-cpp is named in yaml.cc only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "nlu/base/diagnostic.h"
#include "nlu/base/result.h"

namespace nlu {

struct YamlLimits {
  std::size_t file_bytes = 4 << 20;
  std::size_t scalar_bytes = 1 << 20;  // An intent's block of examples is one scalar.
  std::size_t nodes = 200'000;         // After aliases are expanded.
  int depth = 64;
};

class Yaml {
 public:
  enum class Kind { null, scalar, sequence, map };
  struct Entry;

  Kind kind = Kind::null;
  Mark mark;
  std::string text;            // Of a scalar.
  bool quoted = false;         // "10423" is text, 10423 a number.
  bool block = false;          // Written with | or >: line n of `text` is at mark.line + n + 1.
  bool folded = false;         // With >, which joins the lines.
  int block_indent = 0;        // How many spaces each of a block's lines lost at its beginning.
  std::vector<Yaml> items;     // Of a sequence.
  std::vector<Entry> entries;  // Of a map, in the file's order.

  bool is_null() const { return kind == Kind::null; }
  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_sequence() const { return kind == Kind::sequence; }
  bool is_map() const { return kind == Kind::map; }

  // The value under `key` in a map; nullptr when there is none (or this is no map).
  const Yaml* find(std::string_view key) const;

  // A plain scalar's meaning by YAML 1.2's core schema; nullopt when it has another, and for
  // numbers that are not finite or do not fit.
  std::optional<bool> as_bool() const;
  std::optional<double> as_number() const;
  std::optional<std::int64_t> as_integer() const;
};

struct Yaml::Entry {
  std::string key;
  Mark key_mark;
  Yaml value;
};

// The file's only document; a null node when it is empty. `file` is what marks will say. The first
// violation of syntax or limits comes back alone, as nothing after it can be trusted.
std::variant<Yaml, Diagnostic> parse_yaml(std::string_view text, const std::string& file,
                                          const YamlLimits& limits = {});

// Reads the file at `path` and parses it under the name `shown_as`.
std::variant<Yaml, Diagnostic> read_yaml(const std::string& path, const std::string& shown_as,
                                         const YamlLimits& limits = {});

}  // namespace nlu
