// Rasa's end-to-end tests: `test_cases` with fixtures, stubs and assertions.
#include <algorithm>

#include <fmt/format.h>

#include "dialog/draft.h"
#include "dialog/script_reading.h"

namespace dialog {

namespace {

using nlu::Yaml;
using FlowIs = expect::FlowChanged::What;

// A map's entries in order; a list of maps reads as one map, as Rasa writes both.
std::vector<Yaml::Entry> entries_of(const Yaml& node) {
  std::vector<Yaml::Entry> all = node.entries;
  for (const Yaml& item : node.items) {
    all.insert(all.end(), item.entries.begin(), item.entries.end());
    if (item.is_scalar()) all.push_back({item.text, item.mark, Yaml{}});
  }
  return all;
}

// What test cases of a file can refer to: its own, and what conftest.yml files share.
struct Shared {
  std::map<std::string, std::vector<GivenSlot>> fixtures;
  std::map<std::string, Yaml> metadata;
  std::vector<std::pair<std::string, Yaml>> stubs;  // "action_x" or "test case::action_x"
};

class CaseReader {
 public:
  explicit CaseReader(ScriptParts& parts) : parts_(parts) {}

  void share(const Yaml& file, const Keys& keys) {
    parts_.check(file, keys);
    if (const Yaml* fixtures = file.find("fixtures")) {
      for (const Yaml::Entry& entry : entries_of(*fixtures)) {
        auto& slots = shared_.fixtures[entry.key];
        slots.clear();
        for (const Yaml::Entry& slot : entries_of(entry.value))
          slots.push_back({slot.key, to_json(slot.value), slot.key_mark});
      }
    }
    if (const Yaml* metadata = file.find("metadata")) {
      for (const Yaml::Entry& entry : entries_of(*metadata))
        shared_.metadata[entry.key] = entry.value;
    }
    if (const Yaml* stubs = file.find("stub_custom_actions")) read_stubs(*stubs);
  }

  std::vector<Script> read(const Yaml& cases) {
    if (!cases.is_sequence()) {
      parts_.error(cases.mark, "'test_cases' is a list, each with 'test_case' and 'steps'");
      return {};
    }
    std::vector<Script> scripts;
    for (const Yaml& one : cases.items) {
      if (one.is_map()) {
        scripts.push_back(read_case(one));
      } else {
        parts_.error(one.mark, "expected a test case, with 'test_case' and 'steps'");
      }
    }
    return scripts;
  }

 private:
  // ---- what surrounds a case ----

  void read_stubs(const Yaml& stubs) {
    if (!stubs.is_map()) {
      parts_.error(stubs.mark, "'stub_custom_actions' is a map of actions and what they return");
    }
    for (const Yaml::Entry& entry : stubs.entries) {
      parts_.check(entry.value, stub_keys);
      shared_.stubs.emplace_back(entry.key, entry.value);
    }
  }

  // What an action's server would answer, in Rasa's action protocol. The file's own stubs come
  // after those of conftest.yml files, so the last one wins.
  std::vector<Backend::Entry> stubs_of(const std::string& test_case) const {
    std::vector<Backend::Entry> entries;
    for (auto stub = shared_.stubs.rbegin(); stub != shared_.stubs.rend(); ++stub) {
      const std::size_t colons = stub->first.find("::");
      const bool is_for_all = colons == std::string::npos;
      if (!is_for_all && stub->first.substr(0, colons) != test_case) continue;
      const std::string action = is_for_all ? stub->first : stub->first.substr(colons + 2);
      Backend::Entry entry;
      entry.method = "POST";
      entry.path = "/*";
      entry.body = json::object{{"next_action", action}};
      const Yaml* events = stub->second.find("events");
      const Yaml* responses = stub->second.find("responses");
      entry.reply = json::object{{"events", events ? to_json(*events) : json::array{}},
                                 {"responses", responses ? to_json(*responses) : json::array{}}};
      entry.mark = stub->second.mark;
      // One for this case alone wins.
      entries.insert(is_for_all ? entries.end() : entries.begin(), std::move(entry));
    }
    return entries;
  }

  void read_fixtures(const Yaml& node, Script& script) {
    std::vector<std::string> known;
    for (const auto& [name, slots] : shared_.fixtures) known.push_back(name);
    const std::vector<Yaml> one{node};
    for (const Yaml& name : node.is_sequence() ? node.items : one) {
      const auto found = shared_.fixtures.find(name.text);
      if (found == shared_.fixtures.end()) {
        parts_.error(name.mark, fmt::format("no fixture is called '{}'{}", name.text,
                                            nlu::did_you_mean(name.text, known)));
        continue;
      }
      script.slots.insert(script.slots.end(), found->second.begin(), found->second.end());
    }
  }

  // Metadata is what a channel says of a message; of it only the time has a meaning here.
  void read_metadata(const Yaml& node, Script& script) {
    const auto found = shared_.metadata.find(node.text);
    if (found == shared_.metadata.end()) {
      std::vector<std::string> known;
      for (const auto& [name, value] : shared_.metadata) known.push_back(name);
      return parts_.error(node.mark, fmt::format("no metadata is called '{}'{}", node.text,
                                                 nlu::did_you_mean(node.text, known)));
    }
    for (const Yaml::Entry& entry : entries_of(found->second)) {
      if (entry.key != "mocked_datetime") continue;
      script.now = parts_.time(entry.value, "'mocked_datetime'", "UTC").value_or(script.now);
    }
  }

  Script read_case(const Yaml& node) {
    parts_.check(node, case_keys);
    Script script;
    script.mark = node.mark;
    const Yaml* name = node.find("test_case");
    if (name) script.name = parts_.text(*name, "'test_case'");
    if (!name) parts_.error(node.mark, "a test case needs a name: 'test_case: …'");
    if (const Yaml* fixtures = node.find("fixtures")) read_fixtures(*fixtures, script);
    if (const Yaml* metadata = node.find("metadata")) read_metadata(*metadata, script);
    script.backend = stubs_of(script.name);
    const Yaml* steps = node.find("steps");
    if (!steps || !steps->is_sequence() || steps->items.empty()) {
      parts_.error(steps ? steps->mark : node.mark,
                   "a test case needs 'steps', a list that begins with 'user: …'");
      return script;
    }
    for (const Yaml& step : steps->items) read_step(step, script);
    return script;
  }

  // ---- steps ----

  void read_step(const Yaml& step, Script& script) {
    if (!step.is_map()) return parts_.error(step.mark, "expected a step, such as 'user: hello'");
    parts_.check(step, case_step_keys);
    const Yaml::Entry* first = nullptr;
    for (const Yaml::Entry& entry : step.entries) {
      if (entry.key == "metadata" || entry.key.starts_with("assertion")) continue;
      if (first != nullptr) {
        return parts_.error(entry.key_mark, fmt::format("this step has '{}' and '{}'; make it two",
                                                        first->key, entry.key));
      }
      first = &entry;
    }
    if (const Yaml* user = step.find("user")) return read_user(step, *user, script);
    for (const char* key : {"assertions", "assertion_order_enabled"}) {
      if (const Yaml* stray = step.find(key))
        parts_.error(stray->mark, fmt::format("'{}' belongs in a step with 'user'", key));
    }
    // What the bot says before anybody writes: its greeting.
    if (script.lines.empty()) {
      Line opens;
      opens.mark = step.mark;
      opens.kind = Line::Kind::opens;
      script.lines.push_back(std::move(opens));
    }
    Line& line = script.lines.back();
    if (const Yaml* bot = step.find("bot")) {
      expect::Reply reply;
      reply.text = parts_.text(*bot, "'bot'");
      add_reply(*bot, std::move(reply), line);
    } else if (const Yaml* utter = step.find("utter")) {
      expect::Reply reply;
      reply.response = response_name(parts_.text(*utter, "'utter'"));
      add_reply(*utter, std::move(reply), line);
    } else if (const Yaml* set = step.find("slot_was_set")) {
      read_slots(*set, true, line);
    } else if (const Yaml* unset = step.find("slot_was_not_set")) {
      read_slots(*unset, false, line);
    } else {
      parts_.error(step.mark,
                   "a step needs 'user', 'bot', 'utter', 'slot_was_set' or 'slot_was_not_set'");
    }
  }

  // Steps of one turn are replies in order; others may come between.
  void add_reply(const Yaml& at, expect::Reply reply, Line& line) {
    for (Expectation& one : line.expected) {
      if (auto* replies = std::get_if<expect::Replies>(&one.what))
        return replies->replies.push_back(std::move(reply));
    }
    line.expected.push_back({at.mark, expect::Replies{{std::move(reply)}, false}});
  }

  void read_user(const Yaml& step, const Yaml& user, Script& script) {
    Line line;
    line.mark = step.mark;
    line.text = parts_.text(user, "'user'");
    if (const Yaml* metadata = step.find("metadata")) {
      // A whole map here, a name of one elsewhere; it says nothing to the bot.
      if (metadata->is_scalar() && !shared_.metadata.count(metadata->text))
        read_metadata(*metadata, script);
    }
    if (const Yaml* ordered = step.find("assertion_order_enabled")) {
      const auto is_on = ordered->as_bool();
      if (!is_on) parts_.error(ordered->mark, "'assertion_order_enabled' is true or false");
      line.in_order = is_on.value_or(false);
    }
    if (const Yaml* assertions = step.find("assertions")) {
      if (!assertions->is_sequence())
        parts_.error(assertions->mark, "'assertions' is a list, such as '- flow_started: a_flow'");
      for (const Yaml& one : assertions->items) read_assertion(one, line);
    }
    script.lines.push_back(std::move(line));
  }

  // [a: 1, b], or with assertions [{name: a, value: 1}].
  void read_slots(const Yaml& node, bool is_set, Line& line) {
    if (node.is_scalar()) line.expected.push_back({node.mark, slot_set(node.text, {}, is_set)});
    for (const Yaml::Entry& entry : node.entries)
      line.expected.push_back({entry.key_mark, slot_set(entry.key, to_json(entry.value), is_set)});
    for (const Yaml& item : node.items) {
      const Yaml* name = item.find("name");
      const Yaml* value = item.find("value");
      if (name && name->is_scalar() && (value || item.entries.size() == 1)) {
        parts_.check(item, slot_assertion_keys);
        std::optional<json::value> held;
        if (value) held = to_json(*value);
        line.expected.push_back({item.mark, slot_set(name->text, std::move(held), is_set)});
      } else {
        read_slots(item, is_set, line);
      }
    }
  }

  static expect::SlotSet slot_set(std::string slot, std::optional<json::value> value, bool is_set) {
    return {std::move(slot), std::move(value), is_set};
  }

  // ---- assertions ----

  void read_assertion(const Yaml& node, Line& line) {
    if (!node.is_map() || node.entries.size() != 1) {
      return parts_.error(node.mark, "an assertion has one key, such as '- flow_started: a_flow'");
    }
    const Yaml::Entry& entry = node.entries.front();
    const std::string& key = entry.key;
    const Yaml& value = entry.value;
    const auto expect = [&](Expected what) {
      line.expected.push_back({entry.key_mark, std::move(what)});
    };
    if (key == "flow_started") {
      read_flow_started(value, entry, line);
    } else if (key == "flow_completed" || key == "flow_cancelled") {
      expect(flow_ended(value, key == "flow_completed" ? FlowIs::completed : FlowIs::cancelled));
    } else if (key == "pattern_clarification_contains") {
      expect(expect::Clarified{parts_.texts(value, "'pattern_clarification_contains'")});
    } else if (key == "slot_was_set" || key == "slot_was_not_set") {
      read_slots(value, key == "slot_was_set", line);
    } else if (key == "action_executed") {
      expect(expect::ActionRun{parts_.text(value, "'action_executed'")});
    } else if (key == "bot_uttered") {
      expect(expect::Replies{{uttered(value, key)}, false});
    } else if (key == "bot_did_not_utter") {
      expect(expect::NoReply{uttered(value, key)});
    } else {
      refuse(entry);
    }
  }

  void refuse(const Yaml::Entry& entry) {
    if (entry.key.starts_with("generative_response")) {
      // A language model would have to judge it: no reason to leave the rest of the case unplayed.
      parts_.diagnostics().push_back(
          {nlu::Severity::warning, "not_checked", entry.key_mark,
           fmt::format("'{}' is not checked here, as only a language model could judge it; state "
                       "the wording with 'bot_uttered: {{text_matches: …}}'",
                       entry.key)});
      return;
    }
    parts_.error(entry.key_mark, fmt::format("'{}' is no assertion{}", entry.key,
                                             nlu::did_you_mean(entry.key, assertion_keys.names())));
  }

  void read_flow_started(const Yaml& value, const Yaml::Entry& entry, Line& line) {
    expect::FlowChanged started;
    if (value.is_map()) {
      parts_.check(value, flow_started_keys);
      const Yaml* either = value.find("operator");
      if (either && either->text != "any" && either->text != "all")
        parts_.error(either->mark, "'operator' is any or all");
      started.any = either && either->text == "any";
      if (const Yaml* ids = value.find("flow_ids"))
        started.flows = parts_.texts(*ids, "'flow_ids'");
    } else {
      started.flows = parts_.texts(value, "'flow_started'");
    }
    line.expected.push_back({entry.key_mark, std::move(started)});
  }

  expect::FlowChanged flow_ended(const Yaml& value, FlowIs what) {
    expect::FlowChanged ended;
    ended.what = what;
    if (value.is_scalar()) {
      ended.flows = {value.text};
      return ended;
    }
    parts_.check(value, flow_ended_keys);
    if (const Yaml* flow = value.find("flow_id")) {
      ended.flows = {parts_.text(*flow, "'flow_id'")};
    } else {
      parts_.error(value.mark, "which flow? write {flow_id: a_flow}");
    }
    if (const Yaml* step = value.find("flow_step_id"))
      ended.step = parts_.text(*step, "'flow_step_id'");
    return ended;
  }

  expect::Reply uttered(const Yaml& value, const std::string& key) {
    expect::Reply reply;
    if (!value.is_map()) {
      parts_.error(value.mark,
                   fmt::format("'{}' has 'utter_name', 'text_matches' or 'buttons'", key));
      return reply;
    }
    parts_.check(value, key == "bot_uttered" ? uttered_keys : not_uttered_keys);
    if (const Yaml* name = value.find("utter_name"))
      reply.response = parts_.text(*name, "'utter_name'");
    if (const Yaml* matches = value.find("text_matches")) {
      if (auto regex = parts_.pattern(*matches, "'text_matches'"))
        reply.patterns.push_back(std::move(*regex));
    }
    if (const Yaml* buttons = value.find("buttons")) {
      reply.buttons.emplace();
      for (const Yaml& button : buttons->items) {
        parts_.check(button, button_expected_keys);
        const Yaml* title = button.find("title");
        const Yaml* payload = button.find("payload");
        reply.buttons->push_back({title ? title->text : "", payload ? payload->text : "", ""});
      }
    }
    return reply;
  }

  ScriptParts& parts_;
  Shared shared_;
};

}  // namespace

std::vector<Script> read_test_cases(ScriptParts& parts, const Yaml& file,
                                    const std::vector<const Yaml*>& shared) {
  CaseReader reader(parts);
  for (const Yaml* conftest : shared) reader.share(*conftest, conftest_keys);
  reader.share(file, case_file_keys);
  return reader.read(*file.find("test_cases"));
}

}  // namespace dialog
