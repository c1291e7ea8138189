#include "bot/graph_page.h"

#include <algorithm>

#include <fmt/format.h>

#include "dialog/respond.h"
#include "nlu/base/markup.h"

namespace bot {
namespace {

const char* const style =
    ":root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;"
    "max-width:1100px;padding:24px;color:#1d2330;background:#fff}a{color:#1a56c4}"
    "h2{margin:40px 0 4px}.drawing{overflow-x:auto;border:1px solid #d5dbe7;border-radius:8px;"
    "margin-top:8px}table{border-collapse:collapse}td,th{padding:4px 12px 4px 0;text-align:left;"
    "vertical-align:top}td.n,th.n{text-align:right}.skip{position:absolute;left:-999px}"
    ".skip:focus{left:8px}"
    "@media(prefers-color-scheme:dark){body{color:#e8ebf2;background:#14171d}a{color:#8ab4f8}"
    ".drawing{border-color:#48526a}}";

std::uint64_t left_in(const dialog::FlowCounts* counts) {
  std::uint64_t sum = 0;
  if (counts != nullptr) {
    for (const auto& [step, count] : counts->left) sum += count;
  }
  return sum;
}

std::size_t covered_steps(const dialog::Flow& flow, const dialog::FlowCounts* counts) {
  return static_cast<std::size_t>(
      std::count_if(flow.steps.begin(), flow.steps.end(), [&](const dialog::Step& step) {
        const auto found =
            counts == nullptr ? decltype(counts->steps.end()){} : counts->steps.find(step.id);
        return counts != nullptr && found != counts->steps.end() && found->second > 0;
      }));
}

std::string row_of(const dialog::Flow& flow, const dialog::BotCounts* traffic,
                   const dialog::BotCounts* coverage) {
  std::string row = fmt::format("<tr><td><a href=\"#{0}\">{0}</a></td><td>{1}</td>", flow.id,
                                nlu::escape_markup(flow.description));
  if (traffic != nullptr) {
    const dialog::FlowCounts* counts = counts_of(traffic, flow.id);
    row += fmt::format("<td class=\"n\">{}</td><td class=\"n\">{}</td>",
                       counts == nullptr ? 0 : counts->started, left_in(counts));
  }
  if (coverage != nullptr) {
    row += fmt::format("<td class=\"n\">{} of {}</td>",
                       covered_steps(flow, counts_of(coverage, flow.id)), flow.steps.size());
  }
  return row + "</tr>\n";
}

}  // namespace

bool is_drawn(const dialog::Flow& flow) {
  // Those that come with Usher lie in no file.
  return !flow.steps.empty() &&
         (!flow.is_pattern || flow.mark.file.find(".y") != std::string::npos);
}

const dialog::FlowCounts* counts_of(const dialog::BotCounts* counts, const std::string& flow) {
  if (counts == nullptr) return nullptr;
  static const dialog::FlowCounts none;
  const auto found = counts->find(flow);
  return found == counts->end() ? &none : &found->second;
}

std::string graph_page(const dialog::Bot& bot, const dialog::BotCounts* traffic,
                       const dialog::BotCounts* coverage) {
  const std::string title = nlu::escape_markup(bot.title.empty() ? bot.name : bot.title);
  std::string rows, drawings;
  for (const auto& [id, flow] : bot.flows) {
    if (!is_drawn(flow)) continue;
    rows += row_of(flow, traffic, coverage);
    dialog::SvgOptions options;
    options.traffic = counts_of(traffic, id);
    options.coverage = counts_of(coverage, id);
    options.link_before = "#";
    options.link_after = "";
    drawings += fmt::format(
        "<section id=\"{0}\"><h2>{0}</h2><p>{1} ({2}:{3})</p>\n<div class=\"drawing\" "
        "tabindex=\"0\" role=\"region\" aria-label=\"Drawing of {0}\">{4}</div></section>\n",
        id, nlu::escape_markup(flow.description), nlu::escape_markup(flow.mark.file),
        flow.mark.line, dialog::to_svg(bot, dialog::graph_of(bot, flow), options));
  }
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\"><title>Flows of {0}</title><style>{1}</style></head>\n<body>"
      "<main><h1>Flows of {0}</h1>\n<table><thead><tr><th scope=\"col\">flow</th><th "
      "scope=\"col\">what for</th>{2}{3}</tr></thead><tbody>\n{4}</tbody></table>\n{5}"
      "</main></body></html>\n",
      title, style,
      traffic == nullptr ? ""
                         : "<th scope=\"col\" class=\"n\">started</th><th scope=\"col\" "
                           "class=\"n\">left in it</th>",
      coverage == nullptr ? "" : "<th scope=\"col\" class=\"n\">steps tested</th>", rows, drawings);
}

}  // namespace bot
