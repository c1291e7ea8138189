// Kills the server with -9 under load, again and again, and compares what it kept with an outside
// record of what it had acknowledged: nothing lost, nothing doubled, nothing out of order.
//
// USHER_KILLS sets the number of kills, USHER_SEED the moments. Two planted faults (planted.cc)
// show that the comparison finds what it is for.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <catch2/catch.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/visitor.h"

extern char** environ;  // POSIX

namespace {

namespace fs = std::filesystem;
namespace net = boost::asio;
namespace json = boost::json;
using namespace std::chrono_literals;

constexpr int visitors = 50;

// Each is answered by itself, whatever was said before, so that all turns that begin with the same
// words have the same number of replies.
const std::vector<std::string> sentences{"thank you", "are you a robot?", "what can you do?",
                                         "hello"};

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

std::uint16_t free_port() {
  net::io_context io;
  const net::ip::tcp::acceptor acceptor(io, {net::ip::address_v4::loopback(), 0});
  return acceptor.local_endpoint().port();
}

// The real binary over a state folder of its own.
class Server {
 public:
  explicit Server(std::string program)
      : program_(std::move(program)),
        port_(free_port()),
        state_(fs::temp_directory_path() / fmt::format("usher-kill-{}", port_)) {
    fs::remove_all(state_);
    fs::create_directories(state_);
    // As fast as it goes: the limits of rate are not what is tested here.
    std::ofstream(state_ / "usher.yml") << "limits:\n  messages_per_s: 1000\n  message_burst: "
                                           "10000\n  connects_per_address_s: 10000\n";
    start();
  }
  ~Server() {
    stop(SIGKILL);
    fs::remove_all(state_);
  }

  net::ip::tcp::endpoint endpoint() const { return {net::ip::address_v4::loopback(), port_}; }
  std::string log() const { return (state_ / "log").string(); }
  std::string operator_key() const {
    std::ifstream file(state_ / "state" / "keys" / "operator.key");
    std::string key;
    std::getline(file, key);
    return key;
  }

  void kill_and_restart() {
    stop(SIGKILL);
    start();
  }

 private:
  void start() {
    const std::string port = std::to_string(port_), state = (state_ / "state").string(),
                      config = (state_ / "usher.yml").string();
    std::vector<std::string> words{program_, "serve",   "flows/shop", "--demo",   "--port",
                                   port,     "--state", state,        "--config", config};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    for (const int file : {1, 2}) {
      posix_spawn_file_actions_addopen(&files, file, log().c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                       0600);
    }
    REQUIRE(posix_spawn(&process_, program_.c_str(), &files, nullptr, arguments.data(), environ) ==
            0);
    posix_spawn_file_actions_destroy(&files);
  }

  void stop(int signal) {
    if (process_ <= 0) return;
    ::kill(process_, signal);
    ::waitpid(process_, nullptr, 0);
    process_ = 0;
  }

  std::string program_;
  std::uint16_t port_;
  fs::path state_;
  pid_t process_ = 0;
};

// The outside record of one customer: what was said, what was acknowledged, what was shown.
struct Record {
  std::vector<std::string> said;               // Ids, in order
  std::map<std::string, std::string> words;    // Id → text
  std::map<std::string, std::uint64_t> acked;  // Id → seq
  std::map<std::uint64_t, std::string> shown;  // Seq → frame
  std::vector<std::string> wrong;
};

class Crowd {
 public:
  Crowd(net::io_context& io, const net::ip::tcp::endpoint& server, std::uint64_t seed)
      : io_(io), server_(server), random_(seed), records_(visitors) {
    for (int i = 0; i < visitors; ++i) add(i);
  }

  // Everyone says something every now and then until `talking_` ends.
  void talk() {
    for (int i = 0; i < visitors; ++i) net::co_spawn(io_, talk(i), net::detached);
  }
  void fall_silent() { talking_ = false; }

  bool is_settled() const {
    return std::all_of(visitors_.begin(), visitors_.end(), [](const auto& visitor) {
      return visitor->is_connected() && visitor->unacknowledged() == 0 &&
             visitor->last_seq() >= visitor->head_seq();
    });
  }
  void stop() {
    for (auto& visitor : visitors_) visitor->stop();
  }
  const bench::Visitor& visitor(int i) const { return *visitors_[static_cast<std::size_t>(i)]; }
  const Record& record(int i) const { return records_[static_cast<std::size_t>(i)]; }
  std::size_t acknowledged() const {
    std::size_t sum = 0;
    for (const Record& record : records_) sum += record.acked.size();
    return sum;
  }

 private:
  void add(int i) {
    Record& record = records_[static_cast<std::size_t>(i)];
    bench::Visitor::Events events;
    events.acked = [&record](const std::string& id, std::uint64_t seq) {
      const auto [known, added] = record.acked.emplace(id, seq);
      if (!added && known->second != seq) record.wrong.push_back(id + " was acknowledged as two");
    };
    events.seen = [&record](const json::object& frame) {
      const std::uint64_t seq = frame.at("seq").to_number<std::uint64_t>();
      if (!record.shown.emplace(seq, json::serialize(frame)).second) {
        record.wrong.push_back(fmt::format("seq {} was shown twice", seq));
      }
    };
    visitors_.push_back(std::make_unique<bench::Visitor>(
        io_, server_, fmt::format("customer-{:04}", i), std::move(events)));
    net::co_spawn(io_, visitors_.back()->run(), net::detached);
  }

  net::awaitable<void> talk(int i) {
    bench::Visitor& visitor = *visitors_[static_cast<std::size_t>(i)];
    Record& record = records_[static_cast<std::size_t>(i)];
    net::steady_timer pause(io_);
    while (talking_) {
      pause.expires_after(std::chrono::milliseconds(10 + random_() % 150));
      co_await pause.async_wait(net::use_awaitable);
      if (!talking_ || visitor.unacknowledged() >= 8) continue;
      const std::string& words = sentences[random_() % sentences.size()];
      const std::string id = visitor.say(words);
      record.said.push_back(id);
      record.words[id] = words;
    }
  }

  net::io_context& io_;
  net::ip::tcp::endpoint server_;
  std::mt19937_64 random_;
  bool talking_ = true;
  std::vector<Record> records_;
  std::vector<std::unique_ptr<bench::Visitor>> visitors_;
};

void run_for(net::io_context& io, std::chrono::milliseconds time) {
  io.restart();
  io.run_for(time);
}

// What the server kept of one conversation, read from the beginning as a new tab reads it.
std::map<std::uint64_t, json::object> read_back(net::io_context& io, const Server& server,
                                                const bench::Visitor& of, int i) {
  std::map<std::uint64_t, json::object> frames;
  bench::Visitor::Events events;
  events.seen = [&frames](const json::object& frame) {
    frames.emplace(frame.at("seq").to_number<std::uint64_t>(), frame);
  };
  bench::Visitor reader(io, server.endpoint(), fmt::format("auditor-{:04}", i), std::move(events));
  reader.adopt(of.conversation(), of.token());
  bool ended = false;
  net::co_spawn(io, reader.run(), [&ended](const std::exception_ptr&) { ended = true; });
  for (int tries = 0; tries < 500; ++tries) {
    run_for(io, 10ms);
    if (reader.is_connected() && reader.last_seq() >= reader.head_seq()) break;
  }
  reader.stop();
  // What still ran would read `reader` when it is gone.
  for (int tries = 0; tries < 1000 && !ended; ++tries) run_for(io, 10ms);
  REQUIRE(ended);
  return frames;
}

// How many replies each utterance had in each of its turns.
using ReplyCounts = std::map<std::string, std::map<int, int>>;

std::vector<std::string> compare(const Record& record,
                                 const std::map<std::uint64_t, json::object>& kept,
                                 ReplyCounts& counts) {
  std::vector<std::string> wrong = record.wrong;
  std::map<std::string, std::uint64_t> echoes;
  std::vector<std::string> order;
  std::set<std::string> reply_ids;
  std::map<std::uint64_t, int> replies;  // By turn
  std::uint64_t expected = 0;
  for (const auto& [seq, frame] : kept) {
    if (seq != ++expected) wrong.push_back(fmt::format("seq {} follows {}", seq, expected - 1));
    const std::string id(frame.at("id").as_string());
    if (frame.at("type") == "echo") {
      if (!echoes.emplace(id, seq).second) wrong.push_back(id + " is kept twice");
      order.push_back(id);
    } else {
      if (!reply_ids.insert(id).second) wrong.push_back("reply " + id + " is kept twice");
      ++replies[frame.at("turn").to_number<std::uint64_t>()];
    }
  }
  for (const auto& [id, seq] : record.acked) {
    const auto found = echoes.find(id);
    if (found == echoes.end()) {
      wrong.push_back(id + " was acknowledged and is lost");
    } else if (found->second != seq) {
      wrong.push_back(fmt::format("{} was acknowledged as {}, kept as {}", id, seq, found->second));
    }
  }
  if (order != record.said) wrong.push_back("the messages kept are not those said, in order");
  for (std::size_t turn = 0; turn < order.size(); ++turn) {
    const auto words = record.words.find(order[turn]);
    if (words != record.words.end()) ++counts[words->second][replies[turn + 1]];
  }
  for (const auto& [seq, text] : record.shown) {
    const auto found = kept.find(seq);
    if (found == kept.end() || json::serialize(found->second) != text) {
      wrong.push_back(fmt::format("seq {} was shown otherwise than kept", seq));
    }
  }
  return wrong;
}

// How many utterances the server has counted, whatever they were about.
std::int64_t utterances_counted(const Server& server) {
  namespace http = boost::beast::http;
  net::io_context io;
  net::ip::tcp::socket socket{io};
  socket.connect(server.endpoint());
  http::request<http::empty_body> out{http::verb::get, "/v1/mood?from=2000-01-01", 11};
  out.set(http::field::host, "localhost");
  out.set(http::field::authorization, "Bearer " + server.operator_key());
  http::write(socket, out);
  boost::beast::flat_buffer buffer;
  http::response<http::string_body> in;
  http::read(socket, buffer, in);
  std::int64_t sum = 0;
  const json::value answer = json::parse(in.body());
  for (const json::value& row : answer.at("rows").as_array()) {
    sum += row.at("utterances").to_number<std::int64_t>();
  }
  return sum;
}

struct Outcome {
  std::size_t acknowledged = 0;
  std::vector<std::string> wrong;
};

Outcome kill_again_and_again(const std::string& program, std::uint64_t kills, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Server server(program);
  net::io_context io;
  Crowd crowd(io, server.endpoint(), random());
  crowd.talk();
  for (int tries = 0; tries < 600 && crowd.acknowledged() == 0; ++tries) run_for(io, 50ms);
  for (std::uint64_t i = 0; i < kills; ++i) {
    // Counted from when the server answers again, so that each kill falls into its work.
    const std::size_t before = crowd.acknowledged();
    for (int tries = 0; tries < 200 && crowd.acknowledged() == before; ++tries) run_for(io, 20ms);
    run_for(io, std::chrono::milliseconds(random() % 700));
    server.kill_and_restart();
  }
  crowd.fall_silent();
  for (int tries = 0; tries < 300 && !crowd.is_settled(); ++tries) run_for(io, 100ms);
  Outcome outcome{crowd.acknowledged(), {}};
  if (!crowd.is_settled()) outcome.wrong.push_back("not everyone was answered within 30 s");
  ReplyCounts counts;
  std::int64_t uttered = 0;
  for (int i = 0; i < visitors; ++i) {
    const auto kept = read_back(io, server, crowd.visitor(i), i);
    uttered += std::count_if(kept.begin(), kept.end(),
                             [](const auto& frame) { return frame.second.at("type") == "echo"; });
    for (const std::string& wrong : compare(crowd.record(i), kept, counts)) {
      outcome.wrong.push_back(fmt::format("customer {}: {}", i, wrong));
    }
  }
  if (const std::int64_t counted = utterances_counted(server); counted != uttered) {
    outcome.wrong.push_back(fmt::format("{} utterances are kept, {} counted", uttered, counted));
  }
  for (const auto& [words, by_count] : counts) {
    if (by_count.size() > 1 || by_count.begin()->first == 0) {
      outcome.wrong.push_back(
          fmt::format("'{}' was not always answered by as many replies", words));
    }
  }
  crowd.stop();
  run_for(io, 200ms);
  return outcome;
}

}  // namespace

TEST_CASE("kill -9 under load loses, doubles and reorders nothing") {
  const std::uint64_t kills = from_environment("USHER_KILLS", 30);
  const Outcome outcome =
      kill_again_and_again(USHER_PROGRAM, kills, from_environment("USHER_SEED", 1));
  fmt::print("{} kills, {} messages acknowledged, {} findings\n", kills, outcome.acknowledged,
             outcome.wrong.size());
  CHECK(outcome.acknowledged > 10 * kills);
  CHECK(outcome.wrong == std::vector<std::string>{});
}

TEST_CASE("an acknowledgement before the write is found out") {
  ::setenv("USHER_PLANTED", "ack_before_write", 1);
  CHECK_FALSE(kill_again_and_again(USHER_PLANTED_PROGRAM, 4, 1).wrong.empty());
}

TEST_CASE("a missing deduplication is found out") {
  ::setenv("USHER_PLANTED", "no_deduplication", 1);
  CHECK_FALSE(kill_again_and_again(USHER_PLANTED_PROGRAM, 6, 1).wrong.empty());
}
