#include "bot/test_report.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "nlu/base/json.h"
#include "nlu/base/markup.h"

namespace bot {

namespace {

namespace json = nlu::json;
using Kind = dialog::Coverage::Item::Kind;

// The first complaint in a line: what a build server lists.
std::string headline(const dialog::Failure& failure) {
  const dialog::Complaint& first = failure.complaints.front();
  return fmt::format("line {}: expected {}: {}; got: {}", first.mark.line, first.what,
                     first.expected, first.got);
}

std::string case_name(const dialog::Script& script) {
  if (!script.name.empty()) return script.name;
  const std::size_t slash = script.mark.file.rfind('/');
  const std::string file = script.mark.file.substr(slash == std::string::npos ? 0 : slash + 1);
  return file.substr(0, file.rfind('.'));
}

std::string case_xml(const dialog::Script& script, const TestRun::Result& result) {
  std::string text = fmt::format(
      "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\" time=\"{:.6f}\"",
      nlu::escape_markup(script.mark.file), nlu::escape_markup(case_name(script)),
      nlu::escape_markup(script.mark.file), script.mark.line, result.seconds);
  if (!result.was_played) return text + ">\n      <skipped/>\n    </testcase>\n";
  if (!result.failure) return text + "/>\n";
  return text + fmt::format(
                    ">\n      <failure type=\"conversation\" message=\"{}\">{}</failure>\n"
                    "    </testcase>\n",
                    nlu::escape_markup(headline(*result.failure)),
                    nlu::escape_markup(result.failure->report));
}

const char* kind_name(Kind kind) {
  static constexpr const char* names[] = {"step", "branch", "pattern", "response"};
  return names[static_cast<std::size_t>(kind)];
}

std::string share_text(const dialog::Coverage::Share& share) {
  return share.all == 0 ? "–" : fmt::format("{}/{}", share.covered, share.all);
}

// What is not covered, in words: "return_item: step book", "return_item: reason, else".
std::string item_text(const dialog::Coverage::Item& item) {
  switch (item.kind) {
    case Kind::step:
      return fmt::format("{}: step {}", item.flow, item.step);
    case Kind::branch:
      return fmt::format("{}: step {}, {}", item.flow, item.step, item.what);
    case Kind::pattern:
      return item.flow;
    case Kind::response:
      break;
  }
  return item.what;
}

json::object share_json(const dialog::Coverage::Share& share) {
  return {{"covered", share.covered}, {"all", share.all}, {"percent", share.percent()}};
}

std::vector<std::string> flows_of(const dialog::Coverage& coverage) {
  std::vector<std::string> flows;
  for (const dialog::Coverage::Item& one : coverage.items()) {
    if (one.kind == Kind::step && (flows.empty() || flows.back() != one.flow))
      flows.push_back(one.flow);
  }
  return flows;
}

}  // namespace

std::string as_json(const TestRun& run) {
  json::array list;
  for (std::size_t i = 0; i < run.scripts.size(); ++i) {
    const TestRun::Result& result = run.results[i];
    json::object one{{"file", run.scripts[i].mark.file},
                     {"line", run.scripts[i].mark.line},
                     {"name", case_name(run.scripts[i])},
                     {"passed", result.was_played && !result.failure},
                     {"took_s", result.seconds}};
    if (!result.was_played) one["skipped"] = true;
    if (result.failure) {
      json::array complaints;
      for (const dialog::Complaint& each : result.failure->complaints) {
        complaints.push_back({{"file", each.mark.file},
                              {"line", each.mark.line},
                              {"what", each.what},
                              {"expected", each.expected},
                              {"got", each.got}});
      }
      one["complaints"] = std::move(complaints);
      one["report"] = result.failure->report;
    }
    list.push_back(std::move(one));
  }
  json::object report{{"conversations", run.played()},
                      {"failed", run.failed()},
                      {"took_s", run.seconds},
                      {"steps", json::object{{"all", run.steps().all},
                                             {"as_written", run.steps().as_written},
                                             {"percent", run.steps().percent()}}},
                      {"results", std::move(list)}};
  if (run.coverage) report["coverage_percent"] = run.coverage->share().percent();
  return json::serialize(report);
}

std::string as_junit(const TestRun& run) {
  struct Suite {
    std::size_t tests = 0, failures = 0, skipped = 0;
    double seconds = 0;
    std::string cases;
  };
  std::map<std::string, Suite> suites;
  std::size_t skipped = 0;
  for (std::size_t i = 0; i < run.scripts.size(); ++i) {
    const TestRun::Result& result = run.results[i];
    Suite& suite = suites[run.scripts[i].mark.file];
    ++suite.tests;
    suite.failures += result.failure ? 1 : 0;
    suite.skipped += result.was_played ? 0 : 1;
    skipped += result.was_played ? 0 : 1;
    suite.seconds += result.seconds;
    suite.cases += case_xml(run.scripts[i], result);
  }
  std::string text = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites name=\"usher test\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" "
      "time=\"{:.6f}\">\n",
      run.scripts.size(), run.failed(), skipped, run.seconds);
  for (const auto& [file, suite] : suites) {
    text += fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" "
        "time=\"{:.6f}\">\n{}  </testsuite>\n",
        nlu::escape_markup(file), suite.tests, suite.failures, suite.skipped, suite.seconds,
        suite.cases);
  }
  return text + "</testsuites>\n";
}

std::string coverage_text(const dialog::Coverage& coverage, const std::string& folder) {
  const std::vector<std::string> flows = flows_of(coverage);
  std::size_t width = 10;
  for (const std::string& flow : flows) width = std::max(width, flow.size());
  std::string text = fmt::format("\n{:<{}}  {:>9}  {:>9}\n", "flow", width, "steps", "branches");
  for (const std::string& flow : flows) {
    text += fmt::format("{:<{}}  {:>9}  {:>9}\n", flow, width,
                        share_text(coverage.share(Kind::step, flow)),
                        share_text(coverage.share(Kind::branch, flow)));
  }
  std::string missing;
  for (const dialog::Coverage::Item& one : coverage.items()) {
    if (one.hits == 0) {
      missing += fmt::format(
          "  {}/{}:{}: {} {}\n", folder, one.mark.file, one.mark.line,
          one.kind == Kind::step || one.kind == Kind::branch ? "flow" : kind_name(one.kind),
          item_text(one));
    }
  }
  if (!missing.empty()) text += "\nno test comes by:\n" + missing;
  const auto all = coverage.share();
  return text + fmt::format(
                    "\ncoverage {:.1f} % ({} of {}): steps {}, branches {}, patterns {}, "
                    "responses {}\n",
                    all.percent(), all.covered, all.all, share_text(coverage.share(Kind::step)),
                    share_text(coverage.share(Kind::branch)),
                    share_text(coverage.share(Kind::pattern)),
                    share_text(coverage.share(Kind::response)));
}

std::string coverage_json(const dialog::Coverage& coverage) {
  json::array items;
  for (const dialog::Coverage::Item& one : coverage.items()) {
    json::object item{{"kind", kind_name(one.kind)},
                      {"file", one.mark.file},
                      {"line", one.mark.line},
                      {"hits", one.hits}};
    if (!one.flow.empty()) item["flow"] = one.flow;
    if (!one.step.empty()) item["step"] = one.step;
    if (!one.what.empty()) item[one.kind == Kind::response ? "response" : "branch"] = one.what;
    items.push_back(std::move(item));
  }
  json::object all{{"percent", coverage.share().percent()},
                   {"steps", share_json(coverage.share(Kind::step))},
                   {"branches", share_json(coverage.share(Kind::branch))},
                   {"patterns", share_json(coverage.share(Kind::pattern))},
                   {"responses", share_json(coverage.share(Kind::response))},
                   {"items", std::move(items)}};
  all["flows"] = dialog::to_json(coverage.counts()).at("flows");
  return json::serialize(all);
}

}  // namespace bot
