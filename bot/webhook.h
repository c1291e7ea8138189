// Posting to a webhook of the business, signed.
#pragma once

#include <string>

#include "bot/http_client.h"
#include "bot/net.h"
#include "dialog/alert.h"

namespace bot {

// What is posted carries these headers: Usher-Signature (bot/tokens.h: webhook_signature) and
// Usher-Delivery, which is `id`, the same at each attempt. Takes at most 90 seconds; a failure's
// text never has the URL, which may hold a secret. `client` outlives the call.
awaitable<dialog::HttpOutcome> post_signed(net::any_io_executor executor, HttpClient& client,
                                           dialog::Webhook hook, std::string body, std::string id);

}  // namespace bot
