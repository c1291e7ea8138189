// Who may do what: the site's signed user tokens, the operator's key, the REST channel's token.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dialog/event.h"
#include "nlu/base/result.h"

namespace bot {

// A token by which the site vouches for a known customer: a JWT signed with HS256 and nothing else,
// with `sub` (1 to 256 characters), `exp` (at most 24 hours ahead) and perhaps `name`, `nbf`.
// `now` in seconds since the epoch. Errc::forbidden says why it is refused.
nlu::Result<dialog::event::UserIdentified> verify_user_token(std::string_view token,
                                                             std::string_view key,
                                                             std::int64_t now);

// Whom a token of Rasa's HTTP API speaks for: a JWT as above, with `user: {username, role}` in
// place of `sub`. Its `exp` and `nbf` count where they are there.
struct RasaUser {
  std::string username;  // Not empty, unless the role is "admin"
  std::string role;      // "admin" or "user"
};
nlu::Result<RasaUser> verify_rasa_token(std::string_view token, std::string_view key,
                                        std::int64_t now);

// What a site does to make one; for tests and tools. `claims` is JSON.
std::string sign_user_token(std::string_view claims, std::string_view key,
                            std::string_view header = R"({"alg":"HS256","typ":"JWT"})");

// Whether both are the same, in a time that does not tell where they differ. Empty is never the
// same.
bool same_secret(std::string_view a, std::string_view b);

// `count` bytes from the system's generator, in hex.
std::string random_hex(std::size_t count);

// The key kept in the file `path`, made (256 bits, hex, mode 0600, folder 0700) when there is none.
nlu::Result<std::string> kept_key(const std::string& path, bool& made);

// What proves to a webhook's receiver who sent `body`, and when (seconds since the epoch):
// "t=TIME,v1=HEX", HEX being the HMAC-SHA256 of "TIME.BODY" under the secret. With `previous` there
// is a second v1, so that either key will do while receivers change over.
std::string webhook_signature(std::string_view body, std::int64_t time, std::string_view secret,
                              std::string_view previous = "");

// base64url without padding; nullopt for anything else.
std::optional<std::string> decode_base64url(std::string_view text);
std::string encode_base64url(std::string_view bytes);

}  // namespace bot
