#include "bot/tokens.h"

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "tests/bot/scratch.h"

using bot::sign_user_token;
using bot::verify_user_token;

namespace {

constexpr std::int64_t now = 1'800'000'000;
const std::string key = "a site's key of at least thirty-two bytes";

std::string claims(std::int64_t expires, const std::string& more = "") {
  return fmt::format(R"({{"sub":"u-7","name":"Ada","exp":{}{}}})", expires, more);
}

std::string why(const std::string& token) {
  const auto user = verify_user_token(token, key, now);
  REQUIRE_FALSE(user);
  CHECK(user.error().code == nlu::Errc::forbidden);
  return user.error().message;
}

}  // namespace

TEST_CASE("a token the site signed says who the customer is") {
  const auto user = verify_user_token(sign_user_token(claims(now + 600), key), key, now);
  REQUIRE(user);
  CHECK(user->user == "u-7");
  CHECK(user->name == "Ada");
}

TEST_CASE("a known token of another implementation is understood") {
  // From RFC 7515, A.1: its key, its header with a line break, its claims; only the time is past.
  const std::string token =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
      "fQ."
      "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  const auto secret = bot::decode_base64url(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  REQUIRE(secret);
  const auto user = verify_user_token(token, *secret, 1300819000);
  REQUIRE_FALSE(user);
  CHECK(user.error().message == "user token: `sub` must be a text of 1 to 256 characters");
}

TEST_CASE("another algorithm is refused, whatever it signs with") {
  const std::string good = claims(now + 600);
  CHECK(why(sign_user_token(good, key, R"({"alg":"none"})")) ==
        "user token: its algorithm is not HS256");
  CHECK(why(sign_user_token(good, key, R"({"alg":"RS256"})")) ==
        "user token: its algorithm is not HS256");
  CHECK(why(sign_user_token(good, key, R"({"alg":"hs256"})")) ==
        "user token: its algorithm is not HS256");
  std::string unsigned_token = sign_user_token(good, key);
  unsigned_token.resize(unsigned_token.rfind('.') + 1);
  CHECK(why(unsigned_token) == "user token: its signature is not the site's");
}

TEST_CASE("tokens expire, and may not live for days") {
  CHECK(why(sign_user_token(claims(now - 61), key)) == "user token: it has expired");
  CHECK(why(sign_user_token(claims(now + 100'000), key)) ==
        "user token: `exp` is over 24 hours ahead");
  CHECK(why(sign_user_token(R"({"sub":"u"})", key)) == "user token: it has no `exp`");
  CHECK(why(sign_user_token(R"({"sub":"u","exp":"soon"})", key)) == "user token: it has no `exp`");
  CHECK(why(sign_user_token(claims(now + 600, fmt::format(",\"nbf\":{}", now + 300)), key)) ==
        "user token: it is not valid yet");
}

TEST_CASE("a changed token is refused, and so is rubbish") {
  const std::string token = sign_user_token(claims(now + 600), key);
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    if (changed == token) continue;
    CHECK_FALSE(verify_user_token(changed, key, now));
  }
  CHECK_FALSE(verify_user_token(token, "another key that is also long enough", now));
  CHECK_FALSE(verify_user_token(token, "", now));
  CHECK_FALSE(verify_user_token("", key, now));
  CHECK_FALSE(verify_user_token("..", key, now));
  CHECK_FALSE(verify_user_token("a.b.c.d", key, now));
  CHECK_FALSE(verify_user_token(std::string(100'000, 'a'), key, now));
}

TEST_CASE("secrets are compared whole, and nothing equals nothing") {
  CHECK(bot::same_secret("abc", "abc"));
  CHECK_FALSE(bot::same_secret("abc", "abd"));
  CHECK_FALSE(bot::same_secret("abc", "abcd"));
  CHECK_FALSE(bot::same_secret("", ""));
}

TEST_CASE("a key is made once, for its owner's eyes only, and kept") {
  const Scratch scratch;
  bool made = false;
  const auto first = bot::kept_key(scratch.path("keys/operator.key"), made);
  REQUIRE(first);
  CHECK(made);
  CHECK(first->size() == 64);
  struct stat about {};
  REQUIRE(::stat(scratch.path("keys/operator.key").c_str(), &about) == 0);
  CHECK((about.st_mode & 0777) == 0600);
  const auto second = bot::kept_key(scratch.path("keys/operator.key"), made);
  REQUIRE(second);
  CHECK_FALSE(made);
  CHECK(*first == *second);
  scratch.write("keys/short.key", "abc\n");
  CHECK_FALSE(bot::kept_key(scratch.path("keys/short.key"), made));
}

TEST_CASE("a webhook's body and time are signed, while keys change by both") {
  const std::string body = R"({"a":1})";
  const std::string now = ",v1=3b362c64be037be07bc3713de01dd2a2936604e96db922836517087bf43a521e";
  const std::string before = ",v1=8a9fdf13f17c44adfb736f947d3085f7cd7a63c66eceb7933dc5b8f3af04e194";
  CHECK(bot::webhook_signature(body, 1'795'791'600, "the key of now") == "t=1795791600" + now);
  CHECK(bot::webhook_signature(body, 1'795'791'600, "the key of now", "the key before") ==
        "t=1795791600" + now + before);
}

TEST_CASE("a token of Rasa's API names a user and a role, and may last for ever") {
  const auto user = bot::verify_rasa_token(
      bot::sign_user_token(R"({"user":{"username":"anna","role":"user"}})", key), key, now);
  REQUIRE(user);
  CHECK(user->username == "anna");
  CHECK(user->role == "user");
  CHECK(
      bot::verify_rasa_token(bot::sign_user_token(R"({"user":{"role":"admin"}})", key), key, now));
  const auto refused = [&](const std::string& claims) {
    const auto read = bot::verify_rasa_token(bot::sign_user_token(claims, key), key, now);
    return read ? "taken" : read.error().message;
  };
  CHECK(refused("{}") == "user token: it has no `user`");
  CHECK(refused(R"({"user":{"role":"user"}})") ==
        "user token: `user.username` must be a text of 1 to 256 characters");
  CHECK(refused(R"({"user":{"username":"anna"}})") ==
        "user token: `user.role` is neither admin nor user");
  CHECK(refused(R"({"user":{"role":"admin"},"exp":5})") == "user token: it has expired");
  CHECK(refused(R"({"user":{"role":"admin"},"exp":"x"})") == "user token: its `exp` is no number");
  CHECK(bot::verify_rasa_token("a.b.c", "", now).error().message ==
        "user token: no rasa_api.jwt_key is configured");
}
