// Stories and rules become flows: paths with the same beginning are one flow that branches.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "dialog/convert_rasa_steps.h"
#include "dialog/draft.h"

namespace dialog::rasa {

namespace {

using Kind = Item::Kind;

class FlowMaker {
 public:
  FlowMaker(Converting& converting, const Domain& domain)
      : converting_(converting), domain_(domain), writer_(converting, domain, flows_) {}

  Flows make(Sorted sorted) {
    sorted_ = std::move(sorted);
    for (const auto& [form, info] : domain_.form_infos) make_form(form, info);
    for (const auto& [intent, beginning] : sorted_.beginnings) make_flow(intent, beginning);
    make_patterns();
    return std::move(flows_);
  }

 private:
  bool is_form(const std::string& name) const { return domain_.form_infos.count(name) != 0; }

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
      writer_.follow(done->second, writing, 0, steps);
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
    Yaml steps = writer_.steps_of(beginning.root, writing, 0);
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
      Writing writing{"pattern_session_start"};
      Yaml steps = writer_.steps_of(sorted_.opening, writing, 0);
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
    Writing writing{"pattern_cannot_handle"};
    const auto steps = [&](const Beginning* beginning) {
      if (!beginning) return list({map({{"action", text("utter_ask_rephrase")}})});
      from.insert(from.end(), beginning->from.begin(), beginning->from.end());
      return writer_.steps_of(beginning->root, writing, 0);
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
  StepWriter writer_;
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
