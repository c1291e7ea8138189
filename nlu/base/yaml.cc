#include "nlu/base/yaml.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <istream>
#include <streambuf>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "nlu/base/encoding.h"
#include "nlu/base/unicode.h"

namespace nlu {
namespace {

constexpr std::string_view open_quote = "this quote is opened and never closed; close it";

// Leaves the parser from inside an event; caught in parse_yaml.
struct Refused {
  Diagnostic diagnostic;
};

// The text with "\n" for every line end, and where its lines are.
class Source {
 public:
  Source(std::string_view text, std::string file) : file_(std::move(file)) {
    if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
    text_.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
      text_ += text[i] == '\r' ? '\n' : text[i];
    }
    lines_.push_back(0);
    std::uint32_t characters = 0;
    for (std::size_t i = 0; i < text_.size(); ++i) {
      if (i % stride == 0) counts_.push_back(characters);
      if ((static_cast<unsigned char>(text_[i]) & 0xC0U) != 0x80U) ++characters;
      if (text_[i] == '\n') lines_.push_back(i + 1);
    }
    if (text_.size() % stride == 0) counts_.push_back(characters);
  }

  const std::string& text() const { return text_; }
  std::size_t line_count() const { return lines_.size(); }

  // From 0, without its end.
  std::string_view line(std::size_t number) const {
    if (number >= lines_.size()) return {};
    const std::size_t begin = lines_[number];
    const std::size_t end = number + 1 < lines_.size() ? lines_[number + 1] - 1 : text_.size();
    return std::string_view(text_).substr(begin, end - begin);
  }

  std::size_t line_at(std::size_t offset) const {
    const auto after = std::upper_bound(lines_.begin(), lines_.end(), offset);
    return static_cast<std::size_t>(after - lines_.begin()) - 1;
  }

  Mark mark(std::size_t offset) const {
    offset = std::min(offset, text_.size());
    const std::size_t number = line_at(offset);
    const std::size_t column = characters_before(offset) - characters_before(lines_[number]);
    return {file_, static_cast<int>(number) + 1, static_cast<int>(column) + 1};
  }

  std::size_t line_begin(std::size_t number) const { return lines_[number]; }

 private:
  static constexpr std::size_t stride = 256;

  std::size_t characters_before(std::size_t offset) const {
    std::size_t count = counts_[offset / stride];
    for (std::size_t i = offset - offset % stride; i < offset; ++i) {
      if ((static_cast<unsigned char>(text_[i]) & 0xC0U) != 0x80U) ++count;
    }
    return count;
  }

  std::string file_;
  std::string text_;
  std::vector<std::size_t> lines_;
  std::vector<std::uint32_t> counts_;  // Characters before every `stride`th byte.
};

Diagnostic error_at(Mark mark, std::string code, std::string message) {
  return {Severity::error, std::move(code), std::move(mark), std::move(message)};
}

bool is_control(std::string_view text, std::size_t i) {
  const auto c = static_cast<unsigned char>(text[i]);
  if (c < 0x20) return c != '\t' && c != '\n';
  if (c == 0x7F) return true;
  // U+0080 to U+009F without U+0085, the next-line mark.
  return c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0 &&
         static_cast<unsigned char>(text[i + 1]) != 0x85;
}

// Length of the UTF-8 character at `i`; 0 when there is none.
std::size_t utf8_length(std::string_view text, std::size_t i) {
  for (std::size_t n = 1; n <= 4 && i + n <= text.size(); ++n) {
    if (is_utf8(text.substr(i, n))) return n;
  }
  return 0;
}

std::optional<Diagnostic> find_bad_bytes(const Source& source) {
  const std::string_view text = source.text();
  const bool valid = is_utf8(text);
  for (std::size_t i = 0; i < text.size();) {
    if (is_control(text, i)) {
      return error_at(source.mark(i), "yaml_control_character",
                      fmt::format("a control character (byte 0x{:02X}) stands here; delete it",
                                  static_cast<unsigned>(static_cast<unsigned char>(text[i]))));
    }
    const std::size_t length = valid ? 1 : utf8_length(text, i);
    if (length == 0) {
      return error_at(source.mark(i), "yaml_not_utf8",
                      fmt::format("this is not UTF-8 (byte 0x{:02X}); {}",
                                  static_cast<unsigned>(static_cast<unsigned char>(text[i])),
                                  encoding_advice(text)));
    }
    i += length;
  }
  return std::nullopt;
}

std::size_t leading_spaces(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

// Brackets that a line opens and leaves open, found before the parser works its way into them.
std::optional<Diagnostic> find_deep_line(const Source& source, int limit) {
  const std::string_view text = source.text();
  int open = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') open = 0;
    if (text[i] == '[' || text[i] == '{') ++open;
    if ((text[i] == ']' || text[i] == '}') && open > 0) --open;
    if (open > limit) {
      return error_at(source.mark(i), "yaml_too_deep",
                      fmt::format("nested deeper than {} levels", limit));
    }
  }
  return std::nullopt;
}

// Builds the tree from yaml-cpp's events and refuses what must not be in it.
class Builder : public YAML::EventHandler {
 public:
  Builder(const Source& source, const YamlLimits& limits) : source_(source), limits_(limits) {}

  Yaml take() { return std::move(root_); }
  std::size_t last_offset() const { return last_offset_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ <= 1) return;
    if (source_.text().compare(std::min(offset(mark), source_.text().size()), 3, "---") != 0) {
      refuse(
          mark, "yaml_syntax",
          "this does not continue what stands above; check the indentation and the '- ' of lists");
    }
    refuse(mark, "yaml_second_document",
           "a second document begins here; a file holds one: put it into a file of its own");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    note(mark);
    if (wants_key()) refuse_key(mark);
    check_colon();
    add(new_node(Yaml::Kind::null, mark), anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    note(mark);
    Yaml node = new_node(Yaml::Kind::scalar, mark);
    check_scalar(mark, value);
    node.text = value;
    describe(node, mark, tag);
    if (wants_key()) {
      add_key(node, mark);
    } else {
      add(std::move(node), anchor);
    }
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    note(mark);
    if (wants_key()) refuse_key(mark);
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      refuse(mark, "yaml_cycle", "this alias stands inside what it repeats, and would never end");
    }
    const Anchored& anchored = found->second;
    if (static_cast<int>(stack_.size()) + anchored.height > limits_.depth) refuse_depth(mark);
    spend(anchored.nodes, anchored.bytes, mark);
    add(Yaml(anchored.tree), 0);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Yaml::Kind::sequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Yaml::Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    Yaml node;
    YAML::anchor_t anchor = 0;
    bool has_key = false;  // The next node is the value of the last entry.
    int height = 1;
    std::size_t nodes_before = 0;
    std::size_t bytes_before = 0;
    std::unordered_map<std::string, int> key_lines;
  };
  struct Anchored {
    Yaml tree;
    int height = 0;
    std::size_t nodes = 0;
    std::size_t bytes = 0;
  };

  static std::size_t offset(const YAML::Mark& mark) {
    return mark.pos < 0 ? 0 : static_cast<std::size_t>(mark.pos);
  }

  [[noreturn]] void refuse(const YAML::Mark& mark, std::string code, std::string message) const {
    throw Refused{error_at(source_.mark(offset(mark)), std::move(code), std::move(message))};
  }
  [[noreturn]] void refuse_key(const YAML::Mark& mark) const {
    refuse(mark, "yaml_bad_key", "a key must be a text, such as 'name:'; if this is one, quote it");
  }
  [[noreturn]] void refuse_depth(const YAML::Mark& mark) const {
    refuse(mark, "yaml_too_deep", fmt::format("nested deeper than {} levels", limits_.depth));
  }

  // The parser takes a last key without its colon for one whose value is nothing.
  void check_colon() const {
    if (stack_.empty() || !stack_.back().node.is_map() || last_key_quoted_) return;
    const std::string& key = stack_.back().node.entries.back().key;
    const std::size_t after = source_.text().find_first_not_of(" \t", last_key_ + key.size());
    if (after != std::string::npos && source_.text()[after] == ':') return;
    throw Refused{
        error_at(source_.mark(last_key_), "yaml_syntax",
                 fmt::format("after the key '{}' a colon is missing", truncate(key, 60)))};
  }

  // Nor does it mind a quote that the end of the file closes.
  void check_closed(std::size_t at) const {
    const std::string_view text = source_.text();
    const char quote = text[at];
    std::size_t i = at + 1;
    while (i < text.size() && text[i] != quote) i += quote == '"' && text[i] == '\\' ? 2 : 1;
    while (quote == '\'' && i + 1 < text.size() && text[i + 1] == quote) {  // '' is a quote.
      i = std::min(text.find(quote, i + 2), text.size());
    }
    if (i < text.size()) return;
    throw Refused{error_at(source_.mark(at), "yaml_open_quote", std::string(open_quote))};
  }

  void note(const YAML::Mark& mark) { last_offset_ = std::max(last_offset_, offset(mark)); }

  // Counts what the tree will hold, so that a few aliases cannot make it enormous.
  void spend(std::size_t nodes, std::size_t bytes, const YAML::Mark& mark) {
    nodes_ += nodes;
    bytes_ += bytes;
    if (nodes_ > limits_.nodes || bytes_ > 4 * limits_.file_bytes) {
      refuse(mark, "yaml_too_large",
             fmt::format("more than {} values, with every alias written out; split the file",
                         limits_.nodes));
    }
  }

  Yaml new_node(Yaml::Kind kind, const YAML::Mark& mark) {
    spend(1, 0, mark);
    Yaml node;
    node.kind = kind;
    node.mark = source_.mark(offset(mark));
    return node;
  }

  void check_scalar(const YAML::Mark& mark, const std::string& value) {
    spend(0, value.size(), mark);
    if (value.size() > limits_.scalar_bytes) {
      refuse(mark, "yaml_too_large",
             fmt::format("a text of {} bytes; at most {} are allowed", value.size(),
                         limits_.scalar_bytes));
    }
    for (std::size_t i = 0; i < value.size(); ++i) {  // An escape may have made one.
      if (is_control(value, i) && value[i] != '\r') {
        refuse(mark, "yaml_control_character", "this text holds a control character; delete it");
      }
    }
    if (!is_utf8(value)) {
      refuse(mark, "yaml_not_utf8", "an escape in this text makes something that is not UTF-8");
    }
  }

  // How the scalar was written: the parser says only whether it was plain.
  void describe(Yaml& node, const YAML::Mark& mark, const std::string& tag) {
    check_tag(mark, tag);
    const std::string_view text = source_.text();
    std::size_t at = std::min(offset(mark), text.size());
    while (at < text.size() && (text[at] == '&' || text[at] == '!')) {  // Anchor or tag.
      at = std::min(text.find_first_of(" \n\t", at), text.size());
      at = std::min(text.find_first_not_of(" \n\t", at), text.size());
    }
    const char first = at < text.size() ? text[at] : ' ';
    node.block = first == '|' || first == '>';
    if (first == '"' || first == '\'') check_closed(at);
    node.quoted = node.block || first == '"' || first == '\'' || tag == "tag:yaml.org,2002:str";
    if (!node.block) return;
    node.mark = source_.mark(at);
    node.folded = first == '>';
    node.block_indent = block_indent(node.text, source_.line_at(at) + 1);
  }

  int block_indent(std::string_view text, std::size_t first_line) const {
    for (std::size_t begin = 0; begin < text.size(); ++first_line) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      const std::string_view line = text.substr(begin, end - begin);
      if (leading_spaces(line) < line.size()) {
        const std::size_t written = leading_spaces(source_.line(first_line));
        return static_cast<int>(written - std::min(leading_spaces(line), written));
      }
      begin = end + 1;
    }
    return 0;
  }

  void check_tag(const YAML::Mark& mark, const std::string& tag) const {
    constexpr std::string_view core = "tag:yaml.org,2002:";
    if (tag.empty() || tag == "?" || tag == "!" || tag.compare(0, core.size(), core) == 0) return;
    refuse(mark, "yaml_tag", fmt::format("the tag {} is not supported; leave it out", tag));
  }

  bool wants_key() const {
    return !stack_.empty() && stack_.back().node.is_map() && !stack_.back().has_key;
  }

  void add_key(const Yaml& key, const YAML::Mark& mark) {
    if (key.text == "<<" && !key.quoted) {
      refuse(mark, "yaml_merge_key",
             "the merge key << is not supported; write the keys out, or repeat one value with an "
             "alias");
    }
    Frame& frame = stack_.back();
    const auto [first, is_new] = frame.key_lines.emplace(key.text, key.mark.line);
    if (!is_new) {
      refuse(mark, "yaml_duplicate_key",
             fmt::format("the key '{}' was already given in line {}; a key may be given once",
                         truncate(key.text, 60), first->second));
    }
    frame.node.entries.push_back({key.text, key.mark, {}});
    frame.has_key = true;
    last_key_ = offset(mark);
    last_key_quoted_ = key.quoted;
  }

  void open(Yaml::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    note(mark);
    if (wants_key()) refuse_key(mark);
    if (static_cast<int>(stack_.size()) >= limits_.depth) refuse_depth(mark);
    check_tag(mark, tag);
    Frame frame;
    frame.nodes_before = nodes_;
    frame.bytes_before = bytes_;
    frame.node = new_node(kind, mark);
    frame.anchor = anchor;
    stack_.push_back(std::move(frame));
  }

  void close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    if (frame.anchor != 0) {
      const std::size_t nodes = nodes_ - frame.nodes_before;
      const std::size_t bytes = bytes_ - frame.bytes_before;
      keep(frame.anchor, frame.node, frame.height, nodes, bytes);
    }
    attach(std::move(frame.node), frame.height);
  }

  void add(Yaml node, YAML::anchor_t anchor) {
    int height = 0;
    if (anchor != 0) {
      keep(anchor, node, 0, 1, node.text.size());
    } else if (!node.is_scalar() && !node.is_null()) {
      height = tree_height(node);
    }
    attach(std::move(node), height);
  }

  static int tree_height(const Yaml& node) {  // Of an alias's tree: at most limits.depth.
    int height = 0;
    for (const Yaml& item : node.items) height = std::max(height, tree_height(item));
    for (const Yaml::Entry& entry : node.entries)
      height = std::max(height, tree_height(entry.value));
    return node.is_scalar() || node.is_null() ? 0 : height + 1;
  }

  // The copy that aliases will repeat; it counts as well.
  void keep(YAML::anchor_t anchor, const Yaml& node, int height, std::size_t nodes,
            std::size_t bytes) {
    YAML::Mark mark;
    mark.pos = static_cast<int>(last_offset_);
    spend(nodes, bytes, mark);
    anchors_[anchor] = {node, height, nodes, bytes};
  }

  void attach(Yaml node, int height) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& parent = stack_.back();
    parent.height = std::max(parent.height, height + 1);
    if (parent.node.is_map()) {
      parent.node.entries.back().value = std::move(node);
      parent.has_key = false;
    } else {
      parent.node.items.push_back(std::move(node));
    }
  }

  const Source& source_;
  const YamlLimits& limits_;
  Yaml root_;
  std::vector<Frame> stack_;
  std::unordered_map<YAML::anchor_t, Anchored> anchors_;
  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;
  std::size_t last_offset_ = 0;
  std::size_t last_key_ = 0;
  bool last_key_quoted_ = false;
  int documents_ = 0;
};

// The first line in [from, to] whose indentation holds a tab.
std::optional<std::size_t> find_tab(const Source& source, std::size_t from, std::size_t to) {
  for (std::size_t number = from; number <= to && number < source.line_count(); ++number) {
    const std::string_view line = source.line(number);
    const std::size_t tab = leading_spaces(line);
    const std::size_t first = line.find_first_not_of(" \t");
    if (first != line.npos && line[first] != '#' && tab < line.size() && line[tab] == '\t') {
      return source.line_begin(number) + tab;
    }
  }
  return std::nullopt;
}

// Where a value begins on the line: behind its indentation, dashes and key.
std::size_t value_begin(std::string_view line) {
  std::size_t at = leading_spaces(line);
  while (line.substr(at, 2) == "- ")
    at = std::min(line.find_first_not_of(' ', at + 1), line.size());
  const char first = at < line.size() ? line[at] : ' ';
  if (first == '"' || first == '\'') return at;
  const std::size_t colon = line.find(": ", at);
  return colon == line.npos ? at : std::min(line.find_first_not_of(' ', colon + 1), line.size());
}

// The first quote from line `from` on that its own line does not close.
std::optional<std::size_t> find_open_quote(const Source& source, std::size_t from) {
  for (std::size_t number = from; number < source.line_count(); ++number) {
    const std::string_view line = source.line(number);
    const std::size_t at = value_begin(line);
    const char quote = at < line.size() ? line[at] : ' ';
    if (quote != '"' && quote != '\'') continue;
    std::size_t i = at + 1;
    for (; i < line.size() && line[i] != quote; ++i) {
      if (quote == '"' && line[i] == '\\') ++i;
    }
    if (i >= line.size()) return source.line_begin(number) + at;
  }
  return std::nullopt;
}

// The colon of a "key:value" in the line above `number`, which spoils the line below it.
std::optional<std::size_t> find_tight_colon(const Source& source, std::size_t number) {
  if (number == 0) return std::nullopt;
  const std::string_view line = source.line(number - 1);
  const std::size_t colon = line.find(':');
  if (colon == line.npos || colon + 1 >= line.size() || line[colon + 1] == ' ') return std::nullopt;
  if (line.find(": ") != line.npos || line.substr(colon, 3) == "://") return std::nullopt;
  return source.line_begin(number - 1) + colon;
}

struct Advice {
  std::string_view said;     // How yaml-cpp's message begins.
  std::string_view message;  // What helps the author.
};

const Advice advices[] = {
    {YAML::ErrorMsg::END_OF_MAP,
     "expected a key with a colon, such as 'name: value', indented like the keys above it"},
    {YAML::ErrorMsg::END_OF_SEQ,
     "expected an item that begins with '- ', indented like the items above it"},
    {YAML::ErrorMsg::END_OF_MAP_FLOW, "a '{' is not closed; expected ',' or '}' here"},
    {YAML::ErrorMsg::END_OF_SEQ_FLOW, "a '[' is not closed; expected ',' or ']' here"},
    {YAML::ErrorMsg::MAP_VALUE,
     "a colon is not expected here; put a text that holds ': ' in quotes, and check that the line "
     "is indented like its neighbours"},
    {YAML::ErrorMsg::MAP_KEY, "a key is not expected here; check the indentation"},
    {YAML::ErrorMsg::BLOCK_ENTRY,
     "a list item '- ' is not expected here; begin it on a line of its own, indented under its "
     "key"},
    {YAML::ErrorMsg::FLOW_END, "this closing bracket has no opening one; delete it, or quote it"},
    {YAML::ErrorMsg::TAB_IN_INDENTATION, "indented with a tab; use spaces"},
    {YAML::ErrorMsg::EOF_IN_SCALAR, "a quote is opened and never closed; close it"},
    {YAML::ErrorMsg::DOC_IN_SCALAR, "a quote is opened and not closed before this line; close it"},
    {YAML::ErrorMsg::CHAR_IN_SCALAR, "this character cannot stand here; put the text in quotes"},
    {YAML::ErrorMsg::UNKNOWN_TOKEN, "a text cannot begin with this character; put it in quotes"},
    {YAML::ErrorMsg::INVALID_ESCAPE,
     "unknown escape in double quotes; write \\\\ for a backslash, or use single quotes"},
    {YAML::ErrorMsg::INVALID_UNICODE, "this escape is no character; write the character itself"},
    {YAML::ErrorMsg::INVALID_HEX, "this escape needs hexadecimal digits, such as \\u00e9"},
    {YAML::ErrorMsg::UNKNOWN_ANCHOR,
     "no anchor '&' of this name stands above; a text that begins with '*' must be quoted"},
    {YAML::ErrorMsg::ALIAS_NOT_FOUND, "a text that begins with '*' must be quoted"},
    {YAML::ErrorMsg::CHAR_IN_ALIAS, "a text that begins with '*' must be quoted"},
    {YAML::ErrorMsg::ANCHOR_NOT_FOUND, "a text that begins with '&' must be quoted"},
    {YAML::ErrorMsg::CHAR_IN_ANCHOR, "a text that begins with '&' must be quoted"},
    {YAML::ErrorMsg::CHAR_IN_BLOCK, "after | or > the text begins on the next line"},
    {YAML::ErrorMsg::ZERO_INDENT_IN_BLOCK, "after | or > a number must be 1 to 9; leave it out"},
    {YAML::ErrorMsg::BAD_FILE, "nested too deep"},
};

Diagnostic explain(const YAML::Exception& error, const Source& source, std::size_t last_offset) {
  const std::size_t end = source.text().size();
  const std::size_t at = error.mark.is_null() || error.mark.pos < 0
                             ? last_offset
                             : static_cast<std::size_t>(error.mark.pos);
  const std::size_t from = source.line_at(std::min(last_offset, end));
  const std::string_view said = error.msg;
  const bool unclosed =
      said == YAML::ErrorMsg::EOF_IN_SCALAR || said == YAML::ErrorMsg::DOC_IN_SCALAR;
  if (unclosed) {
    if (const auto quote = find_open_quote(source, from)) {
      return error_at(source.mark(*quote), "yaml_open_quote", std::string(open_quote));
    }
  } else if (const auto tab = find_tab(source, from, source.line_at(std::min(at, end)))) {
    return error_at(source.mark(*tab), "yaml_tab", "indented with a tab; use spaces");
  }
  if (said == YAML::ErrorMsg::MAP_VALUE) {
    if (const auto colon = find_tight_colon(source, source.line_at(std::min(at, end)))) {
      return error_at(source.mark(*colon), "yaml_syntax", "a space is missing after this colon");
    }
  }
  for (const Advice& advice : advices) {
    if (said.substr(0, advice.said.size()) == advice.said) {
      return error_at(source.mark(at), "yaml_syntax", std::string(advice.message));
    }
  }
  return error_at(source.mark(at), "yaml_syntax", "this is not YAML: " + error.msg);
}

// Lets an istream read a string without a copy.
class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(const std::string& text) {
    char* begin = const_cast<char*>(text.data());  // NOLINT: streambuf never writes to a get area.
    setg(begin, begin, begin + text.size());
  }
};

std::variant<Yaml, Diagnostic> build(const Source& source, const YamlLimits& limits) {
  Builder builder(source, limits);
  try {
    ViewBuffer buffer(source.text());
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refused& refused) {
    return refused.diagnostic;
  } catch (const YAML::Exception& error) {
    return explain(error, source, builder.last_offset());
  }
  Yaml root = builder.take();
  if (root.mark.line == 0) root.mark = source.mark(0);
  return root;
}

Diagnostic too_large(const std::string& file, std::uintmax_t bytes, std::size_t limit) {
  return error_at(
      {file, 0, 0}, "yaml_too_large",
      fmt::format("the file has {} bytes; at most {} are allowed: split it", bytes, limit));
}

std::string_view without_sign(std::string_view text) {
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
  return text;
}

template <class T>
std::optional<T> number_from(std::string_view text, int base) {
  T value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

}  // namespace

const Yaml* Yaml::find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

std::optional<bool> Yaml::as_bool() const {
  if (!is_scalar() || quoted) return std::nullopt;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  return std::nullopt;
}

std::optional<double> Yaml::as_number() const {
  if (const auto integer = as_integer()) return static_cast<double>(*integer);
  if (!is_scalar() || quoted || text.empty()) return std::nullopt;
  const std::string_view digits = without_sign(text);
  if (digits.find_first_not_of("0123456789.eE+-") != digits.npos) return std::nullopt;
  if (digits.find_first_of("0123456789") > 1 || digits.substr(0, 1) == "-") return std::nullopt;
  double value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc{} || stop != end || !std::isfinite(value)) return std::nullopt;
  return text[0] == '-' ? -value : value;
}

std::optional<std::int64_t> Yaml::as_integer() const {
  if (!is_scalar() || quoted) return std::nullopt;
  const std::string_view whole = text;
  if (whole.substr(0, 2) == "0x" || whole.substr(0, 2) == "0o") {
    if (whole.size() < 3 || whole[2] == '-') return std::nullopt;
    return number_from<std::int64_t>(whole.substr(2), whole[1] == 'x' ? 16 : 8);
  }
  const std::string_view digits = without_sign(whole);
  if (digits.empty() || digits.find_first_not_of("0123456789") != digits.npos) return std::nullopt;
  return number_from<std::int64_t>(whole[0] == '+' ? digits : whole, 10);
}

std::variant<Yaml, Diagnostic> parse_yaml(std::string_view text, const std::string& file,
                                          const YamlLimits& limits) {
  if (text.size() > limits.file_bytes) return too_large(file, text.size(), limits.file_bytes);
  const Source source(text, file);
  if (std::optional<Diagnostic> bad = find_bad_bytes(source)) return *std::move(bad);
  if (std::optional<Diagnostic> deep = find_deep_line(source, limits.depth)) {
    return *std::move(deep);
  }
  return build(source, limits);
}

std::variant<Yaml, Diagnostic> read_yaml(const std::string& path, const std::string& shown_as,
                                         const YamlLimits& limits) {
  const Mark file{shown_as, 0, 0};
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return error_at(file, "file_not_found", "there is no such file");
  }
  if (!std::filesystem::is_regular_file(path, error)) {
    return error_at(file, "file_unreadable", "this is not a file");
  }
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  if (!error && bytes > limits.file_bytes) return too_large(shown_as, bytes, limits.file_bytes);
  std::ifstream stream(path, std::ios::binary);
  std::string text(error ? 0 : static_cast<std::size_t>(bytes), '\0');
  if (error || !stream.read(text.data(), static_cast<std::streamsize>(text.size()))) {
    return error_at(file, "file_unreadable", "the file cannot be read; check its permissions");
  }
  return parse_yaml(text, shown_as, limits);
}

}  // namespace nlu
