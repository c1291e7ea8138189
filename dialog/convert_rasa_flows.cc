// Stories and rules become flows: paths with the same beginning are one flow that branches.
#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "dialog/convert_rasa.h"
#include "dialog/draft.h"

namespace dialog::rasa {

namespace {

constexpr int nesting_limit = 9;  // Below limits::nesting, as a step may add some.

using Kind = Item::Kind;

const std::map<std::string, std::string>& passed_over_actions() {
  static const std::map<std::string, std::string> actions = {
      {"action_listen", ""},  // Every question waits by itself.
      {"action_session_start", ""},
      {"action_extract_slots", ""},
      {"action_validate_slot_mappings", ""},
      {"action_restart", "customers begin anew with the intent 'restart', by themselves"},
      {"action_back", "nothing takes the conversation back by a turn; customers correct an answer"},
      {"action_unlikely_intent", "an unlikely intent is no event here"},
      {"action_revert_fallback_events", "what was not understood leaves no trace to be taken back"},
      {"action_default_ask_affirmation", "where two wishes are near, the bot asks which by itself"},
      {"action_default_ask_rephrase", "pattern_cannot_handle asks to rephrase by itself"},
      {"action_two_stage_fallback",
       "pattern_cannot_handle asks to rephrase, and then offers a person, by itself"},
      {"action_send_text", "an action cannot say what is written to it"}};
  return actions;
}

class FlowMaker {
 public:
  FlowMaker(Converting& converting, const Domain& domain)
      : converting_(converting), domain_(domain) {}

  Flows make(Sorted sorted) {
    sorted_ = std::move(sorted);
    for (const auto& [form, info] : domain_.form_infos) make_form(form, info);
    for (const auto& [intent, beginning] : sorted_.beginnings) make_flow(intent, beginning);
    make_patterns();
    return std::move(flows_);
  }

 private:
  bool is_form(const std::string& name) const { return domain_.form_infos.count(name) != 0; }

  void lose(const Mark& mark, std::string why) {
    converting_.warn("not_carried_over", mark, std::move(why));
  }

  // ---- trees into steps ----

  struct Writing {
    std::string flow;
    bool cancels = false;  // A form that runs below this flow
    bool in_pattern = false;
  };

  void act(const Item& item, Writing& writing, Yaml& steps) {
    const std::string& name = item.name;
    const auto passed = passed_over_actions().find(name);
    if (passed != passed_over_actions().end()) {
      if (!passed->second.empty())
        lose(item.mark, fmt::format("'{}' is left out: {}", name, passed->second));
    } else if (name == "action_deactivate_loop") {
      writing.cancels = true;
      steps.items.push_back(map({{"link", text("pattern_cancel_flow")}}));
    } else if (name == "action_default_fallback") {
      steps.items.push_back(
          map({{"action", text(domain_.has_response("utter_default") ? "utter_default"
                                                                     : "utter_ask_rephrase")}}));
    } else if (is_form(name)) {
      steps.items.push_back(map({{"call", text(name)}}));
    } else if (domain_.has_response("utter_" + name) && !domain_.has_action(name) &&
               !name.starts_with("utter_")) {
      steps.items.push_back(map({{"action", text("utter_" + name)}}));
    } else {
      steps.items.push_back(map({{"action", text(name)}}));
    }
  }

  // A link ends its flow, so what is said behind it comes before.
  static void put_link_last(Yaml& steps) {
    const auto is_no_link = [](const Yaml& step) { return !step.find("link"); };
    std::stable_partition(steps.items.begin(), steps.items.end(), is_no_link);
    while (steps.items.size() > 1 && !is_no_link(steps.items[steps.items.size() - 2]))
      steps.items.pop_back();
  }

  static Yaml or_end(Yaml steps) { return steps.items.empty() ? text("END") : std::move(steps); }

  Yaml steps_of(const Node& node, Writing& writing, int depth) {
    Yaml steps = list();
    follow(node, writing, depth, steps);
    put_link_last(steps);
    return steps;
  }

  static std::string kind_in_words(const Item& item) {
    switch (item.kind) {
      case Kind::intent:
        return fmt::format("the customer says '{}'", item.name);
      case Kind::slots:
        return fmt::format("it depends on {}", item.name);
      default:
        return fmt::format("the bot does '{}'", item.name);
    }
  }

  // Appends what comes below `node`.
  void follow(const Node& node, Writing& writing, int depth, Yaml& steps) {
    std::vector<const Node*> conditions, intents, actions;
    for (const auto& child : node.children) {
      (child->item.is(Kind::slots)    ? conditions
       : child->item.is(Kind::intent) ? intents
                                      : actions)
          .push_back(child.get());
    }
    if (depth >= nesting_limit && (!conditions.empty() || !intents.empty())) {
      return lose(node.children.front()->item.mark,
                  "this is too deep a tree of branches; what comes here is left out: give a step "
                  "an 'id' and lead to it by 'next'");
    }
    if (!conditions.empty())
      return branch_on_slots(conditions, intents, actions, writing, depth, steps);
    if (!intents.empty() && actions.empty())
      return branch_on_intents(intents, writing, depth, steps);
    if (!intents.empty()) {
      lose(intents.front()->item.mark,
           fmt::format("here {}, and elsewhere after the same {}; only the latter was carried over",
                       kind_in_words(intents.front()->item), kind_in_words(actions.front()->item)));
    }
    if (actions.empty()) return;
    for (std::size_t i = 1; i < actions.size(); ++i) {
      lose(
          actions[i]->item.mark,
          fmt::format("here {}, and elsewhere after the same {}; only the latter was carried over: "
                      "tell the two apart by a slot",
                      kind_in_words(actions[i]->item), kind_in_words(actions[0]->item)));
    }
    const Node& next = *actions.front();
    if (next.item.is(Kind::said)) {
      steps.items.push_back(map({{"say", text(next.item.name)}}));
    } else {
      act(next.item, writing, steps);
    }
    follow(next, writing, depth, steps);
  }

  void branch_on_slots(const std::vector<const Node*>& conditions,
                       const std::vector<const Node*>& intents,
                       const std::vector<const Node*>& actions, Writing& writing, int depth,
                       Yaml& steps) {
    const Node& first = *conditions.front();
    // A story that goes only one way tells what was so, not what has to be.
    if (conditions.size() == 1 && actions.empty() && intents.empty() && !first.is_rule) {
      converting_.report("not_carried_over", first.item.mark,
                         fmt::format("taken as told and not as a condition: {}", first.item.name));
      return follow(first, writing, depth, steps);
    }
    Yaml branches = list();
    for (const Node* one : conditions) {
      branches.items.push_back(map(
          {{"if", text(one->item.name)}, {"then", or_end(steps_of(*one, writing, depth + 1))}}));
    }
    Yaml otherwise = list();
    Node rest;
    const bool has_rest = !intents.empty() || !actions.empty();
    if (has_rest) {
      // The same children, without the conditions.
      std::vector<const Node*> some = actions.empty() ? intents : actions;
      if (!actions.empty() && some.size() == 1) {
        if (some.front()->item.is(Kind::said)) {
          otherwise.items.push_back(map({{"say", text(some.front()->item.name)}}));
        } else {
          act(some.front()->item, writing, otherwise);
        }
        follow(*some.front(), writing, depth + 1, otherwise);
      } else if (actions.empty()) {
        branch_on_intents(intents, writing, depth + 1, otherwise);
      } else {
        lose(some[1]->item.mark,
             "without a condition this goes two ways; neither was carried over");
      }
    }
    branches.items.push_back(map({{"else", or_end(std::move(otherwise))}}));
    steps.items.push_back(question_for(first, conditions, std::move(branches)));
  }

  // Asks for the slot where there is a response to ask with, and no way is for "not known".
  Yaml question_for(const Node& first, const std::vector<const Node*>& conditions, Yaml branches) {
    const bool one_slot = first.item.slots.size() == 1 &&
                          std::all_of(conditions.begin(), conditions.end(), [&](const Node* one) {
                            return one->item.slots == first.item.slots &&
                                   one->item.name.find("is null") == std::string::npos;
                          });
    const std::string slot = first.item.slots.empty() ? "" : *first.item.slots.begin();
    const auto info = domain_.slot_infos.find(slot);
    const bool asks = one_slot && info != domain_.slot_infos.end() && info->second.from_customer &&
                      domain_.has_response("utter_ask_" + slot);
    Yaml step = map({});
    if (asks) {
      flows_.collected.insert(slot);
      put(step, "collect", text(slot));
    } else {
      put(step, "noop", plain("true"));
    }
    put(step, "next", std::move(branches));
    return step;
  }

  // The customer's next words decide: a question whose answer is an intent.
  void branch_on_intents(const std::vector<const Node*>& intents, Writing& writing, int depth,
                         Yaml& steps) {
    std::vector<std::string> names;
    for (const Node* one : intents) names.push_back(one->item.name);
    const bool is_yes_or_no = std::all_of(names.begin(), names.end(), [](const std::string& name) {
      return name == "affirm" || name == "deny";
    });
    const std::string slot = new_slot(writing.flow, is_yes_or_no, names);
    Yaml step = map({{"collect", text(slot)}});
    // What the bot said last is the question.
    const Yaml* last = steps.items.empty() ? nullptr : steps.items.back().find("action");
    if (last && last->text.starts_with("utter_")) {
      put(step, "utter", text(last->text));
      steps.items.pop_back();
    } else {
      const Yaml* said = steps.items.empty() ? nullptr : steps.items.back().find("say");
      put(step, "utter", text(said ? said->text : "How shall we go on?"));
      if (said) steps.items.pop_back();
      if (!said) {
        lose(
            intents.front()->item.mark,
            fmt::format("the story waits here for the customer, and no response asks for it; write "
                        "the question into the step 'collect: {}'",
                        slot));
      }
    }
    Yaml branches = list();
    for (std::size_t i = 0; i < intents.size(); ++i) {
      const std::string condition =
          is_yes_or_no
              ? fmt::format("slots.{} is {}", slot, names[i] == "affirm" ? "true" : "false")
              : fmt::format("slots.{} is \"{}\"", slot, names[i]);
      branches.items.push_back(map(
          {{"if", text(condition)}, {"then", or_end(steps_of(*intents[i], writing, depth + 1))}}));
    }
    branches.items.push_back(map({{"else", text("END")}}));
    put(step, "next", std::move(branches));
    steps.items.push_back(std::move(step));
  }

  std::string new_slot(const std::string& flow, bool is_yes_or_no,
                       const std::vector<std::string>& intents) {
    std::string name;
    for (int i = 1;; ++i) {
      name = i == 1 ? flow + "_answer" : fmt::format("{}_answer_{}", flow, i);
      if (!flows_.slots.find(name) && !domain_.slot_infos.count(name)) break;
    }
    Yaml mappings = list();
    for (const std::string& intent : intents) {
      mappings.items.push_back(map(
          {{"type", text("from_intent")},
           {"intent", text(intent)},
           {"value", is_yes_or_no ? plain(intent == "affirm" ? "true" : "false") : text(intent)}}));
    }
    put(flows_.slots, name,
        map({{"type", text(is_yes_or_no ? "bool" : "text")}, {"mappings", std::move(mappings)}}));
    return name;
  }

  // ---- whole flows ----

  void add_flow(const std::string& file, const std::string& id,
                const std::vector<std::string>& from, Yaml flow) {
    Yaml whole = map({});
    put(whole, id, std::move(flow));
    flows_.files[file].emplace_back(fmt::format("from {}", fmt::join(from, ",\n")),
                                    std::move(whole));
    ids_.insert(id);
  }

  void make_form(const std::string& name, const Form& form) {
    Yaml steps = list();
    const std::string validates = "validate_" + name;
    const bool is_validated = domain_.has_action(validates);
    Writing writing{name};
    for (const auto& [slot, mark] : form.slots) {
      flows_.collected.insert(slot);
      Yaml step = map({});
      if (is_validated) put(step, "id", text("ask_" + slot));
      put(step, "collect", text(slot));
      const std::string own = fmt::format("utter_ask_{}_{}", name, slot);
      const std::string asks = fmt::format("action_ask_{}_{}", name, slot);
      if (domain_.has_response(own)) {
        put(step, "utter", text(own));
      } else if (domain_.has_action(asks)) {
        converting_.warn("not_carried_over", mark,
                         fmt::format("'{}' asks for '{}' here; name the action 'action_ask_{}' in "
                                     "your action server",
                                     asks, slot, slot));
      } else if (!domain_.has_response("utter_ask_" + slot) &&
                 !domain_.has_action("action_ask_" + slot)) {
        converting_.error(
            "unknown_response", mark,
            fmt::format("nothing asks for '{}'; write the response 'utter_ask_{}'", slot, slot));
      }
      steps.items.push_back(std::move(step));
      if (!is_validated) continue;
      // The action empties the slot when the value will not do.
      steps.items.push_back(
          map({{"action", text(validates)},
               {"next", list({map({{"if", text(fmt::format("slots.{} is null", slot))},
                                   {"then", text("ask_" + slot)}}),
                              map({{"else", text("END")}})})}}));
    }
    std::vector<std::string> from{
        fmt::format("form '{}' ({}:{})", name, form.mark.file, form.mark.line)};
    const auto done = sorted_.submissions.find(name);
    if (done != sorted_.submissions.end()) {
      follow(done->second, writing, 0, steps);
      from.insert(from.end(), sorted_.submitted_from[name].begin(),
                  sorted_.submitted_from[name].end());
    }
    if (is_validated) lead_on(form, steps);
    if (steps.items.empty()) {
      return converting_.error("no_steps", form.mark,
                               fmt::format("the form '{}' asks for nothing", name));
    }
    Yaml flow = map({{"description", text(fmt::format("Asks what the form {} asks", name))}});
    forms_.emplace(name, std::make_pair(from, std::make_pair(std::move(flow), std::move(steps))));
  }

  // What is right leads to the next question, and at last to what comes behind them.
  static void lead_on(const Form& form, Yaml& steps) {
    const std::size_t end = 2 * form.slots.size();
    for (std::size_t i = 0; i < form.slots.size(); ++i) {
      Yaml& otherwise = steps.items[2 * i + 1].entries[1].value.items[1].entries[0].value;
      if (i + 1 < form.slots.size()) {
        otherwise = text("ask_" + form.slots[i + 1].first);
      } else if (steps.items.size() > end) {
        Yaml::Entry id;
        id.key = "id";
        id.value = text("filled");
        steps.items[end].entries.insert(steps.items[end].entries.begin(), std::move(id));
        otherwise = text("filled");
      }
    }
  }

  void make_flow(const std::string& intent, const Beginning& beginning) {
    if (intent == "restart" || intent == "back" || intent == "session_end") {
      for (const Mark& mark : beginning.marks) {
        converting_.report("not_carried_over", mark,
                           fmt::format("the intent '{}' is the engine's own", intent));
      }
      return;
    }
    if (intent == "nlu_fallback" || intent == "out_of_scope") {
      (intent == "nlu_fallback" ? fallback_ : outside_) = &beginning;
      return;
    }
    if (make_retrieval(intent, beginning)) return;
    std::string id = as_id(intent);
    // Only the form: it begins with the intent itself.
    const Node* only =
        beginning.root.children.size() == 1 ? beginning.root.children[0].get() : nullptr;
    if (only && only->item.is(Kind::action) && forms_.count(only->item.name) &&
        (only->children.empty() || sorted_.submissions.count(only->item.name))) {
      auto& [from, flow] = forms_.at(only->item.name);
      for (const std::string& one : beginning.from) {
        if (std::find(from.begin(), from.end(), one) == from.end()) from.push_back(one);
      }
      triggers_[only->item.name].push_back(intent);
      return;
    }
    if (is_form(id) || ids_.count(id)) id += "_flow";
    Writing writing{id};
    Yaml steps = steps_of(beginning.root, writing, 0);
    const bool is_only_cancelling =
        writing.cancels && flows_.cancel_intent.empty() && only && is_linear(beginning.root);
    if (is_only_cancelling) {
      flows_.cancel_intent = intent;
      steps.items.pop_back();  // The link to the pattern that this becomes.
      cancelling_ = std::move(steps);
      cancelling_from_ = beginning.from;
      return;
    }
    if (steps.items.empty()) return;
    std::string about = beginning.about;
    if (about.empty()) about = fmt::format("The customer says something like '{}'", intent);
    Yaml flow = map({{"description", text(about)},
                     {"nlu_trigger", list({map({{"intent", text(intent)}})})},
                     {"run_pattern_completed", plain("false")}});
    put(flow, "steps", std::move(steps));
    add_flow("flows/from_stories.yml", id, beginning.from, std::move(flow));
  }

  // A retrieval intent: each of its kinds, "faq/hours", has a response of its own.
  bool make_retrieval(const std::string& intent, const Beginning& beginning) {
    const std::string prefix = fmt::format("utter_{}/", intent);
    bool is_one = false;
    for (const Yaml::Entry& response : domain_.responses.entries) {
      if (!response.key.starts_with(prefix)) continue;
      is_one = true;
      const std::string kind = fmt::format("{}/{}", intent, response.key.substr(prefix.size()));
      add_flow("flows/from_stories.yml", as_id(kind), beginning.from,
               map({{"description", text(fmt::format("The customer asks: {}", kind))},
                    {"nlu_trigger", list({map({{"intent", text(kind)}})})},
                    {"run_pattern_completed", plain("false")},
                    {"steps", list({map({{"action", text(response.key)}})})}}));
    }
    return is_one;
  }

  static bool is_linear(const Node& node) {
    const Node* at = &node;
    while (at->children.size() == 1) at = at->children.front().get();
    return at->children.empty();
  }

  void make_patterns() {
    for (auto& [name, form] : forms_) {
      auto& [from, parts] = form;
      auto& [flow, steps] = parts;
      if (const auto triggers = triggers_.find(name); triggers != triggers_.end()) {
        Yaml all = list();
        for (const std::string& intent : triggers->second)
          all.items.push_back(map({{"intent", text(intent)}}));
        put(flow, "nlu_trigger", std::move(all));
      }
      put(flow, "run_pattern_completed", plain("false"));
      put(flow, "steps", std::move(steps));
      add_flow("flows/from_forms.yml", name, from, std::move(flow));
    }
    if (!sorted_.opening.children.empty()) {
      Writing writing{"pattern_session_start", false, true};
      Yaml steps = steps_of(sorted_.opening, writing, 0);
      add_flow("flows/from_stories.yml", "pattern_session_start", sorted_.opening_from,
               map({{"description", text("A conversation begins")}, {"steps", std::move(steps)}}));
    }
    if (!flows_.cancel_intent.empty()) {
      cancelling_.items.insert(cancelling_.items.begin(),
                               map({{"action", text("action_cancel_flow")}}));
      add_flow("flows/from_stories.yml", "pattern_cancel_flow", cancelling_from_,
               map({{"description", text("The customer does not want to go on")},
                    {"steps", std::move(cancelling_)}}));
    }
    make_cannot_handle();
  }

  void make_cannot_handle() {
    if (!fallback_ && !outside_) return;
    std::vector<std::string> from;
    Writing writing{"pattern_cannot_handle", false, true};
    const auto steps = [&](const Beginning* beginning) {
      if (!beginning) return list({map({{"action", text("utter_ask_rephrase")}})});
      from.insert(from.end(), beginning->from.begin(), beginning->from.end());
      return steps_of(beginning->root, writing, 0);
    };
    Yaml flow = map({{"description", text("Nothing usable was said")}});
    if (!outside_) {
      put(flow, "steps", steps(fallback_));
    } else {
      put(flow, "steps",
          list({map({{"noop", plain("true")},
                     {"next", list({map({{"if", text("context.reason is \"outside\"")},
                                         {"then", or_end(steps(outside_))}}),
                                    map({{"else", or_end(steps(fallback_))}})})}})}));
    }
    add_flow("flows/from_stories.yml", "pattern_cannot_handle", from, std::move(flow));
  }

  Converting& converting_;
  const Domain& domain_;
  Flows flows_;
  Sorted sorted_;
  std::vector<std::string> cancelling_from_;
  Yaml cancelling_ = list();
  const Beginning* fallback_ = nullptr;
  const Beginning* outside_ = nullptr;
  std::map<std::string, std::pair<std::vector<std::string>, std::pair<Yaml, Yaml>>> forms_;
  std::map<std::string, std::vector<std::string>> triggers_;
  std::set<std::string> ids_;
};

}  // namespace

Flows make_flows(Converting& converting, const Domain& domain, const std::vector<Path>& paths) {
  return FlowMaker(converting, domain).make(sort_paths(converting, domain, paths));
}

}  // namespace dialog::rasa
