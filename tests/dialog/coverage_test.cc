#include "dialog/coverage.h"

#include <algorithm>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "dialog/judge.h"
#include "tests/dialog/by_heart.h"

using namespace dialog;

namespace {

Coverage covered_by(const std::string& text) {
  nlu::Diagnostics diagnostics;
  const auto file = nlu::parse_yaml(text, "tests/x.yml");
  REQUIRE(std::holds_alternative<nlu::Yaml>(file));
  Coverage coverage(*parcels());
  const ByHeart interpreter(*parcels());
  for (const Script& script : read_script(std::get<nlu::Yaml>(file), diagnostics)) {
    const auto failure = rehearse(*parcels(), &interpreter, script, &coverage);
    if (failure) FAIL(failure->report);
  }
  return coverage;
}

// "give_back if slots.reason is "broken"" → hits, of branches.
std::uint64_t hits(const Coverage& coverage, const std::string& flow, const std::string& what) {
  for (const Coverage::Item& one : coverage.items()) {
    if (one.flow == flow && one.what == what) return one.hits;
  }
  FAIL("no such item: " << flow << " " << what);
  return 0;
}

}  // namespace

TEST_CASE("a branch is covered when it was taken, whatever slots the flow gave back at its end") {
  const std::string back = "- customer: send 10423 back\n- customer: ";
  const Coverage kept =
      covered_by(back + "changed mind\n- payload: /deny\n  bot: [kept, completed]\n");
  CHECK(hits(kept, "give_back", "if slots.reason is \"broken\"") == 0);
  CHECK(hits(kept, "give_back", "else") == 1);  // The first of that name: of the reason.
  CHECK(hits(kept, "give_back", "if not slots.sure") == 1);
  const Coverage booked = covered_by(back +
                                     "broken\n- attachment: {media_type: image/png}\n"
                                     "- customer: yes please\n  bot: [booked, completed]\n");
  CHECK(hits(booked, "give_back", "if slots.reason is \"broken\"") == 1);
  CHECK(hits(booked, "give_back", "if not slots.sure") == 0);
  Coverage both(*parcels());
  both.add(kept);
  both.add(booked);
  CHECK(both.share(Coverage::Item::Kind::step, "give_back").covered ==
        both.share(Coverage::Item::Kind::step, "give_back").all);
  CHECK(both.share(Coverage::Item::Kind::branch, "give_back").covered == 4);
}

TEST_CASE("failed calls and rejected answers are branches, too") {
  const std::string rejected = "rejected if not (slots.parcel matches \"^10\")";
  const Coverage fine = covered_by("- customer: track 10423\n");
  CHECK(hits(fine, "track", "on_error timeout") == 0);
  CHECK(hits(fine, "ask_parcel", rejected) == 0);
  const Coverage slow = covered_by("- customer: where is parcel 10999\n");
  CHECK(hits(slow, "track", "on_error timeout") == 1);
  const Coverage refused = covered_by(
      "- customer: where is my parcel\n- customer: \"99999\"\n  bot: [no_such_parcel, "
      "ask_parcel]\n");
  CHECK(hits(refused, "ask_parcel", rejected) == 1);
}

TEST_CASE("what the bot's own files do not have does not count") {
  const Coverage coverage(*parcels());
  for (const Coverage::Item& one : coverage.items()) {
    INFO(one.flow << one.what);
    CHECK(one.mark.file != "default patterns");
    CHECK(one.mark.line > 0);
  }
  CHECK(coverage.share().covered == 0);
  CHECK(coverage.share(Coverage::Item::Kind::pattern).all == 1);  // pattern_session_start
  CHECK(coverage.share(Coverage::Item::Kind::response).all == 11);
  CHECK(covered_by("- opens: true\n").share(Coverage::Item::Kind::pattern).covered == 1);
  CHECK(Coverage::Share{}.percent() == 100);
}
