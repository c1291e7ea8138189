// Steps that have steps of their own, and those that let time pass: set, wait, remind, switch,
// split, foreach, try, feedback.
#include <cctype>
#include <charconv>

#include <fmt/format.h>

#include "dialog/load_flows.h"

namespace dialog {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds shortest_wait = std::chrono::seconds(1);
constexpr milliseconds longest_wait = std::chrono::hours(24 * 365);
constexpr std::size_t arms_limit = 20;
constexpr std::size_t cases_limit = 200;

// "90", "30s", "5m", "1h30m", "2d", "1w"; nullopt when it is none of these.
std::optional<milliseconds> duration_in(std::string_view text) {
  std::int64_t seconds = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    std::int64_t count = 0;
    const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (failure != std::errc{} || count < 0 || count > 100'000'000) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
    const char unit = text.empty() ? 's' : text.front();
    if (!text.empty()) text.remove_prefix(1);
    switch (unit) {
      case 's':
        seconds += count;
        break;
      case 'm':
        seconds += count * 60;
        break;
      case 'h':
        seconds += count * 3600;
        break;
      case 'd':
        seconds += count * 86'400;
        break;
      case 'w':
        seconds += count * 604'800;
        break;
      default:
        return std::nullopt;
    }
  }
  return std::chrono::seconds(seconds);
}

// A case's name as what it is compared with: 3 and "3" are the same there.
std::string literal(const std::string& name) {
  const auto quoted = [](const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
      if (c == '"') out += '\\';
      out += c;
    }
    return out + '"';
  };
  double number = 0;
  const char* const end = name.data() + name.size();
  const auto [stop, failure] = std::from_chars(name.data(), end, number);
  const bool is_number = failure == std::errc{} && stop == end;
  if (is_number || name == "true" || name == "false") {
    return fmt::format("{{{}, {}}}", name, quoted(name));
  }
  return fmt::format("{{{}}}", quoted(name));
}

}  // namespace

std::optional<milliseconds> FlowReader::read_duration(const Yaml& node, std::string_view what) {
  const auto text = read_text(draft_, node, what);
  if (!text) return std::nullopt;
  const auto duration = duration_in(*text);
  if (!duration || *duration < shortest_wait || *duration > longest_wait) {
    draft_.error("bad_duration", node.mark,
                 fmt::format("'{}' is no duration from 1s to 365d; write one as 30s, 5m, 1h30m or "
                             "2d",
                             *text));
    return std::nullopt;
  }
  return duration;
}

std::size_t FlowReader::add_step(const Mark& mark, std::string_view kind) {
  const std::size_t index = flow_.steps.size();
  Step& step = flow_.steps.emplace_back();
  step.mark = mark;
  step.id = fmt::format("{}_{}", index, kind);
  step.what = Noop{};
  return index;
}

void FlowReader::close_block(const Yaml& step, const Ends& block, int depth, Ends& ends) {
  const Yaml* next = step.find("next");
  if (next == nullptr) {
    ends.insert(ends.end(), block.begin(), block.end());
    return;
  }
  const std::size_t join = add_step(next->mark, "next");
  lead_on(block, join);
  read_next(*next, join, depth);
  if (flow_.steps[join].next.empty()) add_branch(join, {std::nullopt, {}, next->mark});
}

// ---- set ----

void FlowReader::read_set(const Yaml& node, std::size_t index) {
  SetSlots set;
  if (!expect_map(draft_, node, "'set'")) return;
  for (const Yaml::Entry& entry : node.entries) {
    draft_.refer(Reference::Kind::slot, entry.key, entry.key_mark);
    Assignment assignment{entry.key, nullptr};
    if (entry.value.is_scalar()) {
      auto expression = read_expression(draft_, entry.value);
      if (!expression) continue;
      assignment.computed = *std::move(expression);
    } else {
      check_templates(draft_, entry.value);
      assignment.value = to_json(entry.value);
    }
    set.assignments.push_back(std::move(assignment));
  }
  flow_.steps[index].what = std::move(set);
}

// ---- time ----

void FlowReader::read_wait(const Yaml& node, std::size_t index, int depth) {
  Wait wait;
  if (!node.is_map()) {
    wait.duration = read_duration(node, "'wait'").value_or(shortest_wait);
    flow_.steps[index].what = std::move(wait);
    return;
  }
  check_keys(draft_, node, wait_keys);
  const Yaml* const event = node.find("event");
  const Yaml* const time = node.find(event != nullptr ? "timeout" : "for");
  if (event != nullptr) wait.event = read_text(draft_, *event, "'event'").value_or("");
  if (time != nullptr) wait.duration = read_duration(*time, "the time").value_or(shortest_wait);
  if (event == nullptr && time == nullptr) {
    draft_.error("missing_key", node.mark, "'wait' needs a time or an 'event'");
  }
  for (const char* key : {"timeout", "on_timeout", "result"}) {
    const Yaml* const written = node.find(key);
    if (written != nullptr && event == nullptr) {
      draft_.error("useless_key", written->mark, fmt::format("'{}' needs an 'event'", key));
    }
  }
  if (event != nullptr && !is_name(wait.event)) {
    draft_.error(
        "bad_name", event->mark,
        fmt::format("'{}' is no name for an event; use letters, digits and '_'", wait.event));
  }
  if (const Yaml* result = node.find("result")) wait.result = read_result(*result);
  flow_.steps[index].what = std::move(wait);
  const Yaml* const on_timeout = node.find("on_timeout");
  if (on_timeout == nullptr || event == nullptr) return;
  if (time == nullptr) {
    draft_.error("useless_key", on_timeout->mark, "'on_timeout' needs 'timeout'");
  }
  read_target(*on_timeout, depth, index, 0);
}

void FlowReader::read_remind(const Yaml& node, std::size_t index) {
  if (!expect_map(draft_, node, "'remind'")) return;
  check_keys(draft_, node, remind_keys);
  Remind remind;
  if (const Yaml* cancel = node.find("cancel")) {
    if (node.entries.size() > 1) {
      draft_.error("two_kinds", node.mark, "'cancel' stands alone: make it two steps");
    }
    remind.name = read_text(draft_, *cancel, "'cancel'").value_or("");
    flow_.steps[index].what = std::move(remind);
    return;
  }
  const Yaml* const after = node.find("after");
  const Yaml* const flow = node.find("flow");
  if (after == nullptr || flow == nullptr) {
    draft_.error("missing_key", node.mark,
                 fmt::format("'remind' needs '{}'", after == nullptr ? "after" : "flow"));
    return;
  }
  remind.duration = read_duration(*after, "'after'").value_or(shortest_wait);
  read_flow_name(*flow, remind.flow, "begins later");
  remind.name = remind.flow;
  if (const Yaml* name = node.find("name")) {
    remind.name = read_text(draft_, *name, "'name'").value_or("");
  }
  if (const Yaml* heard = node.find("unless_heard")) {
    remind.unless_heard = read_bool(draft_, *heard, "'unless_heard'").value_or(false);
  }
  flow_.steps[index].what = std::move(remind);
}

// ---- one of several ways ----

void FlowReader::read_switch(const Yaml& step, const Yaml& node, std::size_t index, int depth,
                             Ends& ends) {
  auto value = read_expression(draft_, node);
  const Yaml* const cases = step.find("cases");
  if (cases == nullptr) {
    draft_.error("missing_key", step.mark, "'switch' needs 'cases': values, and where each leads");
    return;
  }
  if (!value || !expect_map(draft_, *cases, "'cases'")) return;
  if (cases->entries.size() > cases_limit) {
    draft_.error("too_many", cases->mark,
                 fmt::format("a switch has at most {} cases", cases_limit));
    return;
  }
  Ends block;
  const auto lead = [&](const Yaml& to) {
    const std::size_t branch = flow_.steps[index].next.size() - 1;
    if (!to.is_sequence()) return lead_to(to, index, depth);
    const auto first = lay_out_within(to, depth, block);
    flow_.steps[index].next[branch].target.step = first;
  };
  for (const Yaml::Entry& entry : cases->entries) {
    auto condition = Condition::parse(fmt::format("({}) in {}", value->text(), literal(entry.key)));
    if (!condition) {
      draft_.error("bad_condition", entry.key_mark,
                   fmt::format("'{}' cannot be compared with; write another name", entry.key));
    }
    add_branch(
        index,
        {condition ? *std::move(condition) : Condition::constant(false), {}, entry.key_mark});
    lead(entry.value);
  }
  const Yaml* const otherwise = step.find("else");
  add_branch(index, {std::nullopt, {}, otherwise != nullptr ? otherwise->mark : step.mark});
  if (otherwise != nullptr) {
    lead(*otherwise);
  } else {
    block.push_back({index, flow_.steps[index].next.size() - 1});
  }
  close_block(step, block, depth, ends);
}

bool FlowReader::read_arm(const Yaml& item, std::size_t index, int depth, Ends& block) {
  if (!expect_map(draft_, item, "an arm")) return false;
  check_keys(draft_, item, arm_keys);
  const Yaml* const share = item.find("share");
  const Yaml* const then = item.find("then");
  if (share == nullptr || then == nullptr) {
    draft_.error("missing_key", item.mark,
                 fmt::format("this arm has no '{}'", share == nullptr ? "share" : "then"));
    return false;
  }
  auto& arms = std::get<Split>(flow_.steps[index].what).arms;
  const std::size_t slot = arms.size();
  Split::Arm arm;
  arm.name = std::string(1, static_cast<char>('a' + slot));
  if (const Yaml* name = item.find("name")) {
    arm.name = read_text(draft_, *name, "'name'").value_or(arm.name);
  }
  arm.share = read_number(draft_, *share, arm_keys["share"]).value_or(1);
  arms.push_back(std::move(arm));
  if (!then->is_sequence()) {
    read_target(*then, depth, index, slot);
    return true;
  }
  const auto first = lay_out_within(*then, depth, block);
  std::get<Split>(flow_.steps[index].what).arms[slot].target.step = first;
  return true;
}

void FlowReader::read_split(const Yaml& step, const Yaml& node, std::size_t index, int depth,
                            Ends& ends) {
  Split split;
  split.name = read_text(draft_, node, "'split'").value_or("");
  if (!is_name(split.name)) {
    draft_.error("bad_name", node.mark, "a split has a name, by which its shares are counted");
  }
  flow_.steps[index].what = std::move(split);
  const Yaml* const arms = step.find("arms");
  if (arms == nullptr || !arms->is_sequence() || arms->items.size() < 2 ||
      arms->items.size() > arms_limit) {
    draft_.error("wrong_kind", arms != nullptr ? arms->mark : step.mark,
                 fmt::format("'split' needs 'arms', a list of 2 to {}: '- {{share: 50, then: …}}'",
                             arms_limit));
    return;
  }
  Ends block;
  double sum = 0;
  for (const Yaml& item : arms->items) {
    if (read_arm(item, index, depth, block)) {
      sum += std::get<Split>(flow_.steps[index].what).arms.back().share;
    }
  }
  if (sum <= 0) draft_.error("out_of_range", arms->mark, "all shares are 0");
  add_branch(index, {std::nullopt, {}, step.mark});
  close_block(step, block, depth, ends);
}

// ---- loops and errors ----

void FlowReader::read_foreach(const Yaml& step, const Yaml& node, std::size_t index, int depth) {
  ForEach loop;
  loop.list = read_text(draft_, node, "'foreach'").value_or("");
  if (loop.list.starts_with("slots.")) loop.list.erase(0, 6);
  draft_.refer(Reference::Kind::slot, loop.list, node.mark);
  const Yaml* const as = step.find("as");
  const Yaml* const body = step.find("do");
  if (as == nullptr || body == nullptr) {
    draft_.error("missing_key", step.mark,
                 fmt::format("'foreach' needs '{}'",
                             as == nullptr ? "as', the slot for each item, beside 'do" : "do"));
    return;
  }
  loop.item = read_text(draft_, *as, "'as'").value_or("");
  draft_.refer(Reference::Kind::slot, loop.item, as->mark);
  if (loop.item == loop.list) {
    draft_.error("wrong_value", as->mark, "the item needs a slot of its own, not the list's");
  }
  flow_.steps[index].what = std::move(loop);
  Ends block;
  const auto first = lay_out_within(*body, depth, block);
  lead_on(block, index);
  auto& read = std::get<ForEach>(flow_.steps[index].what);
  read.body.step = first;
  read.end = flow_.steps.size();
}

void FlowReader::read_try(const Yaml& step, const Yaml& node, std::size_t index, int depth,
                          Ends& ends) {
  const Yaml* const on_error = step.find("on_error");
  if (on_error == nullptr) {
    draft_.error("missing_key", step.mark, "'try' needs 'on_error': where an error leads");
    return;
  }
  add_branch(index, {std::nullopt, {}, step.mark});
  const std::size_t handler = add_step(on_error->mark, "on_error");
  Ends block;
  const std::size_t begin = flow_.steps.size();
  const auto first = lay_out_within(node, depth, block);
  flow_.steps[index].next[0].target.step = first;
  for (std::size_t i = begin; i < flow_.steps.size(); ++i) {
    if (!flow_.steps[i].rescue) flow_.steps[i].rescue = Target{handler};
  }
  add_branch(handler, {std::nullopt, {}, on_error->mark});
  if (on_error->is_sequence()) {
    const auto rescued = lay_out_within(*on_error, depth, block);
    flow_.steps[handler].next[0].target.step = rescued;
  } else {
    lead_to(*on_error, handler, depth);
  }
  close_block(step, block, depth, ends);
}

// ---- feedback ----

void FlowReader::read_feedback(const Yaml& step, const Yaml& node, std::size_t index, int depth,
                               Ends& ends) {
  double scale = 5;
  bool asks_comment = false;
  if (node.is_map()) {
    check_keys(draft_, node, feedback_keys);
    if (const Yaml* written = node.find("scale")) {
      scale = static_cast<double>(read_whole(draft_, *written, feedback_keys["scale"]).value_or(5));
    }
    if (const Yaml* written = node.find("comment")) {
      asks_comment = read_bool(draft_, *written, "'comment'").value_or(false);
    }
  } else if (node.as_bool() != true) {
    draft_.error("wrong_kind", node.mark, "'feedback' is true, or a map of 'scale' and 'comment'");
  }
  const auto question = [&](std::size_t at, const char* slot, InputType type) {
    Collect collect;
    collect.slot = slot;
    collect.utter = std::string("utter_ask_") + slot;
    collect.type = type;
    collect.has_type = true;
    collect.ask_before_filling = true;
    if (type == InputType::rating) collect.min = 1, collect.max = scale;
    draft_.implied_slots.insert(slot);
    flow_.steps[at].what = std::move(collect);
  };
  question(index, "feedback_rating", InputType::rating);
  std::size_t before = index;
  if (asks_comment) {
    const std::size_t comment = add_step(step.mark, "comment");
    question(comment, "feedback_comment", InputType::text);
    add_branch(before, {std::nullopt, {comment}, step.mark});
    before = comment;
  }
  const std::size_t record = add_step(step.mark, "record");
  flow_.steps[record].what = Builtin{"action_record_feedback"};
  add_branch(before, {std::nullopt, {record}, step.mark});
  read_what_follows(step, record, depth, ends);
}

}  // namespace dialog
