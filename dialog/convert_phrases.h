// What customers may say, made from what a business wrote about its flows; for want of examples.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace dialog {

// Ways to ask for a flow, made from its id, name and description, the likeliest first. English and
// Chinese ("en", "zh…") have sentences around what is asked for, other languages only that.
std::vector<std::string> phrases_for_flow(const std::string& id, const std::string& name,
                                          const std::string& description,
                                          std::string_view language);

// What a customer says who gives or changes one answer. "{}" stands for the value, `what` for the
// question in words ("check in"). The first `unmistakable` of them name the question.
struct AnswerPhrases {
  std::vector<std::string> texts;
  std::size_t unmistakable = 0;
};
AnswerPhrases phrases_for_answer(const std::string& what, std::string_view language);

// The examples that a description gives: "the day of arrival, for example Friday or 12 March".
std::vector<std::string> examples_in(const std::string& description);

// What a customer says who wants one of several things that can be had: "{}" stands for it.
std::vector<std::string> phrases_for_choice(std::string_view language);

// Examples of the intents that every bot has (affirm, deny, cancel, repeat, restart, skip,
// talk_to_person, chitchat, out_of_scope); empty for a language that has none here.
const std::map<std::string, std::vector<std::string>>& common_phrases(std::string_view language);

// How much two texts have in common: 0 nothing, 1 the same words.
double likeness(std::string_view a, std::string_view b);

}  // namespace dialog
