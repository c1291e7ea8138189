#include "nlu/data_check.h"

#include <catch2/catch.hpp>

#include "nlu/annotation.h"

using namespace nlu;

namespace {

class Written {
 public:
  void add(const std::string& intent, const std::string& annotated) {
    if (data_.intents.empty() || data_.intents.back().name != intent)
      data_.intents.push_back({intent, "", {"nlu.yml", ++line_, 1}});
    std::vector<AnnotationProblem> problems;
    AnnotatedText text = parse_annotations(annotated, problems);
    data_.examples.push_back({text.text, intent, text.entities, {"nlu.yml", ++line_, 3}});
  }
  const TrainingData& data() const { return data_; }

  std::vector<std::string> annotations() const {
    Diagnostics diagnostics;
    check_annotations(data_, diagnostics);
    return said(diagnostics);
  }
  std::vector<std::string> labels() const {
    Diagnostics diagnostics;
    check_labels(data_.examples, diagnostics);
    return said(diagnostics);
  }
  std::vector<std::string> intents(const std::vector<Unseen>& unseen) const {
    Diagnostics diagnostics;
    check_intents(data_, unseen, diagnostics);
    return said(diagnostics);
  }

 private:
  static std::vector<std::string> said(const Diagnostics& diagnostics) {
    std::vector<std::string> lines;
    for (const Diagnostic& d : diagnostics) lines.push_back(to_string(d) + " [" + d.code + "]");
    return lines;
  }
  TrainingData data_;
  int line_ = 0;
};

}  // namespace

TEST_CASE("an annotation that most examples have and one has not is found") {
  Written written;
  for (int i = 0; i < 3; ++i) written.add("travel", "fly to [New York](city) now");
  written.add("travel", "is new york nice");
  written.add("out_of_scope", "who won in new york");
  written.add("travel", "a [York](city) ham");  // Another, too rare to be a custom.
  CHECK(written.annotations() ==
        std::vector<std::string>{"nlu.yml:5:3: warning: 'new york' is no entity here, but 'city' "
                                 "in 3 of 4 examples, as at nlu.yml:2 [missing_annotation]"});
}

TEST_CASE("an annotation of another type than the usual one is found") {
  Written written;
  for (int i = 0; i < 4; ++i) written.add("buy", "one [红色沙发](product) 谢谢");
  written.add("buy", "[红色沙发](color)");
  CHECK(written.annotations() ==
        std::vector<std::string>{"nlu.yml:6:3: warning: '红色沙发' is 'color' here, but 'product' "
                                 "in 4 of 5 examples, as at nlu.yml:2 [annotation_disagrees]"});
}

TEST_CASE("numbers, short words and what is half and half are left to the author") {
  Written written;
  for (int i = 0; i < 6; ++i)
    written.add("order", "[10423](number) for [two](number) [blue](color)");
  for (int i = 0; i < 6; ++i) written.add("order", "10423 and two in blue");
  CHECK(written.annotations().empty());
}

TEST_CASE("a text with two labels is found, and a label that most examples have") {
  Written written;
  written.add("stop", "cancel it");
  for (int i = 0; i < 98; ++i) written.add("go", "go on " + std::to_string(i));
  CHECK(written.labels().empty());
  written.add("go", "Cancel it");
  CHECK(written.labels() ==
        std::vector<std::string>{
            "nlu.yml:4:3: warning: 99 of 100 examples are of 'go'; the others will hardly be "
            "learnt: give more of them, or fewer of this [lopsided_labels]",
            "nlu.yml:102:3: warning: this text is 'go' here and 'stop' at nlu.yml:2; keep one of "
            "them [conflicting_label]"});
}

TEST_CASE("an example that looks like another intent's is named with the one it is like") {
  Written written;
  for (int i = 0; i < 10; ++i) written.add("track", "where is my parcel");
  written.add("cancel", "stop my order");
  written.add("cancel", "where is the parcel");
  std::vector<Unseen> unseen(10, {"track", 0.9, 0.9});
  unseen.push_back({"cancel", 0.9, 0.9});
  unseen.push_back({"track", 0.93, 0.01});
  CHECK(written.intents(unseen) ==
        std::vector<std::string>{"nlu.yml:14:3: warning: this example of 'cancel' looks like "
                                 "'track' (93 %), as 'where is my parcel' at nlu.yml:2 does; move "
                                 "it, or give more examples like it [mislabelled_example]"});
  unseen.back().p = 0.7;  // Not sure enough to say so.
  CHECK(written.intents(unseen).empty());
}

TEST_CASE("intents taken for each other, and those too small to be found, are named") {
  Written written;
  for (int i = 0; i < 10; ++i) written.add("a", "x");
  for (int i = 0; i < 9; ++i) written.add("b", "y");
  std::vector<Unseen> unseen;
  for (int i = 0; i < 19; ++i) unseen.push_back({i % 2 == 0 ? "a" : "b", 0.5, 0.4});
  const std::vector<std::string> said = written.intents(unseen);
  REQUIRE(said.size() == 2);
  CHECK(said[0] ==
        "nlu.yml:1:1: warning: of 19 examples of 'a' and 'b' 10 are taken for the other, such as "
        "'x' (nlu.yml:3); make one intent of them, or say in more words what tells them apart "
        "[overlapping_intents]");
  CHECK(said[1] ==
        "nlu.yml:12:1: warning: of the 9 examples of 'b' only 4 are found by a model that has not "
        "seen them; give ten or more [too_small_intent]");
}
