#include "bot/webhook.h"

#include <chrono>

#include "bot/tokens.h"

namespace bot {

namespace {

constexpr std::chrono::seconds post_timeout{10}, post_patience{90};

}  // namespace

awaitable<dialog::HttpOutcome> post_signed(net::any_io_executor executor, HttpClient& client,
                                           dialog::Webhook hook, std::string body, std::string id) {
  const auto url = parse_url(hook.url);
  dialog::HttpOutcome failed;
  if (!url) {
    failed.error = "the webhook's url is none";
    co_return failed;
  }
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
  dialog::HttpRequest request;
  request.method = "POST";
  request.url = hook.url;
  request.headers = {
      {"Usher-Signature", webhook_signature(body, seconds, hook.secret, hook.previous_secret)},
      {"Usher-Delivery", id}};
  request.body = std::move(body);
  request.timeout = post_timeout;
  request.idempotency_key = std::move(id);
  auto later = std::make_shared<Later<dialog::HttpOutcome>>(executor);
  client.perform(std::move(request), {url->host},
                 [later](dialog::HttpOutcome outcome) { later->set(std::move(outcome)); });
  auto outcome = co_await later->wait(post_patience);
  failed.error = "it took longer than it may";
  co_return std::move(outcome).value_or(failed);
}

}  // namespace bot
