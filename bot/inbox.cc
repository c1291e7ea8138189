#include "bot/inbox.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "nlu/base/hash.h"
#include "nlu/base/unicode.h"
#include "nlu/torch/grouping.h"

namespace bot {
namespace {

using dialog::InboxReason;

constexpr std::size_t id_digits = 10;
constexpr std::size_t guesses_shown = 3;

std::string short_id(char kind, std::string_view of) {
  return kind + nlu::sha256_hex(of).substr(0, id_digits);
}

void merge(std::vector<InboxReason>& into, const std::vector<InboxReason>& reasons) {
  std::set<InboxReason> all(into.begin(), into.end());
  all.insert(reasons.begin(), reasons.end());
  into.assign(all.begin(), all.end());
}

bool is_wanted(const dialog::InboxUtterance& utterance, const InboxQuery& query) {
  if (utterance.ts < query.since) return false;
  if (query.reasons.empty()) return true;
  return std::any_of(utterance.reasons.begin(), utterance.reasons.end(), [&](InboxReason reason) {
    return std::find(query.reasons.begin(), query.reasons.end(), reason) != query.reasons.end();
  });
}

// Collects by wording, one conversation after the other.
class Collector {
 public:
  Collector(const dialog::Bot& bot, const InboxQuery& query, const InboxMemory& memory,
            const std::vector<std::string>& labelled)
      : query_(query), memory_(memory), labelled_(labelled.begin(), labelled.end()) {
    for (const nlu::Example& example : bot.training.examples)
      examples_.insert(wording_of_text(example.text));
  }

  void begin(const std::string& conversation) {
    end();
    conversation_ = conversation;
    reader_ = std::make_unique<dialog::InboxReader>(query_.rules);
    ++found_.conversations;
  }
  void read(const dialog::Event& event) { reader_->read(event); }
  void end() {
    if (!reader_) return;
    for (dialog::InboxUtterance& utterance : reader_->finish()) {
      if (is_wanted(utterance, query_)) add(std::move(utterance));
    }
    reader_ = nullptr;
  }

  InboxFound finish() {
    end();
    for (auto& [wording, item] : by_wording_) found_.items.push_back(std::move(item));
    if (found_.items.size() > inbox_wordings) {
      std::sort(found_.items.begin(), found_.items.end(), [](const auto& a, const auto& b) {
        return std::tie(b.ts, a.wording) < std::tie(a.ts, b.wording);
      });
      found_.too_many = found_.items.size() - inbox_wordings;
      found_.items.resize(inbox_wordings);
    }
    std::sort(found_.items.begin(), found_.items.end(), [](const auto& a, const auto& b) {
      return std::tie(b.count, b.ts, a.wording) < std::tie(a.count, a.ts, b.wording);
    });
    found_.are_examples = are_examples_.size();
    found_.are_done = are_done_.size();
    return std::move(found_);
  }

 private:
  void add(dialog::InboxUtterance utterance) {
    std::string wording = wording_of_text(utterance.text);
    if (wording.empty()) return;
    InboxItem item;
    item.id = short_id('u', fmt::format("{}:{}", conversation_, utterance.number));
    if (examples_.contains(wording)) {
      are_examples_.insert(std::move(wording));
      return;
    }
    if (labelled_.contains(item.id) || memory_.knows(wording)) {
      are_done_.insert(std::move(wording));
      return;
    }
    item.conversation = conversation_;
    item.ts = utterance.ts;
    item.text = std::move(utterance.text);
    item.wording = wording;
    item.reasons = std::move(utterance.reasons);
    item.names = reader_->names();
    item.then = std::move(utterance.interpretation);
    const auto [known, is_new] = by_wording_.try_emplace(std::move(wording), item);
    if (is_new) return;
    InboxItem& held = known->second;
    item.count = held.count + 1;
    merge(item.reasons, held.reasons);
    if (std::tie(item.ts, item.id) >= std::tie(held.ts, held.id)) {
      held = std::move(item);
    } else {
      held.count = item.count;
      held.reasons = std::move(item.reasons);
    }
  }

  const InboxQuery& query_;
  const InboxMemory& memory_;
  const std::unordered_set<std::string> labelled_;
  std::unordered_set<std::string> examples_;
  std::string conversation_;
  std::unique_ptr<dialog::InboxReader> reader_;
  std::map<std::string, InboxItem> by_wording_;
  std::set<std::string> are_examples_, are_done_;
  InboxFound found_;
};

std::vector<InboxGroup> grouped(std::vector<InboxItem> items, const dialog::Bot& bot,
                                double similarity) {
  std::vector<nlu::GroupedText> texts;
  for (const InboxItem& item : items) {
    texts.push_back(
        {item.text, item.now.segments.empty() ? item.then.entities : item.now.entities});
  }
  std::vector<InboxGroup> groups;
  for (const auto& members : nlu::group_similar(texts, bot.training, similarity)) {
    InboxGroup& group = groups.emplace_back();
    std::vector<std::string> wordings;
    for (const std::size_t member : members) {
      InboxItem& item = items[member];
      group.count += item.count;
      group.last = std::max(group.last, item.ts);
      merge(group.reasons, item.reasons);
      wordings.push_back(item.wording);
      group.items.push_back(std::move(item));
    }
    std::sort(wordings.begin(), wordings.end());
    group.id = short_id('g', fmt::format("{}", fmt::join(wordings, "\n")));
  }
  std::stable_sort(groups.begin(), groups.end(), [](const InboxGroup& a, const InboxGroup& b) {
    return std::tie(b.count, b.last) < std::tie(a.count, a.last);
  });
  return groups;
}

nlu::json::value meaning_json(const nlu::Interpretation& interpretation) {
  if (interpretation.segments.empty()) return nullptr;
  nlu::json::object all = nlu::to_json(interpretation);
  all.erase("entities");
  return all;
}

}  // namespace

std::string wording_of_text(std::string_view text) {
  std::string wording;
  for (const nlu::Word& word : nlu::split_words(text)) {
    const auto kind = nlu::character_at(word.folded, 0).kind;
    if (word.folded.empty() || kind == nlu::CharacterKind::punctuation) continue;
    if (!wording.empty()) wording += ' ';
    wording += word.folded;
  }
  return wording;
}

nlu::Result<InboxFound> find_inbox(ConversationSource& source, const dialog::Bot& bot,
                                   const InboxQuery& query, const InboxMemory& memory,
                                   const std::vector<std::string>& labelled,
                                   const nlu::Interpreter* now, const std::string& today) {
  Collector collector(bot, query, memory, labelled);
  std::string current;
  const auto read =
      source.read(bot.name, [&](const dialog::ConversationId& id, const dialog::Event& event) {
        std::string conversation = to_string(id);
        if (conversation != current) {
          current = std::move(conversation);
          collector.begin(current);
        }
        collector.read(event);
      });
  if (!read) return read.error();
  InboxFound found = collector.finish();
  if (now == nullptr) return found;
  std::vector<nlu::Utterance> utterances;
  for (const InboxItem& item : found.items) utterances.push_back({item.text, today, {}});
  std::vector<nlu::Interpretation> meanings = now->interpret(utterances);
  for (std::size_t i = 0; i < found.items.size(); ++i) found.items[i].now = std::move(meanings[i]);
  return found;
}

std::vector<InboxGroup> group_inbox(std::vector<InboxItem> items, const dialog::Bot& bot) {
  return grouped(std::move(items), bot, nlu::group_similarity);
}

std::vector<InboxGroup> split_group(const InboxGroup& group, const dialog::Bot& bot) {
  constexpr double step = 0.1;
  for (double similarity = nlu::group_similarity + step; similarity < 1; similarity += step) {
    std::vector<InboxGroup> parts = grouped(group.items, bot, similarity);
    if (parts.size() > 1) return parts;
  }
  return grouped(group.items, bot, 2);  // Nothing is so alike.
}

std::string guesses(const nlu::Interpretation& interpretation) {
  std::string text;
  for (const nlu::Segment& segment : interpretation.segments) {
    if (!text.empty()) text += " | ";
    const bool is_outside = segment.p_outside > 0.5;
    if (is_outside)
      text +=
          fmt::format("outside {:.2f}{}", segment.p_outside, segment.intents.empty() ? "" : "; ");
    for (std::size_t i = 0; i < std::min(segment.intents.size(), guesses_shown); ++i) {
      text += fmt::format("{}{} {:.2f}", i > 0 ? ", " : "", segment.intents[i].name,
                          segment.intents[i].p);
    }
    if (segment.p_between > 0.5) text += "; the first two are hard to tell apart";
  }
  return text;
}

nlu::json::object to_json(const InboxGroup& group) {
  const auto names = [](const std::vector<InboxReason>& reasons) {
    nlu::json::array all;
    for (const InboxReason reason : reasons) all.emplace_back(dialog::reason_name(reason));
    return all;
  };
  nlu::json::array utterances;
  for (const InboxItem& item : group.items) {
    utterances.push_back(nlu::json::object{{"id", item.id},
                                           {"text", item.text},
                                           {"count", item.count},
                                           {"last", item.ts},
                                           {"conversation", item.conversation},
                                           {"reasons", names(item.reasons)},
                                           {"then", meaning_json(item.then)},
                                           {"now", meaning_json(item.now)}});
  }
  return {{"id", group.id},
          {"count", group.count},
          {"last", group.last},
          {"reasons", names(group.reasons)},
          {"utterances", std::move(utterances)}};
}

}  // namespace bot
