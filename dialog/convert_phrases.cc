#include "dialog/convert_phrases.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "nlu/base/unicode.h"

namespace dialog {

namespace {

std::string lower_first(std::string text) {
  const bool is_word = text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0;
  if (is_word) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool is_space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!is_space) out += c;
    if (is_space && !out.empty() && out.back() != ' ') out += ' ';
  }
  while (!out.empty() && (out.back() == ' ' || out.back() == '.' || out.back() == '!'))
    out.pop_back();
  return out;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

std::string filled(std::string_view pattern, std::string_view value) {
  std::string text(pattern);
  replace_all(text, "{}", value);
  return text;
}

void add(std::vector<std::string>& list, std::string text) {
  text = one_line(text);
  if (text.empty() || text.size() > 200) return;
  if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(std::move(text));
}

// ---- English ----

// "The customer wants to send money" is "send money".
std::string without_lead(std::string text) {
  static constexpr std::array leads = {"this flow is used when ",
                                       "this flow is for ",
                                       "this flow ",
                                       "a flow for ",
                                       "a flow to ",
                                       "a flow that ",
                                       "flow for ",
                                       "flow to ",
                                       "use this when ",
                                       "when ",
                                       "the customer ",
                                       "the user ",
                                       "customers ",
                                       "users ",
                                       "customer ",
                                       "user ",
                                       "a customer ",
                                       "a user ",
                                       "helps ",
                                       "help ",
                                       "lets ",
                                       "let ",
                                       "allows ",
                                       "allow ",
                                       "enables ",
                                       "enable ",
                                       "assists ",
                                       "assist ",
                                       "guides ",
                                       "guide ",
                                       "handles ",
                                       "handle ",
                                       "would like to ",
                                       "wants to ",
                                       "want to ",
                                       "wishes to ",
                                       "needs to ",
                                       "need to ",
                                       "is trying to ",
                                       "asks to ",
                                       "asks for ",
                                       "asks about ",
                                       "asks ",
                                       "ask for ",
                                       "ask about ",
                                       "wants ",
                                       "needs ",
                                       "to ",
                                       "with ",
                                       "in ",
                                       "by ",
                                       "requests to "};
  for (int round = 0; round < 6; ++round) {
    const std::string folded = lower(text);
    // "When the customer …" leads in; "asks when …" is the question itself.
    const auto lead = std::find_if(leads.begin(), leads.end(), [&](const char* one) {
      return folded.starts_with(one) && (round == 0 || std::string_view(one) != "when ");
    });
    if (lead == leads.end()) break;
    text.erase(0, std::string_view(*lead).size());
  }
  return text;
}

// From the business's point of view to the customer's.
std::string as_customer(std::string text) {
  text = fmt::format(" {} ", lower_first(std::move(text)));
  static constexpr std::array<std::pair<const char*, const char*>, 24> turns = {{
      {" the customer's ", " my "},
      {" the user's ", " my "},
      {" a customer's ", " my "},
      {" a user's ", " my "},
      {" their ", " my "},
      {" his or her ", " my "},
      {" the customer has ", " I have "},
      {" the user has ", " I have "},
      {" the customer is ", " I am "},
      {" the user is ", " I am "},
      {" they have ", " I have "},
      {" they are ", " I am "},
      {" tell the customer ", " tell me "},
      {" tell the user ", " tell me "},
      {" for the customer ", " for me "},
      {" for the user ", " for me "},
      {" to the customer ", " to me "},
      {" to the user ", " to me "},
      {" show the customer ", " show me "},
      {" show the user ", " show me "},
      {" the customer ", " I "},
      {" the user ", " I "},
      {" they ", " I "},
      {" them ", " me "},
  }};
  for (const auto& [from, to] : turns) replace_all(text, from, to);
  return one_line(text);
}

// The first sentence, and what of it comes before it goes into details.
std::vector<std::string> parts_of(const std::string& description) {
  const std::string text = one_line(description);
  std::vector<std::string> parts;
  const std::size_t sentence = std::min(text.find(". "), text.size());
  add(parts, text.substr(0, sentence));
  if (parts.empty()) return parts;
  for (const char* mark : {", ", " such as ", " for example ", " including ", " and then ", "; ",
                           " (", " possibly ", " and tell ", " or "}) {
    const std::size_t at = parts.front().find(mark);
    if (at != std::string::npos && at > 8) add(parts, parts.front().substr(0, at));
  }
  return parts;
}

bool begins_with_verb(const std::string& text) {
  static const std::set<std::string> verbs = {
      "accept",    "activate", "add",         "apply",      "arrange",  "ask",      "block",
      "book",      "buy",      "call",        "cancel",     "change",   "check",    "choose",
      "claim",     "close",    "collect",     "compare",    "complain", "confirm",  "contact",
      "correct",   "create",   "deactivate",  "delete",     "dispute",  "download", "edit",
      "end",       "enquire",  "exchange",    "extend",     "file",     "find",     "freeze",
      "get",       "give",     "hear",        "inquire",    "invite",   "join",     "know",
      "learn",     "leave",    "list",        "log",        "look",     "make",     "manage",
      "modify",    "move",     "open",        "order",      "pause",    "pay",      "plan",
      "print",     "publish",  "query",       "raise",      "rate",     "receive",  "recharge",
      "redeem",    "refund",   "register",    "remove",     "renew",    "rent",     "repair",
      "replace",   "report",   "request",     "reschedule", "reserve",  "reset",    "restart",
      "return",    "schedule", "search",      "see",        "sell",     "send",     "set",
      "setup",     "show",     "sign",        "speak",      "start",    "stop",     "submit",
      "subscribe", "switch",   "talk",        "tell",       "top",      "track",    "transfer",
      "unblock",   "unlock",   "unsubscribe", "update",     "upgrade",  "upload",   "verify",
      "view",      "withdraw"};
  return verbs.count(lower(text.substr(0, text.find(' ')))) != 0;
}

const std::map<std::string, std::vector<std::string>>& other_verbs() {
  static const std::map<std::string, std::vector<std::string>> verbs = {
      {"book", {"reserve", "make a booking for"}},
      {"reserve", {"book"}},
      {"check", {"look up", "see", "find out about"}},
      {"look", {"check"}},
      {"show", {"see", "tell me", "check"}},
      {"tell", {"let me know about"}},
      {"cancel", {"call off", "get rid of"}},
      {"change", {"update", "edit"}},
      {"update", {"change", "correct"}},
      {"report", {"tell you about", "let you know about"}},
      {"order", {"get", "ask for"}},
      {"send", {"transfer"}},
      {"transfer", {"send"}},
      {"find", {"look for", "search for"}},
      {"block", {"freeze", "lock"}},
      {"replace", {"get a new one for", "exchange"}},
      {"return", {"send back", "give back"}},
      {"pay", {"settle"}},
      {"add", {"put in", "include"}},
      {"remove", {"delete", "take out"}},
      {"list", {"show me", "see"}},
      {"view", {"see", "show me"}}};
  return verbs;
}

void add_sentences(std::vector<std::string>& phrases, const std::string& what, bool is_main) {
  static constexpr std::array verbal = {"{}",          "I want to {}", "I'd like to {}",
                                        "can you {}",  "I need to {}", "please {}",
                                        "how do I {}", "help me {}",   "could I {}"};
  static constexpr std::array nominal = {"{}",
                                         "my {}",
                                         "tell me about {}",
                                         "I have a question about my {}",
                                         "what about my {}",
                                         "I'd like to know my {}",
                                         "I need {}",
                                         "show me my {}"};
  static constexpr std::array<std::string_view, 8> questions = {
      "how ", "what ", "when ", "where ", "which ", "why ", "who ", "whether "};
  const bool is_question = std::any_of(questions.begin(), questions.end(),
                                       [&](auto word) { return lower(what).starts_with(word); });
  const auto add_all = [&](const auto& patterns) {
    std::size_t count = 0;
    for (const char* pattern : patterns) {
      if (!is_main && ++count > 4) break;
      add(phrases, filled(pattern, what));
    }
  };
  if (is_question) {
    add(phrases, what);
    add(phrases, what + "?");
    add(phrases, "I want to know " + what);
    add(phrases, "can you tell me " + what);
  } else if (begins_with_verb(what)) {
    add_all(verbal);
    const std::string verb = lower(what.substr(0, what.find(' ')));
    const auto others = other_verbs().find(verb);
    if (others == other_verbs().end() || what.size() <= verb.size()) return;
    for (const std::string& other : others->second) {
      add(phrases, other + what.substr(verb.size()));
      if (is_main) add(phrases, "I want to " + other + what.substr(verb.size()));
    }
  } else {
    add_all(nominal);
  }
}

std::vector<std::string> english(const std::string& name, const std::string& description) {
  std::vector<std::string> phrases;
  add_sentences(phrases, as_customer(without_lead(one_line(name))), true);
  bool is_main = true;
  for (const std::string& part : parts_of(description)) {
    add_sentences(phrases, as_customer(without_lead(part)), is_main);
    is_main = false;
  }
  return phrases;
}

// ---- Chinese ----

std::string without_chinese_lead(std::string text) {
  static constexpr std::array leads = {"客户", "用户", "顾客", "想要", "希望", "需要",
                                       "想",   "要",   "询问", "帮助", "为"};
  for (int round = 0; round < 5; ++round) {
    const auto lead = std::find_if(leads.begin(), leads.end(),
                                   [&](const char* one) { return text.starts_with(one); });
    if (lead == leads.end()) break;
    text.erase(0, std::string_view(*lead).size());
  }
  while (text.ends_with("。")) text.resize(text.size() - std::string_view("。").size());
  return text;
}

std::vector<std::string> chinese(const std::string& name, const std::string& description) {
  static constexpr std::array patterns = {"{}",     "我想{}",   "我要{}",   "帮我{}", "请帮我{}",
                                          "怎么{}", "可以{}吗", "我需要{}", "想{}"};
  std::vector<std::string> phrases;
  for (const std::string& one : {name, description}) {
    const std::string what = without_chinese_lead(one_line(one));
    if (what.empty()) continue;
    for (const char* pattern : patterns) add(phrases, filled(pattern, what));
  }
  return phrases;
}

std::string words_of(std::string id) {
  std::replace_if(
      id.begin(), id.end(), [](char c) { return c == '_' || c == '-'; }, ' ');
  return id;
}

bool is_chinese(std::string_view language) { return language.starts_with("zh"); }
bool is_english(std::string_view language) { return language.starts_with("en"); }

}  // namespace

std::vector<std::string> phrases_for_flow(const std::string& id, const std::string& name,
                                          const std::string& description,
                                          std::string_view language) {
  std::vector<std::string> phrases;
  const std::string called = name.empty() ? words_of(id) : name;
  if (is_english(language)) {
    phrases = english(called, description);
    for (std::string& more : english(words_of(id), "")) add(phrases, std::move(more));
  } else if (is_chinese(language)) {
    phrases = chinese(name, description);
  } else {
    add(phrases, called);
    add(phrases, description);
  }
  return phrases;
}

AnswerPhrases phrases_for_answer(const std::string& what, std::string_view language) {
  if (is_english(language)) {
    return {{"the " + what + " is {}", "change the " + what + " to {}",
             "no, the " + what + " should be {}", "sorry, I meant the " + what + " {}",
             "{} " + what, "I meant {}", "no, {}", "sorry, I meant {}", "no, rather {}",
             "actually, make it {}", "wait, it is {}", "it's {}"},
            5};
  }
  if (is_chinese(language)) return {{"我是说{}", "不对，是{}", "改成{}", "应该是{}", "是{}"}, 0};
  return {};
}

std::vector<std::string> examples_in(const std::string& description) {
  constexpr std::size_t longest = 40;
  constexpr std::array<std::string_view, 6> leads = {"such as ", "for example ", "for instance ",
                                                     "e.g. ",    "例如",         "比如"};
  constexpr std::array<std::string_view, 7> separators = {", or ", ", and ", " or ", " and ",
                                                          "或",    "、",     ", "};
  std::vector<std::string> examples;
  const std::string text = one_line(description);
  std::string_view rest;
  for (const std::string_view lead : leads) {
    const std::size_t at = text.find(lead);
    if (rest.empty() && at != std::string::npos)
      rest = std::string_view(text).substr(at + lead.size());
  }
  rest = rest.substr(0, std::min({rest.find(';'), rest.find(')'), rest.find(". ")}));
  while (!rest.empty()) {
    std::size_t end = rest.size(), next = rest.size();
    for (const std::string_view one : separators) {
      const std::size_t at = rest.find(one);
      if (at >= end) continue;
      end = at;
      next = at + one.size();
    }
    std::string_view one = rest.substr(0, end);
    const auto is_quote = [](char c) { return c == '"' || c == '\''; };
    while (!one.empty() && is_quote(one.front())) one.remove_prefix(1);
    while (!one.empty() && is_quote(one.back())) one.remove_suffix(1);
    if (one.size() <= longest) add(examples, std::string(one));
    rest.remove_prefix(next);
  }
  return examples;
}

std::vector<std::string> phrases_for_choice(std::string_view language) {
  if (is_english(language))
    return {"I need a {}", "is there a {}?", "can I have the {}", "I'd like a {} please"};
  if (is_chinese(language)) return {"我要{}", "有{}吗", "想要{}"};
  return {};
}

double likeness(std::string_view a, std::string_view b) {
  std::set<std::string> left, right;
  for (const nlu::Word& word : nlu::split_words(a, 100)) left.insert(word.folded);
  for (const nlu::Word& word : nlu::split_words(b, 100)) right.insert(word.folded);
  if (left.empty() || right.empty()) return 0;
  const auto both = static_cast<double>(std::count_if(
      left.begin(), left.end(), [&](const std::string& word) { return right.count(word) != 0; }));
  return both /
         static_cast<double>(
             std::min(left.size(), right.size()) +
             (std::max(left.size(), right.size()) - std::min(left.size(), right.size())) / 2);
}

}  // namespace dialog
