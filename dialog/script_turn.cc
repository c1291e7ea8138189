// One turn of our own conversation tests.
#include <algorithm>

#include <fmt/format.h>

#include "dialog/backend_match.h"
#include "dialog/draft.h"
#include "dialog/script_reading.h"

namespace dialog {

namespace {

using nlu::Yaml;

constexpr Millis silence_limit = Millis{366} * 24 * 3600 * 1000;

class TurnReader {
 public:
  TurnReader(ScriptParts& parts, const Yaml& turn) : parts_(parts), turn_(turn) {
    line_.mark = turn.mark;
  }

  std::optional<Line> read() {
    if (!read_kind()) return std::nullopt;
    if (const Yaml* commands = turn_.find("commands")) line_.commands = parts_.commands(*commands);
    if (const Yaml* backend = turn_.find("backend")) {
      Backend own;
      read_backend(*backend, own, parts_.diagnostics());
      line_.backend = std::move(own.entries);
    }
    if (const Yaml* fails = turn_.find("backend_fails")) read_failure(*fails);
    read_replies();
    read_states();
    return std::move(line_);
  }

 private:
  void expect(const Yaml& node, Expected what) {
    line_.expected.push_back({node.mark, std::move(what)});
  }

  // ---- what happens ----

  void read_attachment(const Yaml& node) {
    line_.kind = Line::Kind::attachment;
    line_.attachment = {"upload", "file", 1000, "application/octet-stream"};
    if (!node.is_map()) {
      return parts_.error(node.mark,
                          "'attachment' is a map like {name: a.jpg, media_type: image/jpeg}");
    }
    parts_.check(node, attachment_given_keys);
    if (const Yaml* name = node.find("name")) line_.attachment.name = name->text;
    if (const Yaml* type = node.find("media_type")) line_.attachment.media_type = type->text;
    if (const Yaml* size = node.find("size")) {
      line_.attachment.size =
          static_cast<std::uint64_t>(std::max<std::int64_t>(size->as_integer().value_or(0), 0));
    }
  }

  bool read_silence(const Yaml& silence) {
    line_.kind = Line::Kind::silence;
    const double seconds = silence.as_number().value_or(-1);
    if (!(seconds >= 0) || seconds * 1000 > static_cast<double>(silence_limit)) {
      parts_.error(silence.mark, "'silence_s' is a number of seconds");
      return false;
    }
    line_.silence = static_cast<Millis>(seconds * 1000);
    return true;
  }

  // One thing happens in a turn: a button may have a title, words and silence no second meaning.
  bool is_one_thing() {
    const auto has = [&](const char* key) { return turn_.find(key) != nullptr; };
    static const std::pair<const char*, const char*> together[] = {
        {"customer", "attachment"}, {"customer", "silence_s"},   {"payload", "attachment"},
        {"payload", "silence_s"},   {"attachment", "silence_s"}, {"commands", "payload"},
        {"commands", "attachment"}, {"commands", "silence_s"}};
    for (const auto& [one, other] : together) {
      if (!has(one) || !has(other)) continue;
      parts_.error(turn_.find(other)->mark,
                   fmt::format("a turn has '{}' or '{}'; make it two turns", one, other));
      return false;
    }
    return true;
  }

  bool read_kind() {
    if (!is_one_thing()) return false;
    const Yaml* said = turn_.find("customer");
    if (said) line_.text = parts_.text(*said, "'customer'");
    if (const Yaml* payload = turn_.find("payload")) {
      line_.kind = Line::Kind::payload;
      line_.payload = parts_.text(*payload, "'payload'");
      return true;
    }
    if (said) return true;
    if (const Yaml* file = turn_.find("attachment")) {
      read_attachment(*file);
      return true;
    }
    if (const Yaml* silence = turn_.find("silence_s")) return read_silence(*silence);
    if (turn_.find("opens")) {
      line_.kind = Line::Kind::opens;
      return true;
    }
    if (turn_.find("commands")) return true;  // Said without words.
    parts_.error(
        turn_.mark,
        "a turn needs 'customer', 'payload', 'attachment', 'commands', 'silence_s' or 'opens'");
    return false;
  }

  void read_failure(const Yaml& node) {
    using Kind = HttpOutcome::Kind;
    static const std::map<std::string, Kind> kinds = {{"timeout", Kind::timeout},
                                                      {"failed", Kind::failed},
                                                      {"unknown", Kind::unknown},
                                                      {"refused", Kind::refused}};
    HttpOutcome outcome;
    outcome.error = "as the conversation test says";
    const auto kind = kinds.find(node.text);
    const std::int64_t status = node.as_integer().value_or(0);
    if (kind != kinds.end()) {
      outcome.kind = kind->second;
    } else if (status >= 100 && status <= 599) {
      outcome.kind = Kind::answered;
      outcome.status = static_cast<int>(status);
    } else {
      return parts_.error(node.mark,
                          "'backend_fails' is timeout, failed, unknown, refused or a status such "
                          "as 503");
    }
    line_.backend_fails = std::move(outcome);
  }

  // ---- what is said ----

  // A pattern or several.
  std::vector<nlu::Regex> patterns(const Yaml& node, std::string_view what) {
    std::vector<nlu::Regex> all;
    const std::vector<Yaml> one{node};
    for (const Yaml& item : node.is_sequence() ? node.items : one) {
      if (auto regex = parts_.pattern(item, what)) all.push_back(std::move(*regex));
    }
    return all;
  }

  std::vector<Choice> titles(const Yaml& node) {
    std::vector<Choice> all;
    for (std::string& title : parts_.texts(node, "'buttons'"))
      all.push_back({std::move(title), "", ""});
    return all;
  }

  // ask_date, {ask_date: which day}, {ask_date: {says: which day, buttons: [today]}}
  std::optional<expect::Reply> reply(const Yaml& node, std::string_view key) {
    expect::Reply reply;
    if (node.is_scalar()) {
      reply.response = response_name(node.text);
      return reply;
    }
    if (!node.is_map() || node.entries.size() != 1) {
      parts_.error(node.mark, fmt::format("'{}' has names of responses; one in certain words is "
                                          "written as {{ask_date: which day}}",
                                          key));
      return std::nullopt;
    }
    const Yaml::Entry& entry = node.entries.front();
    reply.response = response_name(entry.key);
    if (!entry.value.is_map()) {
      reply.patterns = patterns(entry.value, "a reply's wording");
      return reply;
    }
    parts_.check(entry.value, reply_expected_keys);
    if (const Yaml* says = entry.value.find("says")) reply.patterns = patterns(*says, "'says'");
    if (const Yaml* text = entry.value.find("text")) reply.text = parts_.text(*text, "'text'");
    if (const Yaml* buttons = entry.value.find("buttons")) reply.buttons = titles(*buttons);
    return reply;
  }

  std::vector<expect::Reply> replies(const Yaml& node, std::string_view key) {
    std::vector<expect::Reply> all;
    const std::vector<Yaml> one{node};
    for (const Yaml& item : node.is_sequence() ? node.items : one) {
      if (item.is_null()) continue;
      if (auto read = reply(item, key)) all.push_back(std::move(*read));
    }
    return all;
  }

  void read_replies() {
    if (const Yaml* bot = turn_.find("bot")) expect(*bot, expect::Replies{replies(*bot, "bot")});
    if (const Yaml* none = turn_.find("not_bot")) {
      for (expect::Reply& one : replies(*none, "not_bot"))
        expect(*none, expect::NoReply{std::move(one)});
    }
    for (const bool is_there : {true, false}) {
      const char* const key = is_there ? "bot_says" : "not_bot_says";
      const Yaml* says = turn_.find(key);
      if (!says) continue;
      for (nlu::Regex& regex : patterns(*says, fmt::format("'{}'", key)))
        expect(*says, expect::Wording{std::move(regex), is_there});
    }
    if (const Yaml* buttons = turn_.find("buttons"))
      expect(*buttons, expect::Buttons{parts_.texts(*buttons, "'buttons'")});
  }

  // ---- what comes of it ----

  void read_flows(const Yaml& node) {
    using What = expect::FlowChanged::What;
    static const std::map<std::string, What> kinds = {
        {"started", What::started},         {"not_started", What::not_started},
        {"completed", What::completed},     {"cancelled", What::cancelled},
        {"interrupted", What::interrupted}, {"resumed", What::resumed}};
    if (!node.is_map()) {
      return parts_.error(node.mark, "'flows' is a map like {started: a_flow, completed: b_flow}");
    }
    parts_.check(node, flows_expected_keys);
    for (const Yaml::Entry& entry : node.entries) {
      const auto kind = kinds.find(entry.key);
      if (kind == kinds.end()) continue;
      line_.expected.push_back(
          {entry.key_mark,
           expect::FlowChanged{kind->second, parts_.texts(entry.value, "'flows'"), false, ""}});
    }
  }

  void read_calls(const Yaml& node) {
    expect::Calls calls;
    const std::vector<Yaml> one{node};
    for (const Yaml& item : node.is_sequence() ? node.items : one) {
      if (auto request = read_request(item, parts_.diagnostics()))
        calls.requests.push_back(std::move(*request));
    }
    expect(node, std::move(calls));
  }

  void read_states() {
    if (const Yaml* slots = turn_.find("slots")) {
      if (!slots->is_map()) parts_.error(slots->mark, "'slots' is a map of slots and their values");
      for (const Yaml::Entry& entry : slots->entries) {
        line_.expected.push_back(
            {entry.key_mark, expect::SlotHolds{entry.key, to_json(entry.value)}});
      }
    }
    if (const Yaml* flows = turn_.find("flows")) read_flows(*flows);
    if (const Yaml* calls = turn_.find("calls")) read_calls(*calls);
    if (const Yaml* actions = turn_.find("actions")) {
      for (std::string& action : parts_.texts(*actions, "'actions'"))
        expect(*actions, expect::ActionRun{std::move(action)});
    }
    if (const Yaml* events = turn_.find("events")) {
      for (std::string& type : parts_.texts(*events, "'events'"))
        expect(*events, expect::Occurs{std::move(type)});
    }
    if (const Yaml* language = turn_.find("language"))
      expect(*language, expect::Language{parts_.text(*language, "'language'")});
  }

  ScriptParts& parts_;
  const Yaml& turn_;
  Line line_;
};

}  // namespace

std::optional<Line> read_turn(ScriptParts& parts, const Yaml& turn) {
  if (!turn.is_map()) {
    parts.error(turn.mark, "expected a turn, such as 'customer: hello'");
    return std::nullopt;
  }
  parts.check(turn, turn_keys);
  return TurnReader(parts, turn).read();
}

}  // namespace dialog
