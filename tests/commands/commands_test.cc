// The binary as a business uses it: init, check, train, test, eval and chat, by their output and
// exit codes.
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "tests/commands/run.h"

namespace {

namespace fs = std::filesystem;

void replace(const fs::path& file, const std::string& from, const std::string& to) {
  std::ifstream in(file);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
  std::ofstream(file) << text;
}

class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / fmt::format("usher-commands-{}", ::getpid())) {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  fs::path path() const { return path_; }

 private:
  fs::path path_;
};

}  // namespace

TEST_CASE("called wrongly, usher says how to call it, and exits with 2") {
  CHECK(run("").code == 2);
  CHECK(run("frobnicate").code == 2);
  CHECK(run("check").code == 2);
  CHECK(run("serve flows/shop --port 99999999").code == 2);
  CHECK(run("--help").code == 0);
  for (const char* command :
       {"init", "check", "train", "eval", "test", "chat", "serve", "explain", "replay", "graph"}) {
    const Ran help = run(std::string(command) + " --help");
    INFO(command);
    CHECK(help.code == 0);
    CHECK(says(help, "Example"));
  }
}

TEST_CASE("a folder that is no bot is an error with advice, never a crash") {
  for (const char* command : {"check", "train", "test", "serve"}) {
    const Ran ran = run(std::string(command) + " /nonexistent");
    INFO(command << ": " << ran.output);
    CHECK((ran.code == 1 || ran.code == 2));
    CHECK(says(ran, "/nonexistent"));
  }
}

TEST_CASE("a new bot checks, trains, and its conversations go as written") {
  const Folder folder;
  const std::string bot = (folder.path() / "bot").string();
  REQUIRE(run("init " + bot).code == 0);
  CHECK(run("init " + bot).code == 2);  // Never over what is there.
  const Ran checked = run("check " + bot);
  INFO(checked.output);
  CHECK(checked.code == 0);
  CHECK(run("train " + bot).code == 0);
  const Ran tested = run("test " + bot);
  INFO(tested.output);
  CHECK(tested.code == 0);
  const Ran evaluated = run("eval " + bot);
  CHECK(evaluated.code == 0);
  CHECK(says(evaluated, "precision"));
  const Ran talked = run("chat " + bot + " --explain < /dev/null");
  INFO(talked.output);
  CHECK(talked.code == 0);
}

TEST_CASE("the shop's conversations go as written, and a flow broken by hand is found by line") {
  const Folder folder;
  const fs::path shop = folder.path() / "shop";
  fs::copy("flows/shop", shop, fs::copy_options::recursive);
  const Ran fine = run("test " + shop.string());
  INFO(fine.output);
  CHECK(fine.code == 0);
  CHECK(says(fine, " 0 failed"));

  replace(shop / "flows/order_status.yml", "collect: order_number", "collect: order_numbr");
  const Ran broken = run("check " + shop.string());
  INFO(broken.output);
  CHECK(broken.code == 1);
  CHECK(says(broken, "flows/order_status.yml:"));
  CHECK(says(broken, "did you mean 'order_number'?"));
  CHECK(run("test " + shop.string()).code == 1);
  replace(shop / "flows/order_status.yml", "collect: order_numbr", "collect: order_number");

  replace(shop / "flows/order_status.yml", "utter_order_status", "utter_opening_hours");
  const Ran wrong = run("test " + shop.string());
  INFO(wrong.output);
  CHECK(wrong.code == 1);
  CHECK(says(wrong, "tests/order_status_happy_path.yml:"));
  CHECK(says(wrong, "expected bot: utter_order_status"));
  CHECK(says(wrong, "flows/order_status.yml:"));
}

TEST_CASE("labelled texts are turned into other formats, trained on and tested") {
  const Folder folder;
  const std::string table = folder.path() / "train.csv", yaml = folder.path() / "train.yml",
                    report = folder.path() / "report.json";
  std::ofstream out(table);
  out << "text,label\n";
  for (const char* place : {"rome", "paris", "the sea", "oslo", "my hotel", "berlin"}) {
    out << "what is the weather in " << place << ",weather\n";
    out << "book a flight to " << place << ",flight\n";
    out << "play a song about " << place << ",music\n";
  }
  out.close();
  const Ran converted = run(fmt::format("convert {} {}", table, yaml));
  INFO(converted.output);
  CHECK(converted.code == 0);
  CHECK(says(converted, "18 rows"));
  CHECK(says(run(fmt::format("convert {} {}", table, folder.path().string() + "/x.txt")),
             "say --to csv, jsonl, rasa or conll"));

  const Ran tested =
      run(fmt::format("eval nlu --train {} --test {} --json {}", yaml, table, report));
  INFO(tested.output);
  CHECK(tested.code == 0);
  CHECK(says(tested, "18 in scope"));
  std::ifstream in(report);
  const std::string json((std::istreambuf_iterator<char>(in)), {});
  for (const char* key : {"task", "accuracy", "macro_f1", "weighted_f1", "oos_auroc", "oos_recall",
                          "in_scope_accuracy_at_threshold", "ece", "train_seconds", "peak_rss_mb",
                          "us_per_utterance", "labels"}) {
    INFO(key);
    CHECK(json.find(fmt::format("\"{}\":", key)) != std::string::npos);
  }
  CHECK(run(fmt::format("eval nlu --train {} --folds 3", table)).code == 0);
  CHECK(run(fmt::format("eval nlu --train {}", table)).code == 2);
  const Ran chosen = run(fmt::format("eval nlu --train {0} --test {0} --dev {0}", table));
  CHECK(says(chosen, "Trained on 18 rows"));
  CHECK(says(chosen, fmt::format("Chosen by 18 rows of {}: temperature 0.", table)));
  CHECK(run(fmt::format("eval nlu --train {0} --folds 3 --dev {0}", table)).code == 2);
  CHECK(run("eval").code == 2);
}

TEST_CASE("data that cannot be learned from is refused, or doubted, with what to do") {
  struct Case {
    const char* file;
    std::string content;
    int code;
    const char* message;  // @ stands for the file's path.
  };
  const std::string two = "text,label\nbook a flight,fly\nfly me home,fly\nplay it,play\n";
  std::string lopsided = two, latin1 = "text,label\n";
  for (int i = 0; i < 120; ++i) lopsided += "fly to gate " + std::to_string(i) + ",fly\n";
  for (int i = 0; i < 9; ++i)
    latin1 +=
        "m\xf6"
        "chten Sie \xfc"
        "ber die Br\xfc"
        "cke gehen,x\n";
  std::string utf16 = "\xff\xfe";
  for (const char c : two) utf16 += {c, '\0'};
  const std::vector<Case> cases{
      {"one.csv", "text,label\nhello,greet\nhi,greet\n", 1,
       "@:2: all examples in scope are of 'greet'; a model tells intents apart: give examples of "
       "another one"},
      {"outside.csv", "text,label\nhello,oos\n", 1,
       "@:2: no example is of an intent, only of what is out of scope; a model tells intents "
       "apart: give examples of another one"},
      {"header.csv", "text,label\n", 1, "@: has no rows; write at least one below the first line"},
      {"empty.csv", "", 1, "@:1: the first line must name the columns 'text' and 'label'"},
      {"names.csv", "words,kind\nhello,greet\n", 1,
       "@:1: the first line must name the columns 'text' and 'label'"},
      {"blank.csv", two + "  ,play\n", 1, "@:5: the text is empty; write one, or delete the row"},
      {"unlabelled.csv", two + "stop it,\n", 1,
       "@:5: the label is missing; write one, or delete the row"},
      {"short.csv", two + "stop it\n", 1, "@: line 5: 1 fields, but the first row has 2"},
      {"quote.csv", two + "\"stop it,play\n", 1, "@: line 5: a quote is never closed"},
      {"latin1.csv", latin1, 1,
       "@:2: this is not UTF-8; it looks like ISO-8859-1; convert it: iconv -f ISO-8859-1 -t UTF-8 "
       "OLD > NEW"},
      {"utf16.csv", utf16, 1,
       "@:1: this is not UTF-8; it looks like UTF-16LE; convert it: iconv -f UTF-16LE -t UTF-8 "
       "OLD > NEW"},
      {"outside.jsonl",
       "{\"text\": \"ab\", \"label\": \"x\", \"entities\": [{\"start\": 1, \"end\": 3, "
       "\"entity\": \"y\"}]}\n",
       1, "@:1: the entity from 1 to 3 is outside its text of 2 characters"},
      {"broken.jsonl", "{\"text\": \"ab\"", 1, "@:1: "},
      {"texts.txt", two, 1,
       "@: its name does not tell its format; say --format csv, jsonl, rasa or conll"},
      {"twice.csv", two + "Play it,fly\n", 0,
       "@:5:1: warning: this text is 'fly' here and 'play' at @:4; keep one of them"},
      {"lopsided.csv", lopsided, 0,
       "@:2:1: warning: 122 of 123 examples are of 'fly'; the others will hardly be learnt: give "
       "more of them, or fewer of this"},
      {"mark.csv", "\xef\xbb\xbf" + two, 0, "Trained on 3 rows"},
      {"lines.csv", "text,label\r\nbook it,fly\r\nplay it,play\r\n", 0, "Trained on 2 rows"},
      {"tabs.csv", "text\tlabel\nbook, please\tfly\nplay it\tplay\n", 0, "Trained on 2 rows"},
  };
  const Folder folder;
  const std::string test = folder.path() / "test.csv";
  std::ofstream(test) << two;
  for (const Case& one : cases) {
    const std::string path = folder.path() / one.file;
    std::ofstream(path, std::ios::binary) << one.content;
    const Ran ran = run(fmt::format("eval nlu --train {} --test {}", path, test));
    INFO(one.file << ": " << ran.output);
    std::string message = one.message;
    for (std::size_t at; (at = message.find('@')) != std::string::npos;)
      message.replace(at, 1, path);
    CHECK(ran.code == one.code);
    CHECK(says(ran, message));
  }
}

TEST_CASE("usher eval sentiment tests a file's labels, or what comes with Usher") {
  const Folder folder;
  const std::string table = folder.path().string() + "/tone.csv";
  const std::string report = folder.path().string() + "/tone.json";
  std::ofstream out(table);
  out << "text,label\n";
  for (const char* thing : {"parcel", "lamp", "chair", "phone", "jacket", "soup"}) {
    out << "the " << thing << " is wonderful,positive\n";
    out << "the " << thing << " is terrible,negative\n";
  }
  out.close();
  const Ran shipped = run(fmt::format("eval sentiment --test {} --json {}", table, report));
  INFO(shipped.output);
  CHECK(shipped.code == 0);
  CHECK(says(shipped, "Right: 100.0 % of 12"));
  std::ifstream in(report);
  const std::string json((std::istreambuf_iterator<char>(in)), {});
  for (const char* key : {"task", "accuracy", "macro_f1", "weighted_f1", "word_list_accuracy",
                          "train_seconds", "peak_rss_mb", "us_per_utterance", "labels"}) {
    INFO(key);
    CHECK(json.find(fmt::format("\"{}\":", key)) != std::string::npos);
  }
  CHECK(run(fmt::format("eval sentiment --train {} --folds 3", table)).code == 0);
  CHECK(run(fmt::format("eval sentiment --train {}", table)).code == 2);
  CHECK(says(run(fmt::format("eval sentiment --train {0} --test {0} --dev {0}", table)),
             fmt::format("Chosen by 12 rows of {}: temperature", table)));
  CHECK(run(fmt::format("eval sentiment --test {0} --dev {0}", table)).code == 2);
  CHECK(run("eval sentiment").code == 2);
  std::ofstream(table) << "text,label\nsome text,happy\n";
  CHECK(says(run(fmt::format("eval sentiment --test {}", table)),
             "the label 'happy' is none of negative, neutral and positive"));
  CHECK(says(run(fmt::format("eval sentiment --train {} --folds 2", table)),
             "the label 'happy' has one text"));
}
