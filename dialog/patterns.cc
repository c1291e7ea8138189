// What every bot can do without writing it: the default patterns and their wording, in the bot's
// own language, read by the same loader. A flow or response of the same name replaces each.
#include "dialog/patterns.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "dialog/draft.h"

namespace dialog {

namespace {

constexpr std::string_view defaults_file = "default patterns";

constexpr std::string_view default_flows = R"yaml(
flows:
  pattern_session_start:
    description: A conversation begins, or begins again after a pause
    steps: []
  pattern_correction:
    description: The customer changes an answer given before
    steps:
      - action: action_correct
      - action: utter_correction
  pattern_cancel_flow:
    description: The customer does not want to go on with this
    steps:
      - action: action_cancel_flow
      - action: utter_flow_cancelled
  pattern_continue_interrupted:
    description: A digression has ended and an earlier flow goes on
    steps:
      - action: utter_continue_interrupted
  pattern_clarification:
    description: Several flows could be meant
    steps:
      - action: action_clarify
  pattern_cannot_handle:
    description: Nothing usable was said; context.not_understood counts the turns in a row
    steps:
      - noop: true
        next:
          - if: context.not_understood > 1
            then:
              - action: utter_offer_person
                next: END
          - else:
              - action: utter_ask_rephrase
                next: END
  pattern_repeat_bot_messages:
    description: The customer asks to hear it again
    steps:
      - action: action_repeat
  pattern_human_handoff:
    description: The customer wants to talk to a person
    steps:
      - handover: true
  pattern_completed:
    description: Everything the customer came for is done
    steps:
      - action: utter_completed
  pattern_internal_error:
    description: Something failed that the flow does not deal with
    steps:
      - action: utter_internal_error
  pattern_restart:
    description: The customer begins anew
    steps:
      - action: action_restart
      - action: utter_restarted
  pattern_skip_question:
    description: The customer does not want to answer this question
    steps:
      - action: utter_skip_not_possible
  pattern_chitchat:
    description: Small talk
    steps:
      - link: pattern_cannot_handle
  pattern_search:
    description: A question that the help articles may answer
    steps:
      - link: pattern_cannot_handle
  pattern_user_silence:
    description: The customer has not answered a question
    steps:
      - action: utter_user_silence
  pattern_code_change:
    description: The bot was changed in the middle of the conversation
    steps:
      - action: action_clean_stack
      - action: utter_code_changed
)yaml";

constexpr std::string_view default_responses = R"yaml(
responses:
  utter_session_start:
    - text: Hello! How can I help you?
      translation: {zh: 您好！请问有什么可以帮您？}
  utter_correction:
    - text: All right, I have changed that.
      translation: {zh: 好的，已经更改了。}
  utter_flow_cancelled:
    - text: All right, I have stopped that.
      translation: {zh: 好的，已经取消了。}
  utter_continue_interrupted:
    - text: Let's go on with “{context.interrupted_flow}”.
      translation:
        zh: 我们继续刚才的“{context.interrupted_flow}”。
  utter_put_off:
    - text: "After this I will come to: {context.next_flows}."
      translation:
        zh: 之后我们再处理：{context.next_flows}。
  utter_next_flow:
    - text: "Now to the other thing: {context.next_flows}."
      translation:
        zh: 接下来处理：{context.next_flows}。
  utter_ask_resume:
    - text: Which of these shall we go on with?
      translation: {zh: 您想继续哪一项？}
      buttons:
        - title: None of these
          payload: /cancel
          translation: {zh: 都不用了}
  utter_user_silence:
    - text: Are you still there?
      translation: {zh: 您还在吗？}
  utter_ask_feedback_rating:
    - text: How did I do?
      translation: {zh: 请为本次服务评分。}
  utter_ask_feedback_comment:
    - text: What could be better?
      translation: {zh: 您觉得哪里可以做得更好？}
  utter_clarification:
    - text: I am not sure what you mean. Which of these is it?
      translation: {zh: 我不太确定您的意思。请问您想要的是哪一项？}
  utter_ask_rephrase:
    - text: Sorry, I did not understand that. Could you say it in other words?
      translation: {zh: 抱歉，我没有听懂。您可以换个说法吗？}
  utter_offer_person:
    - text: Sorry, I still do not understand. Would you like to talk to a person?
      translation: {zh: 抱歉，我还是没有听懂。需要为您转接人工客服吗？}
      buttons:
        - title: Yes, please
          payload: /talk_to_person
          translation: {zh: 好的，请转接}
        - title: No, thank you
          payload: /deny
          translation: {zh: 不用了，谢谢}
  utter_handover_requested:
    - text: I am passing you on to a colleague. Please wait a moment.
      translation: {zh: 正在为您转接人工客服，请稍候。}
  utter_handover_out_of_hours:
    - text: My colleagues are not there just now, I am sorry.
      translation: {zh: 抱歉，目前不在人工客服的服务时间。}
  utter_handover_full:
    - text: All my colleagues are busy just now, I am sorry.
      translation: {zh: 抱歉，人工客服目前全部繁忙。}
  utter_handover_accepted:
    - text: You are now talking to a colleague.
      translation: {zh: 人工客服已接入。}
  utter_handover_closed:
    - text: Nobody is free just now, I am sorry. I will do my best to help you myself.
      translation: {zh: 抱歉，目前没有空闲的人工客服。我会尽力帮您。}
  utter_handover_ended:
    - text: You are talking to the assistant again.
      translation: {zh: 现在由智能助手继续为您服务。}
  utter_completed:
    - text: Is there anything else I can do for you?
      translation: {zh: 请问还有什么可以帮您？}
  utter_internal_error:
    - text: Sorry, something went wrong on our side. Please try again in a moment.
      translation: {zh: 抱歉，系统出了点问题，请稍后再试。}
  utter_nothing_to_repeat:
    - text: There is nothing to repeat yet.
      translation: {zh: 目前没有可以重复的内容。}
  utter_nothing_to_cancel:
    - text: There is nothing to stop. How can I help you?
      translation: {zh: 目前没有需要取消的操作。请问有什么可以帮您？}
  utter_skip_not_possible:
    - text: I need this answer to go on. You can also say “cancel”.
      translation: {zh: 我需要这个信息才能继续。您也可以说“取消”。}
  utter_restarted:
    - text: Let's begin anew. How can I help you?
      translation: {zh: 我们重新开始吧。请问有什么可以帮您？}
  utter_code_changed:
    - text: I have just learned something new and have to begin anew. How can I help you?
      translation: {zh: 我刚刚更新过，需要重新开始。请问有什么可以帮您？}
  utter_file_rejected:
    - text: I cannot take this file. Please choose another one.
      translation: {zh: 无法接收这个文件，请换一个。}
  utter_invalid_answer:
    - text: Sorry, that is no answer I can use here.
      translation: {zh: 抱歉，这个回答我无法使用。}
  utter_invalid_text:
    - text: Sorry, that does not look right. Please check it and write it again.
      translation: {zh: 抱歉，格式好像不对。请检查后重新输入。}
  utter_invalid_number:
    - text: Please write a number.
      translation: {zh: 请输入一个数字。}
  utter_invalid_email:
    - text: That does not look like an e-mail address. Please check it and write it again.
      translation: {zh: 这不像是一个邮箱地址。请检查后重新输入。}
  utter_invalid_phone:
    - text: That does not look like a phone number. Please check it and write it again.
      translation: {zh: 这不像是一个电话号码。请检查后重新输入。}
  utter_invalid_date:
    - text: Please write a date, such as 24 December.
      translation: {zh: 请输入日期，例如12月24日。}
  utter_invalid_choice:
    - text: Please choose one of these.
      translation: {zh: 请从以下选项中选择。}
  utter_invalid_confirmation:
    - text: Please answer with yes or no.
      translation: {zh: 请回答“是”或“否”。}
  utter_invalid_rating:
    - text: Please give a number on the scale.
      translation: {zh: 请在评分范围内给出一个数字。}
  utter_invalid_file:
    - text: Please send a file.
      translation: {zh: 请发送一个文件。}
)yaml";

// Names of actions in Rasa's own patterns, for bots that override those.
const std::map<std::string, std::string>& action_aliases() {
  static const std::map<std::string, std::string> aliases = {
      {"action_correct_flow_slot", "action_correct"},
      {"action_clarify_flows", "action_clarify"},
      {"action_repeat_bot_messages", "action_repeat"}};
  return aliases;
}

void read_part(Draft& defaults, std::string_view text, std::string_view key,
               void (*read)(Draft&, const Yaml&)) {
  auto file = nlu::parse_yaml(text, std::string(defaults_file));
  if (const auto* problem = std::get_if<nlu::Diagnostic>(&file)) {
    defaults.diagnostics.push_back(*problem);
  } else if (const Yaml* node = std::get<Yaml>(file).find(key)) {
    read(defaults, *node);
  }
}

const Draft& default_draft() {
  static const Draft draft = [] {
    Draft defaults;
    read_part(defaults, default_responses, "responses", read_responses);
    read_part(defaults, default_flows, "flows", read_flows);
    return defaults;
  }();
  return draft;
}

}  // namespace

void add_default_patterns(Draft& draft) {
  const Draft& defaults = default_draft();
  draft.diagnostics.insert(draft.diagnostics.end(), defaults.diagnostics.begin(),
                           defaults.diagnostics.end());
  draft.bot.flows.insert(defaults.bot.flows.begin(), defaults.bot.flows.end());
  const Understanding& understanding = draft.bot.understanding;
  for (const auto& [name, response] : defaults.bot.responses) {
    Response own = response;
    for (Button& button : own.variations.front().buttons) {
      button.payload = "/" + (button.payload == "/deny"     ? understanding.deny
                              : button.payload == "/cancel" ? understanding.cancel
                                                            : understanding.handover);
    }
    draft.bot.responses.emplace(name, std::move(own));
  }
}

bool is_default(const nlu::Mark& mark) { return mark.file == defaults_file; }

bool is_default_response(const std::string& name) {
  return default_draft().bot.responses.count(name) != 0;
}

const std::vector<std::string>& pattern_names() {
  static const std::vector<std::string> names = pattern_keys.names();
  return names;
}

bool is_unsupported_pattern(const std::string& id) {
  static const std::set<std::string> ids = {
      "pattern_collect_information",   "pattern_validate_slot",
      "pattern_customer_satisfaction", "pattern_session_end",
      "pattern_handle_digressions",    "pattern_external_agent_processing"};
  return ids.count(id) != 0;
}

bool is_unsupported_action(const std::string& action) {
  static const std::set<std::string> actions = {"action_listen",
                                                "action_session_start",
                                                "action_trigger_chitchat",
                                                "action_trigger_search",
                                                "action_hangup",
                                                "action_default_fallback",
                                                "action_back",
                                                "action_run_slot_rejections",
                                                "action_block_digressions",
                                                "action_continue_digression",
                                                "action_send_text",
                                                "action_reset_routing"};
  return actions.count(action) != 0;
}

std::optional<std::string> builtin_action(const std::string& written) {
  static const std::set<std::string> actions = {"action_correct", "action_cancel_flow",
                                                "action_clarify", "action_repeat",
                                                "action_restart", "action_clean_stack"};
  const auto alias = action_aliases().find(written);
  const std::string& name = alias == action_aliases().end() ? written : alias->second;
  return actions.count(name) != 0 ? std::optional(name) : std::nullopt;
}

}  // namespace dialog
