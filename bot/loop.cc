#include "bot/loop.h"

#include <stdexcept>

#include <fmt/format.h>
#include <openssl/rand.h>

#include "bot/handover_hooks.h"

namespace bot {

namespace {

using dialog::HttpOutcome;
using runtime::Input;
using runtime::Output;
using runtime::Ticket;

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

void fill_random(std::uint8_t* bytes, std::size_t count) {
  if (RAND_bytes(bytes, static_cast<int>(count)) != 1) {
    throw std::runtime_error("the system gives no random bytes");
  }
}

std::string outcome_name(HttpOutcome::Kind kind) {
  switch (kind) {
    case HttpOutcome::Kind::answered:
      return "answered";
    case HttpOutcome::Kind::timeout:
      return "timeout";
    case HttpOutcome::Kind::failed:
      return "failed";
    case HttpOutcome::Kind::unknown:
      return "unknown";
    case HttpOutcome::Kind::refused:
      return "refused";
  }
  return "unknown";
}

}  // namespace

Loop::Loop(net::io_context& io, const Config& config, const BotShelf& bots,
           dialog::StateStore& store, dialog::Epoch epoch, HttpClient& client, Metrics& metrics,
           Log& log)
    : io_(io),
      config_(config),
      bots_(bots),
      store_(store),
      epoch_(epoch),
      client_(client),
      metrics_(metrics),
      log_(log),
      runtime_(config.runtime, bots, fill_random, &handovers_),
      wake_(io) {}

Loop::~Loop() = default;

void Loop::use(Sockets& sockets, NluWorker& worker, Told broken, Told store_failed) {
  sockets_ = &sockets;
  worker_ = &worker;
  broken_ = std::move(broken);
  store_failed_ = std::move(store_failed);
}

dialog::Millis Loop::now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

void Loop::start() {
  store_.unfinished([this](nlu::Result<std::vector<dialog::ConversationId>> found) {
    if (!found) {
      log_.error("unfinished_unreadable", {{"error", found.error().message}});
      return;
    }
    for (const dialog::ConversationId& id : *found) post(runtime::Unfinished{id});
  });
  feed(runtime::Tick{});
}

void Loop::feed(Input input) {
  if (is_broken_) return;
  inputs_.push_back(std::move(input));
  if (!running_) run_inputs();
}

// Inputs that outputs cause (a socket that fails while it is written to) wait their turn here.
void Loop::run_inputs() {
  running_ = true;
  try {
    while (!inputs_.empty() && !is_broken_) run_batch();
    if (!is_broken_) arm();
  } catch (const std::exception& error) {
    is_broken_ = true;
    broken_(error.what());
  }
  running_ = false;
}

void Loop::run_batch() {
  const dialog::Millis at = now();
  for (; !inputs_.empty(); inputs_.pop_front()) {
    runtime_.on(std::move(inputs_.front()), at, outputs_);
  }
  for (Output& output : outputs_) carry_out(output);
  outputs_.clear();
}

void Loop::post(Input input) {
  bool first = false;
  {
    const std::lock_guard lock{inbox_mutex_};
    first = inbox_.empty();
    inbox_.push_back(std::move(input));
  }
  if (first) net::post(io_, [this] { empty_inbox(); });
}

void Loop::post(std::vector<runtime::Interpreted> inputs) {
  if (inputs.empty()) return;
  bool first = false;
  {
    const std::lock_guard lock{inbox_mutex_};
    first = inbox_.empty();
    for (runtime::Interpreted& input : inputs) inbox_.emplace_back(std::move(input));
  }
  if (first) net::post(io_, [this] { empty_inbox(); });
}

void Loop::empty_inbox() {
  std::vector<Input> taken;
  {
    const std::lock_guard lock{inbox_mutex_};
    taken.swap(inbox_);
  }
  for (Input& input : taken) inputs_.push_back(std::move(input));
  if (!running_) run_inputs();
}

// One timer for the runtime's next wake-up; it fires early rather than being set anew each time.
void Loop::arm() {
  const std::optional<dialog::Millis> due = runtime_.next_wakeup();
  if (!due || (armed_ && *armed_ <= *due)) return;
  armed_ = due;
  const auto wait = std::max<dialog::Millis>(*due - now(), 0);
  wake_.expires_after(std::chrono::milliseconds{wait});
  wake_.async_wait([this](error_code cancelled) {
    if (cancelled) return;
    armed_.reset();
    const std::optional<dialog::Millis> wanted = runtime_.next_wakeup();
    if (wanted && *wanted <= now()) {
      feed(runtime::Tick{});
    } else {
      arm();
    }
  });
}

void Loop::carry_out(Output& output) {
  std::visit(Overloaded{
                 [&](runtime::Send& send) { sockets_->send(send.connection, send.frame); },
                 [&](runtime::CloseConnection& close) {
                   sockets_->close(close.connection, close.code, close.reason);
                 },
                 [&](runtime::Answer& out) { answer(out); },
                 [&](runtime::Interpret& out) { interpret(out); },
                 [&](runtime::Perform& out) { perform(out); },
                 [&](runtime::Append& out) { append(out); },
                 [&](runtime::Load& out) { load(out); },
                 [&](runtime::FindMessage& out) { find_message(out); },
                 [&](runtime::FindClient& out) { find_client(out); },
                 [&](runtime::ReadVisible& out) { read_visible(out); },
                 [&](runtime::ReadTimers& out) { read_timers(out); },
                 [&](runtime::Note& out) { note(out); },
                 [&](runtime::StoreFailed& out) { store_failed_(out.why); },
             },
             output);
}

// ---- the store ----

void Loop::append(runtime::Append& output) {
  const Ticket ticket = output.ticket;
  std::shared_ptr<dialog::Event> changed;  // The last word about a handover, when there is one.
  for (const dialog::Event& event : output.batch.events) {
    if (std::holds_alternative<dialog::event::HandoverChanged>(event.body)) {
      changed = std::make_shared<dialog::Event>(event);
    }
  }
  if (!changed) {
    store_.append(output.id, output.expected_last, epoch_, std::move(output.batch),
                  [this, ticket](nlu::Result<void> result) {
                    post(runtime::Appended{ticket, std::move(result)});
                  });
    return;
  }
  const dialog::ConversationId id = output.id;
  if (hooks_) hooks_->add_rows(id, output.batch);
  auto rows = std::make_shared<std::vector<dialog::BotRow>>(output.batch.rows);
  store_.append(output.id, output.expected_last, epoch_, std::move(output.batch),
                [this, ticket, id, changed, rows](nlu::Result<void> result) {
                  net::post(io_, [this, id, changed, rows, kept = result.has_value()] {
                    if (!kept) return handovers_.failed(id);
                    handovers_.see(id, *changed);
                    if (hooks_) hooks_->kept(id.tenant, *rows);
                  });
                  post(runtime::Appended{ticket, std::move(result)});
                });
}

void Loop::load(runtime::Load& output) {
  const Ticket ticket = output.ticket;
  store_.load(output.id, [this, ticket](nlu::Result<std::optional<dialog::Kept>> result) {
    post(runtime::Loaded{ticket, std::move(result)});
  });
}

void Loop::find_message(runtime::FindMessage& output) {
  const Ticket ticket = output.ticket;
  store_.find_message(output.id, output.client, output.message_id,
                      [this, ticket](nlu::Result<std::optional<dialog::MessageRecord>> result) {
                        post(runtime::MessageFound{ticket, std::move(result)});
                      });
}

void Loop::find_client(runtime::FindClient& output) {
  const Ticket ticket = output.ticket;
  store_.find_client(output.id, output.client,
                     [this, ticket](nlu::Result<std::optional<dialog::ClientRecord>> result) {
                       post(runtime::ClientFound{ticket, std::move(result)});
                     });
}

void Loop::read_visible(runtime::ReadVisible& output) {
  const Ticket ticket = output.ticket;
  store_.read_visible(output.id, output.after, output.count,
                      [this, ticket](nlu::Result<std::vector<dialog::Event>> result) {
                        post(runtime::VisibleRead{ticket, std::move(result)});
                      });
}

void Loop::read_timers(runtime::ReadTimers& output) {
  const Ticket ticket = output.ticket;
  store_.due_timers(output.until, output.count,
                    [this, ticket](nlu::Result<std::vector<dialog::DueTimer>> result) {
                      post(runtime::TimersDue{ticket, std::move(result)});
                    });
}

// ---- models and actions ----

void Loop::interpret(runtime::Interpret& output) {
  if (config_.log_texts) {
    log_.debug("utterance", {{"bot", output.tenant}, {"text", output.utterance.text}});
  }
  const Ticket ticket = output.ticket;
  if (worker_->ask(std::move(output))) return;
  metrics_.refused("interpret_queue");
  inputs_.push_back(runtime::Interpreted{ticket, {}});  // Nothing was understood, and it is said.
}

std::set<std::string> Loop::hosts_of(dialog::Tenant tenant) const {
  std::set<std::string> hosts{config_.action_hosts.begin(), config_.action_hosts.end()};
  const BotShelf::Entry* entry = bots_.of(tenant);
  if (entry == nullptr) return hosts;
  const auto add = [&](const dialog::Bot& bot) {
    for (const std::string& written : {bot.backend_url, bot.action_url}) {
      if (written.empty()) continue;
      if (const auto url = parse_url(written)) hosts.insert(url->host);
    }
  };
  for (const dialog::BotPtr& bot : entry->versions) add(*bot);
  if (entry->trial) add(*entry->trial->bot);
  return hosts;
}

void Loop::perform(runtime::Perform& output) {
  if (config_.demo) return perform_demo(output);
  const Ticket ticket = output.ticket;
  const auto begin = std::chrono::steady_clock::now();
  client_.perform(
      std::move(output.request), hosts_of(output.tenant),
      [this, ticket, begin](HttpOutcome outcome) {
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        metrics_.action_seconds.Observe(took.count());
        metrics_.action(outcome_name(outcome.kind));
        if (outcome.kind != HttpOutcome::Kind::answered) {
          log_.warning("action_failed",
                       {{"outcome", outcome_name(outcome.kind)}, {"error", outcome.error}});
        }
        feed(runtime::EffectReturned{ticket, std::move(outcome)});
      });
}

void Loop::perform_demo(runtime::Perform& output) {
  dialog::Backend::Answer answer;
  if (const dialog::BotPtr bot = bots_.current(output.tenant)) {
    answer = bot->backend.answer(output.request);
  }
  metrics_.action(outcome_name(answer.outcome.kind));
  const bool late = answer.delay > output.request.timeout;
  if (late) {
    answer.outcome = {};
    answer.outcome.kind = HttpOutcome::Kind::timeout;
  }
  auto timer = std::make_shared<net::steady_timer>(io_);
  timer->expires_after(std::min(answer.delay, output.request.timeout));
  timer->async_wait([this, timer, ticket = output.ticket,
                     outcome = std::move(answer.outcome)](error_code) mutable {
    feed(runtime::EffectReturned{ticket, std::move(outcome)});
  });
}

// ---- those who wait ----

awaitable<Replies> Loop::ask(std::function<Input(runtime::Request)> make) {
  const runtime::Request request = ++last_request_;
  auto later = std::make_shared<Later<Replies>>(io_.get_executor());
  asked_[request] = later;
  feed(make(request));
  std::optional<Replies> replies =
      co_await later->wait(config_.runtime.rest_timeout + std::chrono::seconds{5});
  asked_.erase(request);
  if (!replies) co_return nlu::Error{nlu::Errc::timeout, "the turn takes too long"};
  co_return std::move(*replies);
}

void Loop::answer(runtime::Answer& output) {
  const auto found = asked_.find(output.request);
  if (found != asked_.end()) found->second->set(std::move(output.replies));
}

void Loop::note(const runtime::Note& output) {
  nlu::json::object fields;
  if (!output.detail.empty()) fields["detail"] = output.detail;
  if (output.id) {
    fields["tenant"] = output.id->tenant;
    fields["conversation"] = dialog::to_string(*output.id);
  }
  switch (output.level) {
    case runtime::Note::Level::info:
      metrics_.noted("info", output.event);
      return log_.info(output.event, std::move(fields));
    case runtime::Note::Level::warning:
      metrics_.noted("warning", output.event);
      return log_.warning(output.event, std::move(fields));
    case runtime::Note::Level::error:
      metrics_.noted("error", output.event);
      return log_.error(output.event, std::move(fields));
  }
}

}  // namespace bot
