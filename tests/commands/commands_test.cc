// The binary as a business uses it: init, check, train, test, eval and chat, by their output and
// exit codes.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;

struct Ran {
  int code = 0;
  std::string output;  // Both streams
};

Ran run(const std::string& arguments) {
  Ran ran;
  const std::string line = fmt::format("{} {} 2>&1", USHER_PROGRAM, arguments);
  FILE* pipe = ::popen(line.c_str(), "r");
  REQUIRE(pipe != nullptr);
  char buffer[4096];
  while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, pipe))
    ran.output.append(buffer, count);
  const int status = ::pclose(pipe);
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  return ran;
}

bool says(const Ran& ran, const std::string& words) {
  return ran.output.find(words) != std::string::npos;
}

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
  for (const char* command : {"init", "check", "train", "eval", "test", "chat", "serve"}) {
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
  CHECK(run("eval").code == 2);
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
  CHECK(run("eval sentiment").code == 2);
  std::ofstream(table) << "text,label\nsome text,happy\n";
  CHECK(says(run(fmt::format("eval sentiment --test {}", table)),
             "the label 'happy' is none of negative, neutral and positive"));
  CHECK(says(run(fmt::format("eval sentiment --train {} --folds 2", table)),
             "the label 'happy' has one text"));
}
