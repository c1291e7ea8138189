#include "bot/terminal_talk.h"

#include <charconv>
#include <csignal>
#include <cstdio>
#include <iostream>

#include <fmt/format.h>
#include <unistd.h>

namespace bot {

namespace {

constexpr std::size_t line_bytes = 4000;
constexpr double silence_limit_s = 366.0 * 24 * 3600;

dialog::Line file_line(const std::string& rest) {
  dialog::Line line;
  line.kind = dialog::Line::Kind::attachment;
  const std::size_t space = rest.find(' ');
  line.attachment = {"upload", rest.substr(0, space), 1000, "application/octet-stream"};
  if (space != std::string::npos) line.attachment.media_type = rest.substr(space + 1);
  return line;
}

std::optional<dialog::Line> silence_line(const std::string& rest) {
  double seconds = -1;
  const auto [end, failure] = std::from_chars(rest.data(), rest.data() + rest.size(), seconds);
  if (failure != std::errc{} || end != rest.data() + rest.size() || !(seconds >= 0) ||
      seconds > silence_limit_s) {
    return std::nullopt;
  }
  dialog::Line line;
  line.kind = dialog::Line::Kind::silence;
  line.silence = static_cast<dialog::Millis>(seconds * 1000);
  return line;
}

// The number of a choice that is shown; 0: it is none.
std::size_t choice_in(const std::string& line, std::size_t count) {
  if (line.empty() || line.size() > 2 ||
      line.find_first_not_of("0123456789") != std::string::npos) {
    return 0;
  }
  const std::size_t number = std::stoul(line);
  return number <= count ? number : 0;
}

}  // namespace

void leave_quietly_on_interrupt() {
  std::signal(SIGINT, [](int) {
    const char newline = '\n';
    if (write(STDOUT_FILENO, &newline, 1) < 0) _exit(1);
    _exit(0);
  });
}

TerminalTalk::TerminalTalk(dialog::Rehearsal& rehearsal)
    : rehearsal_(rehearsal), prompts_(isatty(STDIN_FILENO) != 0) {}

std::optional<dialog::Line> TerminalTalk::read() {
  for (std::string text;;) {
    if (prompts_) {
      fmt::print("> ");
      std::fflush(stdout);
    }
    if (!std::getline(std::cin, text)) return std::nullopt;
    if (text.find_first_not_of(" \t\r") == std::string::npos) continue;
    text = text.substr(0, line_bytes);
    if (text.starts_with("/file ")) return file_line(text.substr(6));
    if (text.starts_with("/silence ")) {
      if (auto silence = silence_line(text.substr(9))) return silence;
      fmt::print("say /silence SECONDS\n");
      continue;
    }
    dialog::Line line;
    line.text = text;
    if (const std::size_t chosen = choice_in(text, shown_.size())) {
      line.text = shown_[chosen - 1].title;
      line.payload = shown_[chosen - 1].payload;
      if (!line.payload.empty()) line.kind = dialog::Line::Kind::payload;
    }
    return line;
  }
}

void TerminalTalk::print(const std::vector<dialog::Choice>& choices) {
  for (const dialog::Choice& choice : choices) {
    if (!choice.url.empty()) {
      fmt::print("  {}: {}\n", choice.title, choice.url);
      continue;
    }
    shown_.push_back({choice.title, choice.payload});
    fmt::print("  [{}] {}\n", shown_.size(), choice.title);
  }
}

void TerminalTalk::print(const dialog::Rehearsal::Heard& heard) {
  shown_.clear();
  for (const dialog::event::Replied& reply : heard.replies) {
    fmt::print("bot: {}\n", reply.text);
    if (!reply.image_url.empty()) fmt::print("  image: {}\n", reply.image_url);
    if (!reply.attachment_url.empty()) fmt::print("  file: {}\n", reply.attachment_url);
    if (reply.upload) fmt::print("  (asks for a file; say /file NAME MEDIA_TYPE)\n");
    print(reply.buttons);
    print(reply.quick_replies);
  }
  std::fflush(stdout);
}

void TerminalTalk::run(const std::string& welcome, const OnHeard& heard) {
  if (prompts_) fmt::print("{}\n", welcome);
  dialog::Line opening;
  opening.kind = dialog::Line::Kind::opens;
  for (std::optional<dialog::Line> line = opening; line; line = read()) {
    const dialog::Rehearsal::Heard turn = rehearsal_.play(*line);
    heard(*line, turn);
    print(turn);
  }
  if (prompts_) fmt::print("\n");
}

}  // namespace bot
