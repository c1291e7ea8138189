#include "bot/metrics.h"

#include <prometheus/text_serializer.h>

namespace bot {

namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Histogram;

const Histogram::BucketBoundaries seconds = {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05,
                                             0.1,    0.2,   0.5,   1,     2,    5,    10};
const Histogram::BucketBoundaries sizes = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512};

prometheus::Counter& counter(prometheus::Registry& registry, const char* name, const char* help) {
  return BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

Histogram& histogram(prometheus::Registry& registry, const char* name, const char* help,
                     const Histogram::BucketBoundaries& buckets) {
  return BuildHistogram().Name(name).Help(help).Register(registry).Add({}, buckets);
}

}  // namespace

Metrics::Metrics(const std::string& version)
    : Metrics(std::make_shared<prometheus::Registry>(), version) {}

Metrics::Metrics(std::shared_ptr<prometheus::Registry> registry, const std::string& version)
    : frames_in(counter(*registry, "usher_frames_received_total", "Frames from widgets")),
      frames_out(counter(*registry, "usher_frames_sent_total", "Frames to widgets")),
      bytes_out(counter(*registry, "usher_frame_bytes_sent_total", "Bytes of frames to widgets")),
      ack_seconds(histogram(*registry, "usher_ack_seconds",
                            "From a message's receipt to its durable ack", seconds)),
      interpret_seconds(histogram(*registry, "usher_interpret_seconds",
                                  "Understanding one batch of utterances", seconds)),
      interpret_batch(histogram(*registry, "usher_interpret_batch_utterances",
                                "Utterances understood together", sizes)),
      commit_seconds(
          histogram(*registry, "usher_store_commit_seconds", "One synced write", seconds)),
      commit_batches(histogram(*registry, "usher_store_commit_batches",
                               "Turn steps in one synced write", sizes)),
      commit_bytes(counter(*registry, "usher_store_commit_bytes_total", "Bytes written")),
      action_seconds(
          histogram(*registry, "usher_action_seconds", "HTTP actions, retries included", seconds)),
      registry_(std::move(registry)),
      refused_(BuildCounter()
                   .Name("usher_refused_total")
                   .Help("Connections and requests refused, by reason")
                   .Register(*registry_)),
      answered_(BuildCounter()
                    .Name("usher_http_requests_total")
                    .Help("HTTP requests answered")
                    .Register(*registry_)),
      actions_(BuildCounter()
                   .Name("usher_actions_total")
                   .Help("HTTP actions, by outcome")
                   .Register(*registry_)),
      notes_(BuildCounter()
                 .Name("usher_notes_total")
                 .Help("What an operator should know, by event")
                 .Register(*registry_)),
      alerts_firing_(BuildGauge()
                         .Name("usher_alert_firing")
                         .Help("Whether a bot's alert fires")
                         .Register(*registry_)),
      alert_posts_(BuildCounter()
                       .Name("usher_alert_posts_total")
                       .Help("Attempts to post an alert to its webhook, by outcome")
                       .Register(*registry_)),
      handover_posts_(BuildCounter()
                          .Name("usher_handover_posts_total")
                          .Help("Attempts to post a handover to its webhook, by outcome")
                          .Register(*registry_)),
      utterances_(BuildCounter()
                      .Name("usher_utterances_total")
                      .Help("What customers said, by how it sounds")
                      .Register(*registry_)) {
  BuildGauge()
      .Name("usher_build_info")
      .Help("The release that runs")
      .Register(*registry_)
      .Add({{"version", version}})
      .Set(1);
}

void Metrics::refused(const std::string& reason) { refused_.Add({{"reason", reason}}).Increment(); }

void Metrics::answered(const std::string& route, int status) {
  answered_.Add({{"route", route}, {"status", std::to_string(status)}}).Increment();
}

void Metrics::action(const std::string& outcome) {
  actions_.Add({{"outcome", outcome}}).Increment();
}

void Metrics::noted(const std::string& level, const std::string& event) {
  notes_.Add({{"level", level}, {"event", event}}).Increment();
}

void Metrics::alert_firing(const std::string& bot, const std::string& rule, bool firing) {
  alerts_firing_.Add({{"bot", bot}, {"rule", rule}}).Set(firing ? 1 : 0);
}

void Metrics::forget_alert(const std::string& bot, const std::string& rule) {
  alerts_firing_.Remove(&alerts_firing_.Add({{"bot", bot}, {"rule", rule}}));
}

void Metrics::alert_posted(const std::string& outcome) {
  alert_posts_.Add({{"outcome", outcome}}).Increment();
}

void Metrics::handover_posted(const std::string& outcome) {
  handover_posts_.Add({{"outcome", outcome}}).Increment();
}

void Metrics::raise_utterances(const dialog::Counts& heard) {
  const auto raise_mood = [&](const char* mood, std::int64_t count) {
    prometheus::Counter& total = utterances_.Add({{"mood", mood}});
    const auto value = static_cast<double>(count);
    if (value > total.Value()) total.Increment(value - total.Value());
  };
  raise_mood("negative", heard.negative);
  raise_mood("positive", heard.positive);
  raise_mood("neutral", heard.rated - heard.negative - heard.positive);
  raise_mood("unknown", heard.utterances - heard.rated);
}

void Metrics::set(const char* name, const char* help, double value) {
  BuildGauge().Name(name).Help(help).Register(*registry_).Add({}).Set(value);
}

void Metrics::raise(const char* name, const char* help, double value) {
  prometheus::Counter& total = BuildCounter().Name(name).Help(help).Register(*registry_).Add({});
  if (value > total.Value()) total.Increment(value - total.Value());
}

std::string Metrics::text(const MetricsSample& sample) {
  const auto number = [](auto value) { return static_cast<double>(value); };
  const runtime::Stats& now = sample.runtime;
  set("usher_ready", "Whether new work is taken", sample.ready ? 1 : 0);
  set("usher_draining", "Whether the process is going away", now.draining ? 1 : 0);
  set("usher_connections", "Open sockets of widgets", number(now.connections));
  set("usher_conversations_in_memory", "Conversations held in memory",
      number(now.conversations_in_memory));
  set("usher_turns_in_flight", "Turns begun or waiting", number(now.turns_in_flight));
  set("usher_store_queued_batches", "Batches waiting for the disk", number(sample.store_queued));
  set("usher_store_failed", "Whether the store has failed", sample.store_failed ? 1 : 0);
  set("usher_interpret_queued", "Utterances waiting to be understood", number(sample.nlu_queued));
  set("usher_actions_in_flight", "HTTP actions under way", number(sample.actions_in_flight));
  set("usher_upload_bytes", "Files customers sent", number(sample.upload_bytes));
  set("usher_alert_posts_pending", "Alerts that their webhook has not answered",
      number(sample.alert_posts_pending));
  set("usher_handover_posts_pending", "Handovers that their webhook has not answered",
      number(sample.handover_posts_pending));
  raise("usher_turns_total", "Turns", number(now.turns));
  raise("usher_messages_total", "Messages accepted", number(now.messages));
  raise("usher_duplicates_total", "Messages that came again", number(now.duplicates));
  raise("usher_resumes_total", "Conversations resumed on a new socket", number(now.resumes));
  raise("usher_refused_busy_total", "Messages refused: queue full", number(now.refused_busy));
  raise("usher_refused_fast_total", "Messages refused: too fast", number(now.refused_fast));
  raise("usher_evictions_total", "Idle conversations that left memory", number(now.evictions));
  raise("usher_effects_total", "Effects performed", number(now.effects));
  raise("usher_failures_total", "Turns that failed", number(now.failures));
  raise("usher_urgent_utterances_total", "Utterances that sound urgent", number(now.heard.urgent));
  raise_utterances(now.heard);
  return prometheus::TextSerializer().Serialize(registry_->Collect());
}

}  // namespace bot
