#include <filesystem>

#include <catch2/catch.hpp>

#include "nlu/torch/fit.h"
#include "nlu/torch/load.h"
#include "nlu/torch/model.h"
#include "nlu/torch/tag_network.h"
#include "nlu/torch/trainer.h"

using namespace nlu;

namespace {

// Sentences of three tokens out of four columns; the tag of the last is B exactly when the first
// and the last token are the same, which no sum of one column's weights can tell.
struct Echo {
  SparseRows tokens;
  std::vector<std::int64_t> tags;
  std::vector<std::size_t> ends;

  Echo() {
    for (int i = 0; i < 96; ++i) {
      const int first = i & 1, last = i >> 1 & 1, middle = 2 + (i >> 2 & 1);
      for (const int column : {first, middle, last}) {
        tokens.columns.push_back(column);
        tokens.values.push_back(1.0f);
        tokens.ends.push_back(std::ssize(tokens.columns));
      }
      tags.insert(tags.end(), {0, 0, first == last ? 1 : 0});
      ends.push_back(tags.size());
    }
  }
};

TaggerOptions small() {
  TaggerOptions options;
  options.epochs = 60;
  options.width = 8;
  options.embedded = 4;
  options.feature_dropout = 0;
  options.dropout = 0;
  options.alone = 0;
  options.rate = 1e-2;
  return options;
}

std::vector<float> by_hand(const Echo& echo, const Crf& crf) {
  std::vector<float> all;
  for (std::size_t s = 0; s < echo.ends.size(); ++s) {
    std::vector<double> scores(3 * crf.tags);
    TagRows rows;
    for (std::size_t w = 0; w < 3; ++w) {
      const auto column = static_cast<std::size_t>(echo.tokens.columns[3 * s + w]);
      rows.columns.push_back(static_cast<std::int32_t>(column));
      rows.ends.push_back(rows.columns.size());
      for (std::size_t t = 0; t < crf.tags; ++t)
        scores[w * crf.tags + t] =
            static_cast<double>(crf.bias[t] + crf.emissions[column * crf.tags + t]);
    }
    for (const TagNetwork& network : crf.networks)
      add_tag_scores(TagNetworkView(network), rows, crf.tags, scores);
    for (const double score : scores) all.push_back(static_cast<float>(score));
  }
  return all;
}

Example annotated(const std::string& text, const std::string& name) {
  Example example;
  example.text = text;
  Entity entity;
  entity.type = "person";
  entity.span = {text.find(name), text.find(name) + name.size()};
  entity.value = name;
  example.entities.push_back(entity);
  return example;
}

}  // namespace

TEST_CASE("the network learns what lies two words apart") {
  const Echo echo;
  const Crf crf = fit_crf(echo.tokens, echo.tags, echo.ends, 4, 3, small(), {});
  const std::vector<float> scores = by_hand(echo, crf);
  for (std::size_t s = 0; s < echo.ends.size(); ++s) {
    const float* const last = scores.data() + (3 * s + 2) * 3;
    CHECK((last[1] > last[0]) == (echo.tags[3 * s + 2] == 1));
  }
}

TEST_CASE("the tagger's scores are those of LibTorch") {
  const Echo echo;
  TaggerOptions options = small();
  options.epochs = 3;
  options.layers = 3;
  options.embedded = 3;  // The fourth column has no vector.
  const Crf crf = fit_crf(echo.tokens, echo.tags, echo.ends, 4, 3, options, {});
  const std::vector<float> mine = by_hand(echo, crf), theirs = forward_tagger(echo.tokens, 3, crf);
  REQUIRE(mine.size() == theirs.size());
  for (std::size_t i = 0; i < mine.size(); ++i) CHECK(mine[i] == Approx(theirs[i]).margin(1e-4));
}

TEST_CASE("several taggers say what they say on average") {
  const Echo echo;
  std::vector<Crf> members;
  std::vector<std::vector<float>> scores;
  for (const std::uint64_t seed : {1, 2, 3}) {
    TaggerOptions options = small();
    options.seed = seed;
    options.epochs = 3;
    members.push_back(fit_crf(echo.tokens, echo.tags, echo.ends, 4, 3, options, {}));
    scores.push_back(by_hand(echo, members.back()));
  }
  const std::vector<float> last = members[2].transitions;
  const float sum = members[0].transitions[1] + members[1].transitions[1] + last[1];
  const Crf all = average(std::move(members));
  CHECK(all.networks.size() == 3);
  CHECK(all.transitions[1] == Approx(sum / 3));
  const std::vector<float> mean = by_hand(echo, all);
  for (std::size_t i = 0; i < mean.size(); ++i)
    CHECK(mean[i] == Approx((scores[0][i] + scores[1][i] + scores[2][i]) / 3).margin(1e-4));
}

TEST_CASE("a seed gives the same tagger, another one another") {
  const Echo echo;
  TaggerOptions options = small();
  options.epochs = 2;
  options.dropout = 0.3;
  options.alone = 0.25;
  const auto fit = [&] { return fit_crf(echo.tokens, echo.tags, echo.ends, 4, 3, options, {}); };
  const Crf first = fit();
  CHECK(first.networks.front().weights == fit().networks.front().weights);
  CHECK(first.emissions == fit().emissions);
  options.seed = 2;
  CHECK(first.networks.front().weights != fit().networks.front().weights);
}

TEST_CASE("what a document says elsewhere tells a name's kind") {
  TrainingData data;
  int document = 0;
  // Alone "Blackburn won" is a town or a man; another sentence of the document says which.
  const auto add = [&](const std::string& type, const std::string& sentence,
                       const std::string& name, bool first) {
    Example example = annotated(sentence, name);
    example.entities[0].type = type;
    example.document = first ? ++document : document;
    data.examples.push_back(std::move(example));
  };
  for (const std::string name : {"Blackburn", "Lincoln", "Chester", "Preston", "Lancaster",
                                 "Warwick", "Clifton", "Hastings"}) {
    add("person", "Mister " + name + " spoke first", name, true);
    add("person", name + " won", name, false);
    add("town", "in " + name + " it rained", name, true);
    add("town", name + " won", name, false);
  }
  const std::string path =
      (std::filesystem::temp_directory_path() / "usher_documents.safetensors").string();
  REQUIRE(train(data, {}, path));
  const auto interpreter = load_interpreter(path);
  std::filesystem::remove(path);
  REQUIRE(interpreter);
  std::vector<Example> asked(4);
  asked[0].text = "Mister Stafford spoke first";
  asked[2].text = "in Stafford it rained";
  asked[1].text = asked[3].text = "Stafford won";
  asked[0].document = asked[1].document = 1;
  asked[2].document = asked[3].document = 2;
  const std::vector<DocumentPlace> places = places_of(asked);
  for (const auto& [sentence, type] : {std::pair{1, "person"}, {3, "town"}}) {
    const auto at = static_cast<std::size_t>(sentence);
    const Utterance utterance{asked[at].text, "", {}, places[at]};
    const auto understood = (*interpreter)->interpret({&utterance, 1});
    REQUIRE(understood[0].entities.size() == 1);
    CHECK(understood[0].entities[0].type == type);
  }
}

TEST_CASE("a model of entities alone: no intents, entities by capitals, Chinese by character") {
  TrainingData data;
  for (const char* name : {"Anna", "Boris", "Clara", "Dimitri", "Emma", "Farid"}) {
    const std::string n = name;
    data.examples.push_back(annotated("please call " + n + " back today", n));
    data.examples.push_back(annotated("i spoke to " + n + " about it", n));
  }
  for (const char* name : {"王小明", "李娜", "张伟", "刘洋", "陈静", "杨磊"}) {
    const std::string n = name;
    data.examples.push_back(annotated("请让" + n + "给我回电话", n));
    data.examples.push_back(annotated("我昨天和" + n + "谈过了", n));
  }
  const std::string path =
      (std::filesystem::temp_directory_path() / "usher_entities_only.safetensors").string();
  REQUIRE(train(data, {}, path));
  const auto interpreter = load_interpreter(path);
  std::filesystem::remove(path);
  REQUIRE(interpreter);
  const auto understood =
      (*interpreter)
          ->interpret(std::vector<Utterance>{{"please call Gudrun back today", ""},
                                             {"我昨天和赵云谈过了", ""}});
  CHECK(understood[0].best() == nullptr);
  REQUIRE(understood[0].entities.size() == 1);
  CHECK(understood[0].entities[0].value == "Gudrun");
  REQUIRE(understood[1].entities.size() == 1);
  CHECK(understood[1].entities[0].value == "赵云");
}
