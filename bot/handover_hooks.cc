#include "bot/handover_hooks.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include <fmt/format.h>

#include "bot/handovers.h"
#include "bot/loop.h"
#include "bot/utc.h"
#include "bot/webhook.h"
#include "dialog/respond.h"

namespace bot {

namespace {

using dialog::Millis;
using dialog::Tenant;
using dialog::event::HandoverChanged;
using Row = RocksdbStore::Row;

constexpr std::string_view prefix = "handover/", prefix_end = "handover0";
constexpr std::chrono::seconds patience{30};
constexpr std::string_view masked = "***";

std::string rows_of(const dialog::ConversationId& id) {
  return fmt::format("{}{}/", prefix, dialog::to_string(id));
}

// "handover/CONVERSATION/"
std::string_view conversation_in(std::string_view name) { return name.substr(0, name.rfind('/')); }

void replace_all(std::string& text, const std::string& what) {
  for (std::size_t at = 0; !what.empty() && (at = text.find(what, at)) != std::string::npos;) {
    text.replace(at, what.size(), masked);
    at += masked.size();
  }
}

// Values of slots that are marked personal, wherever they stand.
void mask(const dialog::Bot& bot, nlu::json::object& about, std::string& summary) {
  const auto slots = about.find("slots");
  if (slots == about.end() || !slots->value().is_object()) return;
  for (auto& member : slots->value().get_object()) {
    const dialog::Slot* slot = bot.find_slot(std::string(member.key()));
    if (slot && !slot->personal) continue;  // Of one that is gone nothing is known.
    if (member.value().is_null()) continue;
    replace_all(summary, dialog::to_text(member.value()));
    member.value() = masked;
  }
}

}  // namespace

std::string handover_post(const dialog::Bot& bot, const dialog::ConversationId& id,
                          const dialog::Event& event, const std::string& delivery,
                          bool with_personal) {
  const auto& changed = std::get<HandoverChanged>(event.body);
  nlu::json::object about = changed.about;
  std::string summary = changed.summary;
  if (!with_personal) mask(bot, about, summary);
  return nlu::json::serialize(nlu::json::object{{"id", delivery},
                                                {"event", "handover"},
                                                {"state", state_name(changed.state)},
                                                {"bot", bot.name},
                                                {"conversation", dialog::to_string(id)},
                                                {"number", event.number},
                                                {"at", utc_text(event.ts)},
                                                {"queue", changed.queue},
                                                {"by", changed.by},
                                                {"summary", summary},
                                                {"about", std::move(about)}});
}

HandoverHooks::HandoverHooks(net::io_context& io, const Config& config, const BotShelf& bots,
                             RocksdbStore& store, HttpClient& client, Metrics& metrics, Log& log)
    : io_(io),
      config_(config),
      bots_(bots),
      store_(store),
      client_(client),
      metrics_(metrics),
      log_(log),
      clock_(io) {}

void HandoverHooks::start() {
  net::co_spawn(io_, run(), [this](std::exception_ptr failure) {
    if (!failure) return;
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& error) {
      log_.error("handover_posts_failed", {{"error", error.what()}});
    }
  });
}

void HandoverHooks::add_rows(const dialog::ConversationId& id, dialog::Batch& batch) const {
  const dialog::BotPtr bot = bots_.current(id.tenant);
  if (!bot || bot->handover_webhook.url.empty()) return;
  for (const dialog::Event& event : batch.events) {
    if (!std::holds_alternative<HandoverChanged>(event.body)) continue;
    const auto waiting = posts_.find(id.tenant);
    const std::string delivery = fmt::format("{}-{}", dialog::to_string(id), event.number);
    if (waiting != posts_.end() && waiting->second.size() >= posts_max) {
      metrics_.handover_posted("given_up");
      log_.error(
          "handover_post_given_up",
          {{"bot", bot->name}, {"id", delivery}, {"error", "too many others wait for an answer"}});
      continue;
    }
    std::string body =
        handover_post(*bot, id, event, delivery, bot->handover_webhook_is_told_personal);
    batch.rows.push_back(
        {fmt::format("{}{:016x}", rows_of(id), event.number),
         nlu::json::serialize(nlu::json::object{
             {"id", delivery}, {"created", event.ts}, {"body", std::move(body)}})});
  }
}

void HandoverHooks::take(Tenant tenant, const std::string& name, const std::string& value) {
  const auto read = nlu::parse_json(value);
  if (!read || !read->is_object()) return;  // Of a later release
  const nlu::json::object& object = read->get_object();
  Post post;
  post.body = nlu::get_string(object, "body").value_or("");
  post.id = nlu::get_string(object, "id").value_or("");
  post.created = post.due = nlu::get_integer(object, "created").value_or(0);
  posts_[tenant].emplace(name, std::move(post));
}

void HandoverHooks::kept(Tenant tenant, const std::vector<dialog::BotRow>& rows) {
  for (const dialog::BotRow& row : rows) take(tenant, row.name, row.value);
  if (!rows.empty()) clock_.cancel();
}

void HandoverHooks::forget(const dialog::ConversationId& id) {
  const auto posts = posts_.find(id.tenant);
  if (posts == posts_.end()) return;
  const std::string begin = rows_of(id);
  std::vector<Row> gone;
  for (auto post = posts->second.lower_bound(begin);
       post != posts->second.end() && post->first.starts_with(begin);) {
    gone.push_back({post->first, std::nullopt});
    post = posts->second.erase(post);
  }
  if (gone.empty()) return;
  store_.write_rows(id.tenant, std::move(gone), [this](nlu::Result<void> done) {
    if (!done) log_.error("handover_posts_failed", {{"error", done.error().message}});
  });
}

std::size_t HandoverHooks::pending() const {
  std::size_t all = 0;
  for (const auto& posts : posts_) all += posts.second.size();
  return all;
}

// What the last process left.
awaitable<void> HandoverHooks::read_left() {
  std::vector<Tenant> tenants;
  for (const auto& entry : bots_.all()) tenants.push_back(entry.first);
  const net::any_io_executor executor = io_.get_executor();
  for (const Tenant tenant : tenants) {
    using Found = nlu::Result<std::vector<Row>>;
    auto later = std::make_shared<Later<Found>>(executor);
    store_.read_rows(tenant, std::string(prefix), std::string(prefix_end), 2 * posts_max,
                     setter(executor, later));
    const std::optional<Found> found = co_await later->wait(patience);
    if (!found || !*found) {
      log_.error("handover_posts_failed",
                 {{"error", found ? found->error().message : "the store is too slow"}});
      continue;  // They stay, for the next start.
    }
    for (const Row& row : **found) take(tenant, row.name, *row.value);
  }
}

// One at a time. Of each conversation the oldest; of those that are due the one tried least, lest
// one that is refused hold up the others.
awaitable<void> HandoverHooks::run() {
  co_await read_left();
  for (;;) {
    const Millis now = Loop::now();
    std::tuple<bool, int, Millis> next{true, 0, now + 3'600'000};
    std::optional<std::pair<Tenant, std::string>> first;
    for (const auto& [tenant, posts] : posts_) {
      std::string_view of;
      for (const auto& [name, post] : posts) {
        if (conversation_in(name) == of) continue;
        of = conversation_in(name);
        const bool waits = post.due > now;
        const std::tuple<bool, int, Millis> place{waits, waits ? 0 : post.attempts, post.due};
        if (place < next) next = place, first = {tenant, name};
      }
    }
    const Millis wait = std::get<2>(next) - now;
    if (!first || wait > 0) {
      clock_.expires_after(std::chrono::milliseconds{std::max<Millis>(wait, 1)});
      error_code woken;  // Cancelled: there is something new.
      co_await clock_.async_wait(net::redirect_error(use_awaitable, woken));
      continue;
    }
    co_await deliver(first->first, first->second);
  }
}

awaitable<void> HandoverHooks::deliver(Tenant tenant, std::string name) {
  const dialog::BotPtr bot = bots_.current(tenant);
  const Post post = posts_.at(tenant).at(name);
  nlu::json::object fields{{"bot", bot->name}, {"id", post.id}};
  if (bot->handover_webhook.url.empty() || config_.demo) {
    fields["why"] = config_.demo ? "--demo calls nothing" : "the bot has no webhook any more";
    log_.info("handover_not_posted", std::move(fields));
    co_return co_await remove(tenant, std::move(name));
  }
  dialog::Webhook hook = bot->handover_webhook;
  std::string body = post.body, id = post.id;
  const net::any_io_executor executor = io_.get_executor();
  const dialog::HttpOutcome answer =
      co_await post_signed(executor, client_, std::move(hook), std::move(body), std::move(id));
  const auto found = posts_.at(tenant).find(name);
  if (found == posts_.at(tenant).end()) co_return;  // Its conversation was erased meanwhile.
  Post& again = found->second;
  again.attempts += 1;
  const Millis now = Loop::now();
  const bool fine = answer.kind == dialog::HttpOutcome::Kind::answered && answer.status >= 200 &&
                    answer.status < 300;
  const auto give_up = std::chrono::milliseconds(config_.limits.handover_delivery).count();
  const bool is_last = now - again.created >= give_up;
  metrics_.handover_posted(fine ? "posted" : is_last ? "given_up" : "failed");
  fields["attempts"] = again.attempts;
  if (fine) {
    log_.info("handover_posted", std::move(fields));
    co_return co_await remove(tenant, std::move(name));
  }
  fields["status"] = answer.status;
  fields["error"] = answer.error;
  if (is_last) {
    log_.error("handover_post_given_up", std::move(fields));
    co_return co_await remove(tenant, std::move(name));
  }
  log_.warning("handover_post_failed", std::move(fields));
  again.due = now + std::chrono::milliseconds(dialog::webhook_pause(again.attempts)).count();
}

// A row that stays because the store failed is posted once more by the next process.
awaitable<void> HandoverHooks::remove(Tenant tenant, std::string name) {
  posts_.at(tenant).erase(name);
  const net::any_io_executor executor = io_.get_executor();
  std::vector<Row> rows{{std::move(name), std::nullopt}};
  auto later = std::make_shared<Later<nlu::Result<void>>>(executor);
  store_.write_rows(tenant, std::move(rows), setter(executor, later));
  const auto done = co_await later->wait(patience);
  if (done && *done) co_return;
  log_.error("handover_posts_failed",
             {{"error", done ? done->error().message : "the store is too slow"}});
}

}  // namespace bot
