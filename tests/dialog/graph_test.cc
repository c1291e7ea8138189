#include "dialog/graph.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "dialog/graph_layout.h"
#include "tests/dialog/talk.h"

namespace dialog {
namespace {

const std::string domain =
    "slots:\n  city: {type: text}\n  n: {type: float}\n"
    "responses:\n  utter_ask_city: [{text: \"Which <city>?\"}]\n"
    "  utter_done: [{text: \"Done & dusted\"}]\n";

const std::string flows =
    "flows:\n"
    "  a:\n"
    "    description: Try \"it\"\n"
    "    nlu_trigger: [{intent: book}]\n"
    "    steps:\n"
    "      - id: ask\n"
    "        collect: city\n"
    "        next:\n"
    "          - if: slots.n < 3\n"
    "            then: ask\n"
    "          - if: slots.city is \"x\"\n"
    "            then:\n"
    "              - call: b\n"
    "                next: ask\n"
    "          - else: look\n"
    "      - id: look\n"
    "        http: {get: /x, on_error: b}\n"
    "      - say: utter_done\n"
    "  b:\n"
    "    description: Other\n"
    "    if: false\n"
    "    steps:\n"
    "      - say: utter_done\n";

bool overlap(const Box& a, const Box& b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

}  // namespace

TEST_CASE("a flow's graph has its steps, branches, ends and other flows") {
  const BotPtr bot = bot_of(domain, flows);
  const Graph graph = graph_of(*bot, *bot->find_flow("a"));
  REQUIRE(graph.nodes.size() == 7);  // start, four steps, an end, the other flow
  CHECK(graph.nodes[0].kind == NodeKind::start);
  CHECK(graph.nodes[1].lines == std::vector<std::string>{"ask city", "Which <city>?"});
  CHECK(std::count_if(graph.edges.begin(), graph.edges.end(),
                      [](const Edge& edge) { return edge.failure; }) == 1);
  CHECK(to_mermaid(graph) ==
        "flowchart TD\n"
        "  n0([\"a<br>when they mean book\"])\n"
        "  n1[/\"ask city<br>Which #lt;city#gt;?\"/]\n"
        "  n2[[\"call b\"]]\n"
        "  n3[\"GET /x\"]\n"
        "  n4[\"utter_done<br>Done & dusted\"]\n"
        "  n5[[\"b\"]]\n"
        "  n6([\"end\"])\n"
        "  n0 --> n1\n"
        "  n1 -->|\"if slots.n #lt; 3\"| n1\n"
        "  n1 -->|\"if slots.city is #quot;x#quot;\"| n2\n"
        "  n1 -->|\"else\"| n3\n"
        "  n2 --> n1\n"
        "  n3 --> n4\n"
        "  n3 -.->|\"on error\"| n5\n"
        "  n4 --> n6\n");
}

TEST_CASE("a drawing has links, counts and no markup from a bot's texts") {
  const BotPtr bot = bot_of(domain, flows);
  const Graph graph = graph_of(*bot, *bot->find_flow("a"));
  const std::string plain = to_svg(*bot, graph);
  CHECK(plain.find("Which &lt;city&gt;?") != std::string::npos);
  CHECK(plain.find("<city>") == std::string::npos);
  CHECK(plain.find("<a href=\"b.svg\">") != std::string::npos);
  CHECK(plain.find("class=\"missed") == std::string::npos);
  CHECK(plain == to_svg(*bot, graph));
  FlowCounts counts;
  counts.started = 12;
  counts.steps["ask"] = 11;
  counts.left["ask"] = 4;
  counts.branches["ask"] = {0, 2, 5};
  SvgOptions traffic;
  traffic.traffic = &counts;
  const std::string busy = to_svg(*bot, graph, traffic);
  CHECK(busy.find(">11×</text>") != std::string::npos);
  CHECK(busy.find("4 left here") != std::string::npos);
  CHECK(busy.find("if slots.city is &quot;x&quot; · 2") != std::string::npos);
  SvgOptions coverage;
  coverage.coverage = &counts;
  coverage.link_before = "#";
  coverage.link_after = "";
  const std::string covered = to_svg(*bot, graph, coverage);
  CHECK(covered.find("<g class=\"collect covered\">") != std::string::npos);
  CHECK(covered.find("<g class=\"http missed\">") != std::string::npos);
  CHECK(covered.find("<g class=\"edge missed\">") != std::string::npos);
  CHECK(covered.find("<a href=\"#b\">") != std::string::npos);
}

TEST_CASE("boxes do not overlap, lines go from box to box, and all is within the drawing") {
  for (const unsigned seed : {1u, 2u, 3u, 4u, 5u}) {
    std::uint64_t state = seed;
    const auto random = [&](std::uint64_t below) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      return (state >> 33) % below;
    };
    std::vector<Box> boxes;
    for (int i = 0; i < 60; ++i) {
      boxes.push_back(
          {60 + static_cast<double>(random(200)), 30 + static_cast<double>(random(60)), 0, 0});
    }
    std::vector<Wire> wires;
    for (std::size_t i = 1; i < boxes.size(); ++i) wires.push_back({random(i), i});
    for (int i = 0; i < 40; ++i) {
      wires.push_back({random(60), random(60), random(2) == 0 ? 0.0 : 90.0, 17});
    }
    const Extent extent = lay_out(boxes, wires);
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      CHECK(boxes[i].x >= 0);
      CHECK(boxes[i].y >= 0);
      CHECK(boxes[i].x + boxes[i].width <= extent.width);
      CHECK(boxes[i].y + boxes[i].height <= extent.height);
      for (std::size_t k = 0; k < i; ++k) CHECK_FALSE(overlap(boxes[i], boxes[k]));
    }
    for (const Wire& wire : wires) {
      REQUIRE(wire.points.size() >= 2);
      const Point& from = wire.points.front();
      const Point& to = wire.points.back();
      const auto touches = [&](const Box& box, const Point& at) {
        return at.x >= box.x - 1 && at.x <= box.x + box.width + 1 && at.y >= box.y - 1 &&
               at.y <= box.y + box.height + 1;
      };
      CHECK(touches(boxes[wire.from], from));
      CHECK(touches(boxes[wire.to], to));
    }
  }
}

TEST_CASE("a flow of a thousand steps is drawn") {
  std::string steps = "flows:\n  a:\n    description: Long\n    if: false\n    steps:\n";
  for (int i = 0; i < 1000; ++i) steps += "      - say: utter_done\n";
  const BotPtr bot = bot_of(domain, steps);
  CHECK(to_svg(*bot, graph_of(*bot, *bot->find_flow("a"))).size() > 100'000);
}

TEST_CASE("traffic is counted by steps, branches and where customers were lost") {
  const BotPtr bot = bot_of(domain, flows);
  Talk talk(bot);
  talk.start("a");
  talk.set("city", "x");  // Calls b and asks again; the slot is kept, so it goes round.
  BotCounts counts;
  count_traffic(*bot, talk.log, counts);
  CHECK(counts["a"].started == 1);
  CHECK(counts["a"].steps["ask"] >= 1);
  CHECK(counts["a"].branches["ask"].size() == 3);
  CHECK(counts["a"].branches["ask"][1] >= 1);
  CHECK(counts["b"].steps["0_say"] >= 1);
  Talk lost(bot);
  lost.start("a");
  lost.wait(2 * 3600 * 1000);
  BotCounts left;
  count_traffic(*bot, lost.log, left);
  CHECK(left["a"].left["ask"] == 1);
}

TEST_CASE("coverage is read as tests write it, and nothing else is") {
  const auto parse = [](const char* text) { return counts_from_json(json::parse(text)); };
  const auto counts =
      parse(R"({"flows": {"a": {"steps": {"ask": 3}, "branches": {"ask": [1, 2, 0]}}}})");
  REQUIRE(counts);
  CHECK(counts->at("a").steps.at("ask") == 3);
  CHECK(counts->at("a").branches.at("ask") == std::vector<std::uint64_t>{1, 2, 0});
  for (const char* wrong : {R"([])", R"({"flow": {}})", R"({"flows": {"a": 1}})",
                            R"({"flows": {"a": {"steps": {"x": -1}}}})",
                            R"({"flows": {"a": {"branches": {"x": 1}}}})"}) {
    INFO(wrong);
    CHECK_FALSE(parse(wrong));
  }
}

}  // namespace dialog
