#include "dialog/reading_segments.h"

#include <array>

#include "nlu/base/unicode.h"

namespace dialog {

namespace {

template <class Kind>
const Kind* first_of(const std::vector<Command>& commands) {
  for (const Command& one : commands) {
    if (const auto* found = std::get_if<Kind>(&one)) return found;
  }
  return nullptr;
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool declines_in_han(std::string_view text) {
  // A thing that is not wanted (any more) is a wish; a deed that is not, is none.
  for (const std::string_view thing : {"不想要", "不要了", "不要这", "不要那", "不需要了"}) {
    if (text.find(thing) != std::string_view::npos) return false;
  }
  for (const std::string_view cue :
       {"不想", "不要", "不用", "不需要", "不打算", "先别", "别给我"}) {
    if (text.find(cue) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

bool declines(std::string_view text) {
  const std::vector<nlu::Word> words = nlu::split_words(text, 64);
  for (std::size_t i = 0; i + 2 < words.size(); ++i) {
    const std::string& word = words[i].folded;
    const std::string& next = words[i + 1].folded;
    const bool wishes = is_one_of(next, {"want", "wish", "need", "mean", "intend", "have"});
    const bool denies = is_one_of(
        word, {"don't", "dont", "don’t", "didn't", "didn’t", "not", "never", "needn't", "longer"});
    if (denies && wishes && words[i + 2].folded == "to") return true;
    if (word == "rather" && next == "not") return true;
    if (word == "won't" || word == "won’t") return next == "be";
  }
  return declines_in_han(text);
}

Segments::Segments(const Bot& bot, const Conversation& conversation, const std::string& text,
                   const nlu::Interpretation& said, const std::string& now)
    : bot_(bot), c_(conversation), text_(text), said_(said), now_(now) {
  // An entity is that segment's in which it begins, or which it follows.
  for (const nlu::Entity& entity : said.entities) {
    std::size_t owner = 0;
    while (owner + 1 < said.segments.size() &&
           said.segments[owner + 1].span.begin <= entity.span.begin)
      ++owner;
    owners_.push_back(owner);
  }
  for (std::size_t i = 0; i < said.segments.size(); ++i) parts_.push_back(make_part({i}, i));
  open_slot_ = reading(parts_.front()).open_slot();
}

// Of some segments, with the intents of one of them.
Segments::Part Segments::make_part(const std::vector<std::size_t>& of, std::size_t meaning) const {
  Part part;
  part.begin = std::string::npos;
  for (const std::size_t i : of) {
    part.begin = std::min(part.begin, said_.segments[i].span.begin);
    part.end = std::max(part.end, said_.segments[i].span.end);
  }
  for (std::size_t i = 0; i < owners_.size(); ++i) {
    if (std::find(of.begin(), of.end(), owners_[i]) == of.end()) continue;
    part.begin = std::min(part.begin, said_.entities[i].span.begin);
    part.end = std::max(part.end, said_.entities[i].span.end);
    part.said.entities.push_back(said_.entities[i]);
  }
  for (nlu::Entity& entity : part.said.entities) {
    entity.span.begin -= part.begin;
    entity.span.end -= part.begin;
  }
  part.text = text_.substr(part.begin, part.end - part.begin);
  part.said.language = said_.language;
  part.said.segments.push_back(said_.segments[meaning]);
  part.said.segments.front().span = {0, part.text.size()};
  return part;
}

// With the open question, unless that has been answered.
Reading Segments::reading(const Part& part) const {
  Reading one(bot_, c_, part.text, no_attachment_, part.said, now_);
  if (answered_) one.close_question();
  return one;
}

bool Segments::is_small_talk(const Start& start) const {
  return is_small_talk(parts_[start.parts.front()]);
}

bool Segments::is_small_talk(const Part& part) const {
  const std::vector<std::string>& names = bot_.understanding.small_talk;
  const Reading one = reading(part);
  return !one.is_outside() &&
         (contains(names, one.best()) || one.best() == bot_.understanding.chitchat);
}

std::vector<Command> Segments::commands() {
  for (const Part& part : parts_) {
    const std::vector<Command> heard = reading(part).of_text();
    if (first_of<command::HumanHandover>(heard)) return {command::HumanHandover{}};
    if (first_of<command::Restart>(heard)) return {command::Restart{}};
  }
  if (!read_free_text()) {
    for (std::size_t i = 0; i < parts_.size(); ++i) read(i);
  }
  attach_rest();
  drop_small_talk();

  std::vector<Command> all;
  if (cancelled_) {
    all.emplace_back(command::CancelFlow{});
  } else {
    all = running_;
  }
  if (all.empty() && starts_.size() == 1) {
    const std::vector<Command>& unsure = parts_[starts_.front().parts.front()].commands;
    if (first_of<command::Clarify>(unsure)) return unsure;
  }
  const std::vector<Command> begun = of_starts();
  all.insert(all.end(), begun.begin(), begun.end());
  if (!all.empty() || withdrawn_) return all;
  for (const Part& part : parts_) {
    if (part.role == Role::aside) return part.commands;
  }
  return cannot();
}

// Free text is answered by what comes before the flows that are meant for certain: by the whole
// text when something follows them that is none.
bool Segments::read_free_text() {
  const Reading first = reading(parts_.front());
  if (!first.takes_free_text()) return false;
  const std::vector<Command> heard = reading(parts_.front()).of_text();
  if (!first_of<command::SetSlot>(heard) && !first_of<command::StartFlow>(heard)) {
    answered_ = true;  // It is steered away from, or an earlier answer is corrected.
    take(0, heard);
    for (std::size_t i = 1; i < parts_.size(); ++i) read(i);
    return true;
  }
  std::size_t leading = 0;
  std::vector<std::string> flows;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const Reading one = reading(parts_[i]);
    const Topic topic = one.topic();
    if (one.is_certain(topic)) {
      flows.push_back(topic.flow->id);
    } else if (flows.empty()) {
      ++leading;
    } else {
      flows.clear();
      leading = parts_.size();
      break;
    }
  }
  if (leading > 0) {
    const std::size_t end = leading == parts_.size() ? text_.size() : parts_[leading - 1].end;
    const std::size_t begin = leading == parts_.size() ? 0 : parts_.front().begin;
    std::string answer(trimmed(std::string_view(text_).substr(begin, end - begin)));
    for (std::size_t i = 0; i < leading; ++i) parts_[i].role = Role::runs;
    running_.emplace_back(
        command::SetSlot{first.open_slot(), json::value(std::move(answer)), "text"});
    answered_ = true;
  }
  for (std::size_t i = leading; i < parts_.size() && i - leading < flows.size(); ++i) {
    begins(i, flows[i - leading]);
  }
  return true;
}

void Segments::read(std::size_t i) {
  if (parts_[i].role != Role::nothing || only_corrects(i) || belongs_to_start(i)) return;
  take(i, reading(parts_[i]).of_text());
}

void Segments::take(std::size_t i, const std::vector<Command>& heard) {
  Part& part = parts_[i];
  part.commands = heard;
  if (const auto* start = first_of<command::StartFlow>(heard)) return begins(i, start->flow);
  // Two flows it may mean, beside what is clear: the likelier one. It is named before it begins.
  if (const auto* several = first_of<command::Clarify>(heard)) {
    return begins(i, several->flows.front());
  }
  if (first_of<command::CancelFlow>(heard)) return ends(i);
  if (first_of<command::SetSlot>(heard) || first_of<command::CorrectSlot>(heard)) {
    return is_of_what_runs(i, heard);
  }
  if (!first_of<command::CannotHandle>(heard)) {
    part.role = Role::aside;
    return;
  }
  if (!answered_) return;
  const std::vector<Command> more = reading(part).of_values(open_slot_);
  if (!more.empty()) is_of_what_runs(i, more);
}

// "No, the number is 10432": not the answer to a confirmation, nor to anything else; it says that
// something was wrong.
bool Segments::only_corrects(std::size_t i) {
  if (i + 1 >= parts_.size() || answered_) return false;
  const Reading one = reading(parts_[i]);
  if (one.is_outside() || one.best() != bot_.understanding.deny) return false;
  const Part both = make_part({i, i + 1}, i + 1);
  Reading correction(bot_, c_, both.text, no_attachment_, both.said, now_);
  correction.close_question();
  const std::vector<Command> values = correction.of_values(open_slot_);
  if (!first_of<command::CorrectSlot>(values)) return false;
  parts_[i].role = Role::dropped;
  is_of_what_runs(i + 1, values);
  return true;
}

// "Where is my other order? It is 10555": the flow named just before asks for that, too.
bool Segments::belongs_to_start(std::size_t i) const {
  if (i == 0 || starts_.empty() || parts_[i - 1].role != Role::starts) return false;
  Reading one = reading(parts_[i]);
  one.close_question();
  if (one.is_certain(one.topic())) return false;
  const Flow* flow = bot_.find_flow(starts_.back().flow);
  return flow != nullptr && first_of<command::SetSlot>(one.start(*flow)) != nullptr;
}

void Segments::begins(std::size_t i, const std::string& flow) {
  Part& part = parts_[i];
  part.role = Role::starts;
  if (declines(part.text)) {
    part.role = Role::dropped;
    withdrawn_ = true;
    // Only what acts is ended: what sleeps below it has no command to end it.
    for (std::size_t at = c_.stack.size(); at-- > 0;) {
      if (c_.stack[at].flow == flow) cancelled_ = true;
      if (c_.stack[at].parent == 0 && !c_.stack[at].flow.starts_with("pattern_")) break;
    }
    return;
  }
  const auto same = std::find_if(starts_.begin(), starts_.end(),
                                 [&](const Start& one) { return one.flow == flow; });
  if (same == starts_.end()) {
    starts_.push_back({flow, {i}});
  } else {
    same->parts.push_back(i);
  }
}

// "Forget it": what was wished just before, in this message; else what runs.
void Segments::ends(std::size_t i) {
  parts_[i].role = Role::aside;
  const bool wished = !std::all_of(starts_.begin(), starts_.end(),
                                   [&](const Start& one) { return is_small_talk(one); });
  if (wished) {
    starts_.clear();
    withdrawn_ = true;
  } else if (!c_.stack.empty()) {
    cancelled_ = true;
    answered_ = true;  // Its question is asked no more.
  }
}

void Segments::is_of_what_runs(std::size_t i, const std::vector<Command>& commands) {
  parts_[i].role = Role::runs;
  running_.insert(running_.end(), commands.begin(), commands.end());
  answered_ = answered_ || std::any_of(commands.begin(), commands.end(), [&](const Command& one) {
                const auto* set = std::get_if<command::SetSlot>(&one);
                return set && set->slot == open_slot_;
              });
}

// What was not understood by itself goes with the flow named before it, else after it: "It is about
// order 10423. Where is it?"
void Segments::attach_rest() {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (parts_[i].role == Role::nothing && !attach(i, -1)) attach(i, 1);
  }
}

bool Segments::attach(std::size_t i, int step) {
  for (auto at = static_cast<std::ptrdiff_t>(i) + step; at >= 0 && at < std::ssize(parts_);
       at += step) {
    const auto other = static_cast<std::size_t>(at);
    if (parts_[other].role == Role::runs || parts_[other].role == Role::dropped) return false;
    if (parts_[other].role != Role::starts || is_small_talk(parts_[other])) continue;
    for (Start& start : starts_) {
      if (std::find(start.parts.begin(), start.parts.end(), other) == start.parts.end()) continue;
      start.parts.push_back(i);
      return true;
    }
  }
  return false;
}

// A greeting beside a wish needs no reply of its own.
void Segments::drop_small_talk() {
  const auto is_small = [&](const Start& one) { return is_small_talk(one); };
  const bool more = !running_.empty() || cancelled_ || withdrawn_ ||
                    !std::all_of(starts_.begin(), starts_.end(), is_small);
  if (more) std::erase_if(starts_, is_small);
}

// Each flow with what its own segments say.
std::vector<Command> Segments::of_starts() const {
  std::vector<Command> all;
  for (const Start& start : starts_) {
    const Flow* flow = bot_.find_flow(start.flow);
    if (!flow) continue;
    const Part part = make_part(start.parts, start.parts.front());
    Reading one(bot_, c_, part.text, no_attachment_, part.said, now_);
    one.close_question();
    const std::vector<Command> commands = one.start(*flow);
    all.insert(all.end(), commands.begin(), commands.end());
  }
  return all;
}

// Why nothing was understood: of an open question, that it was not answered, else that nothing of
// it is the bot's, if that is so of all.
std::vector<Command> Segments::cannot() const {
  for (const Part& part : parts_) {
    const auto* why = first_of<command::CannotHandle>(part.commands);
    if (why && why->reason != "outside") return {*why};
  }
  return {command::CannotHandle{"outside"}};
}

}  // namespace dialog
