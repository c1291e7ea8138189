// What operators watch, in Prometheus' text form. Names start with usher_, units are base units,
// labels are bounded: never a conversation or a visitor.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "bot/runtime/runtime.h"

namespace bot {

// What is only read when somebody asks.
struct MetricsSample {
  runtime::Stats runtime;
  std::uint64_t store_queued = 0;
  bool store_failed = false;
  bool ready = false;
  std::size_t nlu_queued = 0;
  std::size_t actions_in_flight = 0;
  std::uint64_t upload_bytes = 0;
  std::size_t alert_posts_pending = 0;
  std::size_t handover_posts_pending = 0;
};

// Any thread may count. text() is the server's own.
class Metrics {
 public:
  explicit Metrics(const std::string& version);

  prometheus::Counter& frames_in;
  prometheus::Counter& frames_out;
  prometheus::Counter& bytes_out;
  prometheus::Histogram& ack_seconds;        // From a message's receipt to its ack, durable
  prometheus::Histogram& interpret_seconds;  // Of a batch's forward pass
  prometheus::Histogram& interpret_batch;
  prometheus::Histogram& commit_seconds;  // Of a synced write
  prometheus::Histogram& commit_batches;
  prometheus::Counter& commit_bytes;
  prometheus::Histogram& action_seconds;

  void refused(const std::string& reason);                         // A connection or a request
  void answered(const std::string& route, int status);             // An HTTP request
  void action(const std::string& outcome);                         // An HTTP action
  void noted(const std::string& level, const std::string& event);  // What the runtime noted
  void alert_firing(const std::string& bot, const std::string& rule, bool firing);
  void forget_alert(const std::string& bot, const std::string& rule);
  void alert_posted(const std::string& outcome);     // To a webhook
  void handover_posted(const std::string& outcome);  // The same

  std::string text(const MetricsSample& sample);

 private:
  explicit Metrics(std::shared_ptr<prometheus::Registry> registry, const std::string& version);
  void set(const char* name, const char* help, double value);
  // Counters that the runtime keeps: raised to its value.
  void raise(const char* name, const char* help, double value);
  void raise_utterances(const dialog::Counts& heard);

  std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Family<prometheus::Counter>& refused_;
  prometheus::Family<prometheus::Counter>& answered_;
  prometheus::Family<prometheus::Counter>& actions_;
  prometheus::Family<prometheus::Counter>& notes_;
  prometheus::Family<prometheus::Gauge>& alerts_firing_;
  prometheus::Family<prometheus::Counter>& alert_posts_;
  prometheus::Family<prometheus::Counter>& handover_posts_;
  prometheus::Family<prometheus::Counter>& utterances_;
};

}  // namespace bot
