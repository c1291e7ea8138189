// usher graph BOT: its flows, drawn.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bot/bots.h"
#include "bot/commands.h"
#include "bot/graph_page.h"
#include "bot/kept_source.h"
#include "bot/replace_file.h"

namespace bot {
namespace {

namespace fs = std::filesystem;
using dialog::BotCounts;
using nlu::Error;
using nlu::Result;

constexpr std::size_t coverage_bytes = std::size_t{64} << 20;

struct Asked {
  std::string folder, out = "graph", coverage, traffic;
};

int complain(const Error& error) {
  fmt::print(stderr, "{}\n", error.message);
  return 1;
}

Result<std::optional<BotCounts>> read_coverage(const std::string& file) {
  if (file.empty()) return std::optional<BotCounts>{};
  const auto text = read_whole(file);
  if (!text) return text.error();
  if (!*text) return Error{nlu::Errc::not_found, fmt::format("{}: there is no such file", file)};
  const auto json = nlu::parse_json(**text, {coverage_bytes, 32});
  if (!json) return nlu::invalid(fmt::format("{}: {}", file, json.error().message));
  auto counts = dialog::counts_from_json(*json);
  if (!counts) return nlu::invalid(fmt::format("{}: {}", file, counts.error().message));
  return std::optional<BotCounts>(*std::move(counts));
}

Result<std::optional<BotCounts>> read_traffic(const std::string& state, const dialog::Bot& bot) {
  if (state.empty()) return std::optional<BotCounts>{};
  const auto source = read_store(state + "/store");
  if (!source) return source.error();
  BotCounts counts;
  std::vector<dialog::Event> events;
  const auto flush = [&] {
    dialog::count_traffic(bot, events, counts);
    events.clear();
  };
  const auto read =
      (*source)->read(bot.name, [&](const dialog::ConversationId&, const dialog::Event& event) {
        if (event.number == 1) flush();
        events.push_back(event);
      });
  if (!read) return read.error();
  flush();
  return std::optional<BotCounts>(std::move(counts));
}

Result<void> write(const fs::path& file, const std::string& text) {
  const auto before = read_whole(file.string());
  if (!before) return before.error();
  return replace_file(file.string(), *before, text);
}

int graph(const Asked& asked) {
  const auto bot = load_for_reading(asked.folder);
  if (!bot) return complain(bot.error());
  const auto coverage = read_coverage(asked.coverage);
  if (!coverage) return complain(coverage.error());
  const auto traffic = read_traffic(asked.traffic, **bot);
  if (!traffic) return complain(traffic.error());
  const BotCounts* covered = *coverage ? &**coverage : nullptr;
  const BotCounts* travelled = *traffic ? &**traffic : nullptr;
  const fs::path out = asked.out;
  std::size_t count = 0;
  for (const auto& [id, flow] : (*bot)->flows) {
    if (!is_drawn(flow)) continue;
    const dialog::Graph drawing = dialog::graph_of(**bot, flow);
    dialog::SvgOptions options;
    options.traffic = counts_of(travelled, id);
    options.coverage = counts_of(covered, id);
    const auto svg = write(out / (id + ".svg"), dialog::to_svg(**bot, drawing, options));
    if (!svg) return complain(svg.error());
    const auto mermaid = write(out / (id + ".mmd"), dialog::to_mermaid(drawing));
    if (!mermaid) return complain(mermaid.error());
    ++count;
  }
  const auto page = write(out / "index.html", graph_page(**bot, travelled, covered));
  if (!page) return complain(page.error());
  fmt::print("{} flows drawn: {}\n", count, (out / "index.html").string());
  return 0;
}

}  // namespace

void add_graph(CLI::App& app, int& exit_code) {
  auto asked = std::make_shared<Asked>();
  CLI::App* const command = app.add_subcommand("graph", "Draw a bot's flows");
  command->add_option("BOT", asked->folder, "The bot's folder")
      ->required()
      ->check(CLI::ExistingDirectory);
  command->add_option("--out", asked->out, "Where to: FLOW.svg, FLOW.mmd, index.html (graph)");
  command->add_option("--coverage", asked->coverage,
                      "Draw what tests came by: a file of usher test --coverage-json");
  command->add_option("--traffic", asked->traffic,
                      "Draw what customers came by: a server's state folder");
  command->footer(
      "Examples:\n"
      "  usher graph flows/shop --out shop_flows\n"
      "  usher graph flows/shop --traffic var/usher     how often, and where customers left\n"
      "Exit code: 0 drawn, 1 not, 2 called wrongly.");
  command->callback([asked, &exit_code] { exit_code = graph(*asked); });
}

}  // namespace bot
