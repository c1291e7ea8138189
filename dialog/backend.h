// backend.yml: a declared stand-in for the business's own systems. `usher serve --demo` and
// `usher test` answer HTTP actions from it; it keeps nothing between requests.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "nlu/base/diagnostic.h"
#include "nlu/base/json.h"
#include "nlu/base/yaml.h"

namespace dialog {

struct HttpRequest {
  std::string method;
  std::string url;   // Absolute, or a path when the bot has no backend.url.
  std::string path;  // With the query; what the stand-in matches.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  // JSON or empty.
  std::chrono::milliseconds timeout{3000};
  int retries = 0;
  bool idempotent = false;
  std::string idempotency_key;
};

// "https://shop.example/orders/1?x=2" → "/orders/1?x=2".
std::string path_of(std::string_view url);

struct HttpOutcome {
  enum class Kind {
    answered,  // `status` and `body` hold.
    timeout,   // The whole time was spent, retries included.
    failed,    // It did not reach the server, or the answer was none.
    unknown,   // A crash came between: it may have happened. Never for GET or idempotent.
    refused,   // Not allowed: host, size, scheme.
  };
  Kind kind = Kind::failed;
  int status = 0;
  std::string body;   // ≤ 1 MiB
  std::string error;  // For people and logs.
  int attempts = 1;
};

// The first entry that fits answers; none: 404 with an empty body.
class Backend {
 public:
  struct Entry {
    std::string method;     // Empty: any.
    std::string path;       // "/orders/{id}", "/orders/*", "?" part compared when given
    nlu::json::value body;  // null: any; else every given field must be equal
    int status = 200;
    std::chrono::milliseconds delay{0};
    nlu::json::value reply;  // null: no body; "{id}" in a text is what the path had there
    nlu::Mark mark;
  };
  struct Answer {
    HttpOutcome outcome;
    std::chrono::milliseconds delay{0};
  };

  std::vector<Entry> entries;
  bool empty() const { return entries.empty(); }
  Answer answer(const HttpRequest& request) const;
};

void read_backend(const nlu::Yaml& file, Backend& backend, nlu::Diagnostics& diagnostics);

}  // namespace dialog
