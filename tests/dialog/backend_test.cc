#include "dialog/backend.h"

#include <catch2/catch.hpp>

namespace {

dialog::Backend backend_of(const std::string& text) {
  auto file = nlu::parse_yaml(text, "backend.yml");
  REQUIRE(std::holds_alternative<nlu::Yaml>(file));
  dialog::Backend backend;
  nlu::Diagnostics diagnostics;
  read_backend(std::get<nlu::Yaml>(file), backend, diagnostics);
  for (const nlu::Diagnostic& diagnostic : diagnostics) INFO(to_string(diagnostic));
  REQUIRE(diagnostics.empty());
  return backend;
}

dialog::Backend::Answer ask(const dialog::Backend& backend, const std::string& method,
                            const std::string& path, const std::string& body = "") {
  dialog::HttpRequest request;
  request.method = method;
  request.path = path;
  request.body = body;
  return backend.answer(request);
}

int status(const dialog::Backend& backend, const std::string& method, const std::string& path,
           const std::string& body = "") {
  return ask(backend, method, path, body).outcome.status;
}

}  // namespace

TEST_CASE("the first entry that fits answers, else it is 404") {
  const auto backend = backend_of(R"(
- when: {get: /orders/10423}
  reply: {status: 200, json: {status: shipped, total: 59.9, postcode: "10115"}}
- when: {get: "/orders/{id}"}
  reply: {status: 410}
- when: {any: /health}
  reply: {status: 204, delay_ms: 40}
)");
  const auto answer = ask(backend, "GET", "/orders/10423");
  CHECK(answer.outcome.kind == dialog::HttpOutcome::Kind::answered);
  CHECK(answer.outcome.body == R"({"status":"shipped","total":5.99E1,"postcode":"10115"})");
  CHECK(status(backend, "GET", "/orders/9") == 410);
  CHECK(status(backend, "POST", "/orders/9") == 404);
  CHECK(status(backend, "GET", "/orders") == 404);
  CHECK(status(backend, "GET", "/orders/") == 404);
  CHECK(status(backend, "GET", "/orders/9/items") == 404);
  CHECK(ask(backend, "DELETE", "/health").delay == std::chrono::milliseconds(40));
  CHECK(ask(backend, "GET", "/nothing").outcome.body.empty());
}

TEST_CASE("parts of the path are put into the answer, decoded") {
  const auto backend = backend_of(R"(
- when: {get: "/cities/{city}/orders/{id}"}
  reply: {json: {id: "{id}", note: "Order {id} of {city}, {other}", list: ["{id}"]}}
)");
  CHECK(ask(backend, "GET", "/cities/K%C3%B6ln%20S%C3%BCd/orders/7").outcome.body ==
        R"({"id":"7","note":"Order 7 of Köln Süd, {other}","list":["7"]})");
  CHECK(ask(backend, "GET", "/cities/100%/orders/%zz").outcome.body ==
        R"({"id":"%zz","note":"Order %zz of 100%, {other}","list":["%zz"]})");
}

TEST_CASE("a star stands for one part, at the end for all that follow") {
  const auto backend = backend_of(R"(
- when: {get: /a/*/c}
  reply: {status: 201}
- when: {get: /a/*}
  reply: {status: 202}
)");
  CHECK(status(backend, "GET", "/a/b/c") == 201);
  CHECK(status(backend, "GET", "/a/b/d/e") == 202);
  CHECK(status(backend, "GET", "/a/") == 404);
}

TEST_CASE("the query is compared only when it was given") {
  const auto backend = backend_of(R"(
- when: {get: "/orders?postcode=10115&id={id}"}
  reply: {status: 201, json: "{id}"}
- when: {get: /orders}
  reply: {status: 202}
)");
  CHECK(ask(backend, "GET", "/orders?id=a+b&x=1&postcode=10115").outcome.body == "\"a b\"");
  CHECK(status(backend, "GET", "/orders?postcode=10116&id=3") == 202);
  CHECK(status(backend, "GET", "/orders") == 202);
}

TEST_CASE("of the body the given fields are compared") {
  const auto backend = backend_of(R"(
- when: {post: /returns, json: {order: "10423", items: [{n: 1}]}}
  reply: {status: 409}
- when: {post: /returns}
  reply: {status: 201}
)");
  CHECK(status(backend, "POST", "/returns",
               R"({"order":"10423","items":[{"n":1.0,"x":2}],"y":1})") == 409);
  CHECK(status(backend, "POST", "/returns", R"({"order":10423,"items":[{"n":1}]})") == 201);
  CHECK(status(backend, "POST", "/returns", R"({"order":"10423","items":[]})") == 201);
  CHECK(status(backend, "POST", "/returns", "no JSON") == 201);
  CHECK(status(backend, "POST", "/returns") == 201);
}

TEST_CASE("an answer that takes too long is a timeout after all attempts") {
  const auto backend = backend_of("- when: {get: /slow}\n  reply: {delay_ms: 5000}\n");
  dialog::HttpRequest request;
  request.method = "GET";
  request.path = "/slow";
  request.timeout = std::chrono::milliseconds(300);
  request.retries = 2;
  const auto answer = backend.answer(request);
  CHECK(answer.outcome.kind == dialog::HttpOutcome::Kind::timeout);
  CHECK(answer.outcome.attempts == 3);
  CHECK(answer.delay == std::chrono::milliseconds(900));
}
