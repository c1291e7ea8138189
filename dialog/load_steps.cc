// The kinds of steps a flow is made of.
#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "dialog/load_flows.h"

namespace dialog {

namespace {

bool looks_like_a_name(std::string_view text) {
  return !text.empty() && std::islower(static_cast<unsigned char>(text.front())) != 0 &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return std::islower(static_cast<unsigned char>(c)) != 0 ||
                  std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '/' ||
                  c == '-';
         });
}

bool could_be_a_name(std::string_view text) {
  return !text.empty() && text.size() <= 200 &&
         text.find_first_of(" {}\n.!?") == std::string_view::npos;
}

// $.a.b[0].c
bool is_json_path(std::string_view path) {
  if (path.empty() || path.front() != '$') return false;
  std::size_t at = 1;
  while (at < path.size()) {
    const std::size_t begin = at + 1;
    if (path[at] == '.') {
      at = std::min(path.find_first_of(".[", begin), path.size());
      if (at == begin) return false;
    } else if (path[at] == '[') {
      const std::size_t close = path.find(']', begin);
      if (close == std::string_view::npos || close == begin) return false;
      const std::string_view inside = path.substr(begin, close - begin);
      const bool is_index = std::all_of(inside.begin(), inside.end(), [](char c) {
        return std::isdigit(static_cast<unsigned char>(c)) != 0;
      });
      const bool is_quoted = inside.size() > 2 &&
                             (inside.front() == '\'' || inside.front() == '"') &&
                             inside.back() == inside.front();
      if (!is_index && !is_quoted) return false;
      at = close + 1;
    } else {
      return false;
    }
  }
  return true;
}

bool is_status(const std::string& on) {
  const auto digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  if (on.size() != 3 || on[0] < '1' || on[0] > '5') return false;
  return (digit(on[1]) && digit(on[2])) || (on[1] == 'x' && on[2] == 'x');
}

}  // namespace

// ---- the step as a whole ----

void FlowReader::read_id(const Yaml& node, std::size_t index, std::string_view kind) {
  Step& step = flow_.steps[index];
  step.id = fmt::format("{}_{}", index, kind);
  const Yaml* id = node.is_map() ? node.find("id") : nullptr;
  if (id == nullptr) return;
  const auto text = read_text(draft_, *id, "'id'");
  if (!text) return;
  if (!is_name(*text) || *text == "END") {
    draft_.error("bad_name", id->mark,
                 fmt::format("'{}' is no id for a step; use letters, digits and '_'", *text));
    return;
  }
  for (std::size_t i = 0; i < index; ++i) {
    if (flow_.steps[i].id != *text) continue;
    draft_.error("defined_twice", id->mark,
                 fmt::format("the step '{}' is defined already, at {}", *text,
                             Draft::place(flow_.steps[i].mark)));
    return;
  }
  step.id = *text;
}

void FlowReader::check_step_keys(const Yaml& node, const Keys* kind) {
  const Keys& known = kind != nullptr ? *kind : step_keys;
  for (const Yaml::Entry& entry : node.entries) {
    if (known.find(entry.key) != nullptr || step_keys.find_kind(entry.key) != nullptr) continue;
    if (const Key* const elsewhere = known.find_refused(entry.key)) {
      draft_.error("unsupported_key", entry.key_mark, std::string(elsewhere->about));
      continue;
    }
    std::vector<std::string> all = known.names();
    if (kind == nullptr) {
      const std::vector<std::string> kinds = step_keys.kind_names();
      all.insert(all.begin(), kinds.begin(), kinds.end());
    }
    std::erase_if(all, [&](const std::string& key) { return node.find(key) != nullptr; });
    draft_.error(
        "unknown_key", entry.key_mark,
        fmt::format("'{}' is no key of {}{}", entry.key,
                    kind == nullptr ? "a step" : fmt::format("a {} step", kind->own[0].name),
                    nlu::did_you_mean(entry.key, all)));
  }
}

void FlowReader::read_step(const Yaml& node, std::size_t index, bool last, int depth, Ends& ends) {
  if (!expect_map(draft_, node, "a step")) return read_id(node, index, "none");
  std::vector<const Yaml::Entry*> found;
  for (const Yaml::Entry& entry : node.entries) {
    if (step_keys.find_kind(entry.key) != nullptr) found.push_back(&entry);
  }
  const std::string kind = found.empty() ? "none" : found.front()->key;
  read_id(node, index, kind);
  const std::size_t mistakes = draft_.diagnostics.size();
  check_step_keys(node, step_keys.find_kind(kind));
  if (found.empty()) {
    if (draft_.diagnostics.size() == mistakes) {
      draft_.error("no_kind", node.mark,
                   fmt::format("this step does nothing; give it one of {}",
                               fmt::join(step_keys.kind_names(), ", ")));
    }
    return;
  }
  if (found.size() > 1) {
    draft_.error(
        "two_kinds", found[1]->key_mark,
        fmt::format("this step has '{}' and '{}'; make it two steps", kind, found[1]->key));
  }
  const Yaml& value = found.front()->value;
  Step& step = flow_.steps[index];
  if (kind == "action") {
    read_action(value, index);
    const Yaml* const on_error = node.find("on_error");
    auto* action = std::get_if<Action>(&flow_.steps[index].what);
    if (on_error != nullptr && action == nullptr) {
      draft_.error("useless_key", on_error->mark, "only an action of your own can fail");
    }
    // By a copy, as what is written in place may add steps.
    std::vector<OnError> entries;
    if (on_error != nullptr && action != nullptr) read_on_error(*on_error, index, entries);
    if (auto* read = std::get_if<Action>(&flow_.steps[index].what)) {
      read->on_error = std::move(entries);
    }
    return;
  }
  if (kind == "collect") return read_collect(node, value, index);
  if (kind == "set_slots") return read_set_slots(value, index);
  if (kind == "set") return read_set(value, index);
  if (kind == "http") return read_http(value, index);
  if (kind == "wait") return read_wait(value, index, depth);
  if (kind == "remind") return read_remind(value, index);
  if (kind == "switch") return read_switch(node, value, index, depth, ends);
  if (kind == "split") return read_split(node, value, index, depth, ends);
  if (kind == "foreach") return read_foreach(node, value, index, depth);
  if (kind == "try") return read_try(node, value, index, depth, ends);
  if (kind == "feedback") return read_feedback(node, value, index, depth, ends);
  if (kind == "handover") return read_handover(value, index);
  if (kind == "say") {
    step.what = Say{};
    std::string name = read_utter(value, index, -1);
    std::get<Say>(flow_.steps[index].what).response = std::move(name);
  } else if (kind == "call") {
    Call call;
    read_flow_name(value, call.flow, "calls");
    step.what = std::move(call);
  } else if (kind == "link") {
    Link link;
    read_flow_name(value, link.flow, "links to");
    step.what = std::move(link);
    if (!last) {
      draft_.error("link_not_last", node.mark, "nothing comes after 'link', which ends this flow");
    }
  } else if (node.find("next") == nullptr) {
    draft_.error("missing_key", node.mark, "a noop step needs 'next'");
  }
}

// ---- wording ----

std::string FlowReader::read_utter(const Yaml& node, std::size_t index, int rejection) {
  std::string own = fmt::format("{}/{}", flow_.id, flow_.steps[index].id);
  if (rejection >= 0) own += fmt::format("/rejection_{}", rejection + 1);
  const bool plain = node.is_scalar() && !node.quoted && !node.block;
  if (plain && looks_like_a_name(node.text)) {
    const std::string name = response_name(node.text);
    draft_.refer(Reference::Kind::response, name, node.mark);
    return name;
  }
  if (node.is_scalar() && could_be_a_name(node.text)) {
    draft_.possible_names.push_back({flow_.id, index, node.text, own, node.mark, rejection});
  }
  if (node.is_null() || (node.is_scalar() && node.text.empty())) {
    draft_.error("empty_response", node.mark, "there is no wording here");
    return own;
  }
  auto response = read_wording(draft_, node, own);
  if (response) draft_.bot.responses.insert_or_assign(own, *std::move(response));
  return own;
}

void FlowReader::read_action(const Yaml& node, std::size_t index) {
  const auto name = read_text(draft_, node, "'action'");
  if (!name) return;
  Step& step = flow_.steps[index];
  if (name->rfind("utter_", 0) == 0) {
    draft_.refer(Reference::Kind::response, *name, node.mark);
    step.what = Say{*name};
    return;
  }
  const auto builtin = builtin_action(*name);
  if (builtin && flow_.is_pattern) {
    step.what = Builtin{*builtin};
  } else if (builtin) {
    draft_.error("action_outside_pattern", node.mark,
                 fmt::format("only a pattern can use '{}'", *name));
  } else if (is_unsupported_action(*name)) {
    draft_.error("unsupported_action", node.mark,
                 fmt::format("this version does not have '{}'; leave it out", *name));
  } else {
    if (name->find('{') != std::string::npos) {
      draft_.error("jinja_unsupported", node.mark, "an action is written by its name");
      return;
    }
    step.what = Action{*name, {}};
    draft_.used_actions.emplace_back(*name, node.mark);
  }
}

void FlowReader::read_flow_name(const Yaml& node, std::string& flow, std::string_view what) {
  const auto name = read_text(draft_, node, fmt::format("the flow this step {}", what));
  if (!name) return;
  flow = *name;
  draft_.refer(Reference::Kind::flow, flow, node.mark);
  draft_.reached_flows.insert(flow);
  if (flow == flow_.id && what == "links to") {
    draft_.error("link_to_itself", node.mark, "a flow cannot link to itself; lead to a step's id");
  }
}

// ---- collect ----

void FlowReader::read_collect_type(const Yaml& step, Collect& collect) {
  if (const Yaml* type = step.find("type")) {
    const auto name = read_text(draft_, *type, "'type'");
    const auto found = name ? find_word(input_types, *name) : std::nullopt;
    if (found) {
      collect.type = static_cast<InputType>(*found);
      collect.has_type = true;
    } else if (name) {
      draft_.error(
          "unknown_type", type->mark,
          fmt::format("'{}' is no type of answer{}", *name, did_you_mean(*name, input_types)));
    }
  }
  const Yaml* matches = step.find("matches");
  if (matches == nullptr) return;
  const auto pattern = read_text(draft_, *matches, "'matches'");
  if (!pattern) return;
  auto regex = nlu::Regex::compile(*pattern);
  if (regex) {
    collect.matches = *std::move(regex);
  } else {
    draft_.error("bad_regex", matches->mark,
                 fmt::format("this is no regular expression: {}", regex.error().message));
  }
}

void FlowReader::read_collect_limits(const Yaml& step, Collect& collect) {
  const Yaml* const min = step.find("min");
  const Yaml* const max = step.find("max");
  const Keys& keys = *step_keys.find_kind("collect");
  if (min != nullptr) collect.min = read_number(draft_, *min, keys["min"]);
  if (max != nullptr) collect.max = read_number(draft_, *max, keys["max"]);
  if (collect.min && collect.max && *collect.min > *collect.max) {
    draft_.error("out_of_range", min->mark, "'min' is greater than 'max'");
  }
  const bool counts =
      collect.type == InputType::number || collect.type == InputType::rating || !collect.has_type;
  if (!counts && (min != nullptr || max != nullptr)) {
    draft_.error("useless_key", min != nullptr ? min->mark : max->mark,
                 "'min' and 'max' need 'type: number' or 'type: rating'");
  }
  if (const Yaml* choices = step.find("choices")) {
    collect.choices = read_texts(draft_, *choices, "'choices'");
    if (collect.choices.empty()) draft_.error("missing_key", choices->mark, "'choices' is empty");
    if (!collect.has_type) collect.type = InputType::choice;
    if (collect.type != InputType::choice) {
      draft_.error("useless_key", choices->mark, "'choices' needs 'type: choice'");
    }
    collect.has_type = true;
  }
  const Yaml* const accept = step.find("accept");
  const Yaml* const bytes = step.find("max_bytes");
  if (accept != nullptr) collect.accept = read_texts(draft_, *accept, "'accept'");
  if (bytes != nullptr) {
    collect.max_bytes =
        static_cast<std::size_t>(read_whole(draft_, *bytes, keys["max_bytes"]).value_or(0));
  }
  if (collect.type != InputType::file && (accept != nullptr || bytes != nullptr)) {
    draft_.error("useless_key", accept != nullptr ? accept->mark : bytes->mark,
                 "'accept' and 'max_bytes' need 'type: file'");
  }
}

void FlowReader::read_rejections(const Yaml& node, std::size_t index, Collect& collect) {
  if (!expect_sequence(draft_, node, "'rejections'")) return;
  for (const Yaml& item : node.items) {
    if (!expect_map(draft_, item, "a rejection")) continue;
    check_keys(draft_, item, rejection_keys);
    const Yaml* condition = item.find("if");
    const Yaml* utter = item.find("utter");
    if (condition == nullptr || utter == nullptr) {
      draft_.error(
          "missing_key", item.mark,
          fmt::format("this rejection has no '{}'", condition == nullptr ? "if" : "utter"));
      continue;
    }
    auto parsed = read_condition(draft_, *condition);
    Rejection rejection{parsed ? *std::move(parsed) : Condition::constant(false), "", {}};
    rejection.mark = condition->mark;
    rejection.utter = read_utter(*utter, index, static_cast<int>(collect.rejections.size()));
    collect.rejections.push_back(std::move(rejection));
  }
}

void FlowReader::read_collect(const Yaml& step, const Yaml& node, std::size_t index) {
  Collect collect;
  const auto slot = read_text(draft_, node, "'collect'");
  if (!slot) return;
  collect.slot = *slot;
  draft_.refer(Reference::Kind::slot, collect.slot, node.mark);
  read_collect_type(step, collect);
  read_collect_limits(step, collect);
  for (const auto& [key, flag] :
       {std::pair<std::string, bool*>{"ask_before_filling", &collect.ask_before_filling},
        {"reset_after_flow_ends", &collect.reset_after_flow_ends},
        {"force_slot_filling", &collect.force_slot_filling}}) {
    if (const Yaml* written = step.find(key)) {
      *flag = read_bool(draft_, *written, fmt::format("'{}'", key)).value_or(*flag);
    }
  }
  if (const Yaml* rejections = step.find("rejections"))
    read_rejections(*rejections, index, collect);
  if (const Yaml* utter = step.find("utter")) {
    collect.utter = read_utter(*utter, index, -1);
  } else {
    collect.utter = "utter_ask_" + collect.slot;
    draft_.refer(Reference::Kind::response, collect.utter, node.mark, "default question");
  }
  flow_.steps[index].what = std::move(collect);
}

// ---- set_slots ----

void FlowReader::read_set_slots(const Yaml& node, std::size_t index) {
  SetSlots set;
  const auto assign = [&](const Yaml& map) {
    if (!expect_map(draft_, map, "an item of 'set_slots'")) return;
    for (const Yaml::Entry& entry : map.entries) {
      draft_.refer(Reference::Kind::slot, entry.key, entry.key_mark);
      check_templates(draft_, entry.value);
      set.assignments.push_back({entry.key, to_json(entry.value)});
    }
  };
  if (node.is_map()) {
    assign(node);
  } else if (expect_sequence(draft_, node, "'set_slots'")) {
    for (const Yaml& item : node.items) assign(item);
  }
  flow_.steps[index].what = std::move(set);
}

// ---- http ----

void FlowReader::read_http_request(const Yaml& node, Http& http) {
  for (const std::string_view method : http_keys.ways) {
    const Yaml* path = node.find(method);
    if (path == nullptr) continue;
    if (!http.method.empty()) {
      draft_.error("two_methods", path->mark, "'http' has two methods; make it two steps");
      return;
    }
    for (const char c : method) {
      http.method += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    http.path = read_text(draft_, *path, "a path").value_or("/");
    check_template(draft_, http.path, path->mark);
    const bool absolute = http.path.rfind("https://", 0) == 0 || http.path.rfind("http://", 0) == 0;
    if (!absolute && (http.path.empty() || http.path.front() != '/')) {
      draft_.error("bad_path", path->mark,
                   fmt::format("a path begins with '/' or https://: '{}'", http.path));
    }
  }
  if (http.method.empty()) {
    draft_.error("missing_key", node.mark,
                 "'http' needs a method, as in 'get: /orders/{order_number}'");
  }
  http.idempotent = http.method == "GET";
}

std::map<std::string, std::string> FlowReader::read_result(const Yaml& node) {
  std::map<std::string, std::string> result;
  if (!expect_map(draft_, node, "'result'")) return result;
  for (const Yaml::Entry& entry : node.entries) {
    draft_.refer(Reference::Kind::slot, entry.key, entry.key_mark);
    const auto path = read_text(draft_, entry.value, "a path into the answer");
    if (!path) continue;
    if (!is_json_path(*path)) {
      draft_.error(
          "bad_json_path", entry.value.mark,
          fmt::format("'{}' is no path into the answer; write one as $.order.items[0].name",
                      *path));
      continue;
    }
    result[entry.key] = *path;
  }
  return result;
}

void FlowReader::read_on_error(const Yaml& node, std::size_t index,
                               std::vector<OnError>& on_error) {
  const auto add = [&](std::string on, const Yaml& where) {
    const auto name = read_text(draft_, where, "'on_error'");
    if (!name) return;
    on_error.push_back({std::move(on), Target{}});
    if (*name == "END") return;
    draft_.on_error_names.push_back({flow_.id, index, on_error.size() - 1, *name, where.mark});
    draft_.reached_flows.insert(*name);
  };
  if (!node.is_map()) return add("else", node);
  for (const Yaml::Entry& entry : node.entries) {
    if (!is_status(entry.key) && error_keys.find(entry.key) == nullptr) {
      draft_.error("unknown_key", entry.key_mark,
                   fmt::format("'{}' is no error of 'http'; write a status (404), a class (5xx), "
                               "timeout, unknown or else",
                               entry.key));
      continue;
    }
    add(entry.key, entry.value);
  }
}

void FlowReader::read_http(const Yaml& node, std::size_t index) {
  if (!expect_map(draft_, node, "'http'")) return;
  check_keys(draft_, node, http_keys);
  Http http;
  http.timeout = draft_.bot.backend_timeout;
  read_http_request(node, http);
  if (const Yaml* body = node.find("json")) {
    http.body = to_json(*body);
    check_templates(draft_, *body);
    if (http.method == "GET") draft_.error("useless_key", body->mark, "a GET request has no body");
  }
  if (const Yaml* headers = node.find("headers");
      headers && expect_map(draft_, *headers, "'headers'")) {
    for (const Yaml::Entry& entry : headers->entries) {
      http.headers[entry.key] = read_template(draft_, entry.value).text;
    }
  }
  if (const Yaml* timeout = node.find("timeout_s")) {
    if (const auto seconds = read_number(draft_, *timeout, http_keys["timeout_s"])) {
      http.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(*seconds * 1000));
    }
  }
  if (const Yaml* retries = node.find("retries")) {
    http.retries = static_cast<int>(read_whole(draft_, *retries, http_keys["retries"]).value_or(0));
  }
  if (const Yaml* idempotent = node.find("idempotent")) {
    http.idempotent =
        read_bool(draft_, *idempotent, "'idempotent'").value_or(false) || http.method == "GET";
  }
  if (http.retries > 0 && !http.idempotent) {
    draft_.error(
        "unsafe_retries", node.find("retries")->mark,
        "'retries' could do this twice; add 'idempotent: true' if your system allows that");
  }
  if (const Yaml* result = node.find("result")) http.result = read_result(*result);
  if (const Yaml* on_error = node.find("on_error")) read_on_error(*on_error, index, http.on_error);
  flow_.steps[index].what = std::move(http);
}

// ---- handover ----

void FlowReader::read_handover(const Yaml& node, std::size_t index) {
  Handover handover;
  if (node.is_scalar()) {
    if (!node.as_bool() || node.quoted) handover.queue = node.text;
  } else if (node.is_map()) {
    check_keys(draft_, node, handover_keys);
    if (const Yaml* queue = node.find("queue")) {
      handover.queue = read_text(draft_, *queue, "'queue'").value_or("");
    }
    if (const Yaml* summary = node.find("summary"))
      handover.summary = read_template(draft_, *summary);
    if (const Yaml* timeout = node.find("timeout_s")) {
      handover.timeout = std::chrono::seconds(
          read_whole(draft_, *timeout, handover_keys["timeout_s"]).value_or(300));
    }
  } else if (!node.is_null()) {
    expect_map(draft_, node, "'handover'");
  }
  flow_.steps[index].what = std::move(handover);
}

}  // namespace dialog
