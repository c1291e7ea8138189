// How a bot of Rasa's open source engine becomes flows. Internal to convert_rasa().
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dialog/convert_calm.h"
#include "nlu/base/yaml.h"

namespace dialog::rasa {

using nlu::Mark;
using nlu::Yaml;

// ---- trees that are written ----

Yaml text(std::string words);   // A scalar; words that read as something else are quoted.
Yaml plain(std::string words);  // As it is: true, 5, null
Yaml list(std::vector<Yaml> items = {});
Yaml map(std::vector<std::pair<std::string, Yaml>> entries);
void put(Yaml& map, const std::string& key, Yaml value);
// Letters, digits and '_' of `words`, in lower case.
std::string as_id(const std::string& words);

// ---- what the source says ----

struct SlotInfo {
  std::string type = "text";
  std::vector<std::string> values;
  bool is_asked = false;       // A form or a flow collects it.
  bool from_customer = false;  // A mapping fills it from what is said.
  Mark mark;
};

struct Form {
  std::vector<std::pair<std::string, Mark>> slots;
  Mark mark;
};

struct Domain {
  Yaml slots = map({}), responses = map({}), forms = map({});
  std::vector<std::string> intents, entities, actions;
  std::optional<Yaml> session_config;
  std::map<std::string, SlotInfo> slot_infos;
  std::map<std::string, Form> form_infos;

  bool has_response(const std::string& name) const { return responses.find(name) != nullptr; }
  bool has_action(const std::string& name) const;
};

// One thing that happens in a story or rule.
struct Item {
  enum class Kind { intent, action, said, slots, loop };
  Kind kind = Kind::action;
  std::string name;  // Intent, action, words, condition; the form of a loop, "" where it ends
  std::set<std::string> slots;  // That the condition names
  Mark mark;

  bool is(Kind one) const { return kind == one; }
  bool same(const Item& other) const { return kind == other.kind && name == other.name; }
};

struct Path {
  std::string name;  // Of the story or rule
  Mark mark;
  bool is_rule = false, opens = false;  // `conversation_start`
  std::string loop;                     // That is active when it begins
  std::vector<Item> items;
};

// Adds what one file says to the domain. Keys that mean nothing are told.
void read_domain(Converting& converting, const Yaml& file, Domain& domain);
// What is known once all files are read.
void finish_domain(Converting& converting, Domain& domain);

// Stories and rules as they are written, with each `or` as two, and with what follows a checkpoint.
class PathReader {
 public:
  PathReader(Converting& converting, const Domain& domain)
      : converting_(converting), domain_(domain) {}
  void read(const Yaml& stories, bool are_rules);
  std::vector<Path> finish();

 private:
  struct Written {
    Path path;
    std::string begins_at, ends_at;  // Checkpoints
  };
  void read_one(const Yaml& node, bool is_rule);
  bool read_step(const Yaml& step, std::vector<Written>& ways);
  void add(std::vector<Written>& ways, const Item& item) const;
  void read_or(const Yaml& alternatives, std::vector<Written>& ways);
  std::optional<Item> read_intent(const Yaml& step);
  std::optional<Item> read_slots(const Yaml& node);
  void follow(const Written& written, std::set<std::string>& visited, std::vector<Path>& paths);

  Converting& converting_;
  const Domain& domain_;
  std::vector<Written> written_;
};

// ---- paths with the same beginning ----

struct Node {
  Item item;
  bool is_rule = false;
  std::vector<std::unique_ptr<Node>> children;

  Node& child(const Item& wanted, bool of_rule) {
    for (auto& one : children) {
      if (one->item.same(wanted)) return *one;
    }
    children.push_back(std::make_unique<Node>());
    children.back()->item = wanted;
    children.back()->is_rule = of_rule;
    return *children.back();
  }
};

// What begins with one intent.
struct Beginning {
  Node root;
  std::vector<std::string> from;  // "rule 'Say goodbye' (data/rules.yml:12)"
  std::vector<Mark> marks;
  std::string about;
};

struct Sorted {
  std::map<std::string, Beginning> beginnings;  // By intent
  std::map<std::string, Node> submissions;      // Form → what is done once it is filled
  std::map<std::string, std::vector<std::string>> submitted_from;
  Node opening;  // When a conversation begins
  std::vector<std::string> opening_from;
};

// Each path where it begins: with an intent, with the conversation, or with a form that is filled.
// What customers say while a form runs is a beginning of its own.
Sorted sort_paths(Converting& converting, const Domain& domain, const std::vector<Path>& paths);

// ---- flows ----

struct Flows {
  // File → flows, each with the comment that says where it is from.
  std::map<std::string, std::vector<std::pair<std::string, Yaml>>> files;
  Yaml slots = map({});             // That the flows need beside the domain's
  std::set<std::string> collected;  // Slots that a flow asks for
  std::string cancel_intent;        // Customers say it to stop a form.
};

Flows make_flows(Converting& converting, const Domain& domain, const std::vector<Path>& paths);

}  // namespace dialog::rasa
