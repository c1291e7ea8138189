#include "bot/inbox_ask.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <istream>
#include <iterator>
#include <ostream>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "bot/inbox_labels.h"
#include "nlu/base/calendar.h"
#include "nlu/base/diagnostic.h"
#include "nlu/base/printable.h"
#include "nlu/base/unicode.h"

namespace bot {
namespace {

using nlu::Result;

constexpr std::size_t utterances_shown = 8;
constexpr std::size_t suggestions = 5;

constexpr const char* help =
    "  NUMBER, or the beginning of an intent's name   label the group\n"
    "  l  all intents    s  skip    d  dismiss, for good    p  split the group    q  quit\n";
constexpr const char* proposal_help =
    "  Enter  write    e N  edit number N    -N  leave N out    b  back\n";

std::string trimmed(const std::string& line) {
  const std::size_t begin = line.find_first_not_of(" \t\r");
  if (begin == std::string::npos) return "";
  return line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
}

// 1 … count; 0: it is none.
std::size_t number_in(const std::string& text, std::size_t count) {
  std::size_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc{} && read.ptr == text.data() + text.size() && number <= count ? number
                                                                                            : 0;
}

// The likeliest intents of the group's utterances, by the present model or, without one, the kept
// meaning.
std::vector<std::string> suggest(const InboxGroup& group) {
  std::vector<std::pair<std::string, double>> scores;
  for (const InboxItem& item : group.items) {
    const auto& meaning = item.now.segments.empty() ? item.then : item.now;
    for (const nlu::Segment& segment : meaning.segments) {
      for (const nlu::ScoredIntent& intent : segment.intents) {
        const auto known = std::find_if(scores.begin(), scores.end(),
                                        [&](const auto& one) { return one.first == intent.name; });
        if (known == scores.end()) {
          scores.emplace_back(intent.name, intent.p);
        } else {
          known->second += intent.p;
        }
      }
    }
  }
  std::stable_sort(scores.begin(), scores.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(scores.size(), suggestions); ++i)
    names.push_back(scores[i].first);
  if (std::find(names.begin(), names.end(), nlu::outside_label) == names.end())
    names.emplace_back(nlu::outside_label);
  return names;
}

class Talk {
 public:
  Talk(std::vector<InboxGroup> groups, const InboxDesk& desk, std::istream& in, std::ostream& out)
      : desk_(desk),
        in_(in),
        out_(out),
        groups_(std::make_move_iterator(groups.begin()), std::make_move_iterator(groups.end())) {}

  Result<InboxDone> run() {
    std::size_t left = groups_.size();
    out_ << help;
    while (!groups_.empty()) {
      const InboxGroup group = std::move(groups_.front());
      groups_.pop_front();
      left = groups_.size();
      const std::vector<std::string> offered = suggest(group);
      out_ << '\n' << describe(group, desk_.bot, utterances_shown);
      for (std::size_t i = 0; i < offered.size(); ++i)
        out_ << fmt::format("  [{}] {}", i + 1, offered[i]);
      out_ << '\n';
      auto goes_on = deal_with(group, offered, left);
      if (!goes_on) return goes_on.error();
      if (!*goes_on) break;
    }
    return done_;
  }

 private:
  bool ask(const std::string& prompt, std::string& answer) {
    out_ << prompt << std::flush;
    if (!std::getline(in_, answer)) return false;
    answer = trimmed(answer);
    return true;
  }

  // false: the talk ends.
  Result<bool> deal_with(const InboxGroup& group, const std::vector<std::string>& offered,
                         std::size_t left) {
    for (std::string answer;;) {
      if (!ask(fmt::format("intent ({} more groups)> ", left), answer)) return false;
      if (answer == "q") return false;
      if (answer == "s") return true;
      if (answer == "d") return dismiss(group);
      if (answer == "p") return split(group);
      if (answer == "l") {
        out_ << fmt::format("  {}\n", fmt::join(intents_of(desk_.bot), ", "));
        continue;
      }
      const std::string intent = intent_of(answer, offered);
      if (intent.empty()) continue;
      const auto labelled = label(group, intent);
      if (!labelled) return labelled.error();
      if (*labelled) return true;
    }
  }

  Result<bool> dismiss(const InboxGroup& group) {
    for (const InboxItem& item : group.items)
      desk_.memory.add(item.wording, item.conversation, "dismissed");
    if (auto saved = desk_.memory.save(); !saved) return saved.error();
    done_.dismissed += group.items.size();
    return true;
  }

  Result<bool> split(const InboxGroup& group) {
    if (group.items.size() < 2) {
      out_ << "  it has one wording only\n";
      groups_.push_front(group);
      return true;
    }
    std::vector<InboxGroup> parts = split_group(group, desk_.bot);
    groups_.insert(groups_.begin(), parts.begin(), parts.end());
    return true;
  }

  // "": none; it was said why.
  std::string intent_of(const std::string& answer, const std::vector<std::string>& offered) {
    if (const std::size_t number = number_in(answer, offered.size())) return offered[number - 1];
    std::vector<std::string> fitting;
    for (const std::string& name : intents_of(desk_.bot)) {
      if (name == answer) return name;
      if (answer.size() >= 2 && name.starts_with(answer)) fitting.push_back(name);
    }
    if (fitting.size() == 1) return fitting.front();
    if (fitting.size() > 1) {
      out_ << fmt::format("  '{}' may be {}\n", answer, fmt::join(fitting, " or "));
    } else if (answer.size() < 2 || number_in(answer, 9999) != 0) {
      out_ << help;
    } else {
      out_ << fmt::format("  no intent is called '{}'{}\n", answer,
                          nlu::did_you_mean(answer, intents_of(desk_.bot)));
    }
    return "";
  }

  // false: back to the question.
  Result<bool> label(const InboxGroup& group, const std::string& intent) {
    std::vector<Proposal> proposals = propose(group.items, desk_.bot, desk_.pseudonyms, desk_.most);
    out_ << fmt::format("  {}, as it will be written:\n", intent);
    for (;;) {
      for (std::size_t i = 0; i < proposals.size(); ++i)
        out_ << fmt::format("  {}. {}\n", i + 1, proposals[i].example.text);
      if (proposals.empty()) out_ << "  (nothing; Enter ticks the group off)\n";
      out_ << proposal_help;
      std::string answer;
      if (!ask("write> ", answer) || answer == "b") return false;
      if (answer.empty()) {
        const auto kept = keep(group, intent, proposals);
        if (!kept) return kept.error();
        if (*kept) return true;
      } else {
        change(answer, intent, proposals);
      }
    }
  }

  void change(const std::string& answer, const std::string& intent,
              std::vector<Proposal>& proposals) {
    const bool edits = answer[0] == 'e';
    const std::size_t number = number_in(trimmed(answer.substr(1)), proposals.size());
    if ((!edits && answer[0] != '-') || number == 0) return;
    Proposal& proposal = proposals[number - 1];
    if (!edits) {
      proposals.erase(proposals.begin() + static_cast<std::ptrdiff_t>(number - 1));
      return;
    }
    std::string text;
    if (!ask(fmt::format("{}. ", number), text) || text.empty()) return;
    if (const auto fine = check_example(desk_.bot, text, intent); !fine) {
      out_ << fmt::format("  {}\n", fine.error().message);
    } else {
      proposal.example.text = text;
    }
  }

  // false: a text cannot be written, and it was said why.
  Result<bool> keep(const InboxGroup& group, const std::string& intent,
                    const std::vector<Proposal>& proposals) {
    std::vector<nlu::TakenExample> examples;
    for (const Proposal& proposal : proposals) {
      if (const auto fine = check_example(desk_.bot, proposal.example.text, intent); !fine) {
        out_ << fmt::format("  {}\n", fine.error().message);
        return false;
      }
      examples.push_back(proposal.example);
      examples.back().intent = intent;
    }
    if (auto kept = keep_examples(desk_.folder, examples); !kept) return kept.error();
    for (const InboxItem& item : group.items)
      desk_.memory.add(item.wording, item.conversation, "labelled");
    if (auto saved = desk_.memory.save(); !saved) return saved.error();
    done_.examples += examples.size();
    return true;
  }

  const InboxDesk& desk_;
  std::istream& in_;
  std::ostream& out_;
  std::deque<InboxGroup> groups_;
  InboxDone done_;
};

}  // namespace

std::string describe(const InboxGroup& group, const dialog::Bot& bot, std::size_t utterances) {
  std::vector<std::string_view> reasons;
  for (const dialog::InboxReason reason : group.reasons) reasons.push_back(reason_name(reason));
  std::string text =
      fmt::format("{}  {} ×  {}  last on {}\n", group.id, group.count, fmt::join(reasons, ", "),
                  nlu::iso_date(group.last, bot.time_zone));
  for (std::size_t i = 0; i < std::min(group.items.size(), utterances); ++i) {
    const InboxItem& item = group.items[i];
    text += fmt::format("  {}  {:>3} ×  {}\n", item.id, item.count, nlu::printable(item.text));
  }
  if (group.items.size() > utterances)
    text += fmt::format("  … and {} other wordings\n", group.items.size() - utterances);
  const InboxItem& first = group.items.front();
  text += fmt::format("  then: {}\n", guesses(first.then));
  if (!first.now.segments.empty()) text += fmt::format("  now:  {}\n", guesses(first.now));
  return text;
}

Result<InboxDone> ask_about(std::vector<InboxGroup> groups, const InboxDesk& desk, std::istream& in,
                            std::ostream& out) {
  return Talk(std::move(groups), desk, in, out).run();
}

}  // namespace bot
