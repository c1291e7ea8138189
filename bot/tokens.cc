#include "bot/tokens.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nlu/base/json.h"
#include "nlu/base/unicode.h"

namespace bot {

namespace {

using nlu::Errc;
using nlu::Error;
using nlu::Result;

constexpr std::size_t token_bytes_max = 8 << 10;
constexpr std::size_t username_characters_max = 256;
constexpr std::int64_t leeway_s = 60;
constexpr std::int64_t lifetime_max_s = 24 * 3600;
constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
            reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(),
            &size)) {
    throw std::runtime_error("HMAC failed");
  }
  return {reinterpret_cast<const char*>(digest.data()), size};
}

std::string to_hex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return hex;
}

Error refused(std::string why) { return {Errc::forbidden, "user token: " + std::move(why)}; }

// One of a token's two JSON parts.
Result<nlu::json::object> part(std::string_view encoded, const char* name) {
  const std::optional<std::string> text = decode_base64url(encoded);
  if (!text) return refused(fmt::format("its {} is not base64url", name));
  auto parsed = nlu::parse_json(*text, {token_bytes_max, 8});
  if (!parsed || !parsed->is_object()) return refused(fmt::format("its {} is not JSON", name));
  return parsed->get_object();
}

Result<void> check_times(const nlu::json::object& claims, std::int64_t now) {
  const auto expiry = nlu::get_number(claims, "exp");
  const auto at = static_cast<double>(now);
  if (expiry && *expiry <= at - leeway_s) return refused("it has expired");
  const auto begin = nlu::get_number(claims, "nbf");
  if (begin && *begin > at + leeway_s) return refused("it is not valid yet");
  return {};
}

// The file is complete or not there, whatever happens meanwhile.
Result<void> write_key(const std::string& path, const std::string& key) {
  const auto failed = [&] {
    return Error{Errc::unavailable, fmt::format("cannot write {}: {}", path, std::strerror(errno))};
  };
  const std::string part_path = path + ".new";
  const int file = ::open(part_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return failed();
  const std::string text = key + "\n";
  const bool written =
      ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fchmod(file, 0600) == 0 && ::fsync(file) == 0;
  ::close(file);
  if (!written || ::rename(part_path.c_str(), path.c_str()) != 0) return failed();
  return {};
}

}  // namespace

std::string encode_base64url(std::string_view bytes) {
  std::string text;
  std::uint32_t buffer = 0;
  int bits = 0;
  for (const char c : bytes) {
    buffer = (buffer << 8) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6) text += alphabet[(buffer >> (bits - 6)) & 63];
  }
  if (bits > 0) text += alphabet[(buffer << (6 - bits)) & 63];
  return text;
}

std::optional<std::string> decode_base64url(std::string_view text) {
  std::string bytes;
  std::uint32_t buffer = 0;
  int bits = 0;
  for (const char c : text) {
    const std::size_t value = alphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    buffer = (buffer << 6) | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>((buffer >> bits) & 255);
    }
  }
  const bool whole = bits < 6 && (buffer & ((1U << bits) - 1)) == 0;
  return whole ? std::optional(bytes) : std::nullopt;
}

bool same_secret(std::string_view a, std::string_view b) {
  if (a.empty() || a.size() != b.size()) return false;
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string webhook_signature(std::string_view body, std::int64_t time, std::string_view secret,
                              std::string_view previous) {
  const std::string signed_text = fmt::format("{}.{}", time, body);
  std::string signature = fmt::format("t={}", time);
  for (const std::string_view key : {secret, previous}) {
    if (!key.empty()) signature += ",v1=" + to_hex(hmac_sha256(key, signed_text));
  }
  return signature;
}

std::string random_hex(std::size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) {
    throw std::runtime_error("the system gives no random bytes");
  }
  return to_hex(bytes);
}

std::string sign_user_token(std::string_view claims, std::string_view key,
                            std::string_view header) {
  const std::string signed_part = encode_base64url(header) + "." + encode_base64url(claims);
  return signed_part + "." + encode_base64url(hmac_sha256(key, signed_part));
}

namespace {

// What the token says, once its signature and its times have been checked.
Result<nlu::json::object> verified_claims(std::string_view token, std::string_view key,
                                          std::int64_t now) {
  if (token.size() > token_bytes_max) return refused("it is over 8 KiB");
  const std::size_t first = token.find('.');
  const std::size_t second = first == token.npos ? token.npos : token.find('.', first + 1);
  if (second == token.npos || token.find('.', second + 1) != token.npos) {
    return refused("it has not three parts");
  }
  // The algorithm is ours to say: a header that names another one is refused, "none" included.
  const auto header = part(token.substr(0, first), "header");
  if (!header) return header.error();
  if (nlu::get_string(*header, "alg") != "HS256") return refused("its algorithm is not HS256");
  if (header->contains("crit")) return refused("it has critical extensions");
  const auto signature = decode_base64url(token.substr(second + 1));
  if (!signature || !same_secret(*signature, hmac_sha256(key, token.substr(0, second)))) {
    return refused("its signature is not the site's");
  }
  const auto claims = part(token.substr(first + 1, second - first - 1), "claims");
  if (!claims) return claims.error();
  if (const auto times = check_times(*claims, now); !times) return times.error();
  return *claims;
}

}  // namespace

Result<dialog::event::UserIdentified> verify_user_token(std::string_view token,
                                                        std::string_view key, std::int64_t now) {
  if (key.empty()) return refused("no site_key is configured");
  const auto claims = verified_claims(token, key, now);
  if (!claims) return claims.error();
  const auto expiry = nlu::get_number(*claims, "exp");
  if (!expiry) return refused("it has no `exp`");
  if (*expiry > static_cast<double>(now + lifetime_max_s + leeway_s)) {
    return refused("`exp` is over 24 hours ahead");
  }
  const auto subject = nlu::get_string(*claims, "sub");
  if (!subject || subject->empty() || nlu::count_characters(*subject) > 256) {
    return refused("`sub` must be a text of 1 to 256 characters");
  }
  dialog::event::UserIdentified user;
  user.user = *subject;
  user.name = nlu::truncate(nlu::get_string(*claims, "name").value_or(""), 200);
  return user;
}

Result<RasaUser> verify_rasa_token(std::string_view token, std::string_view key, std::int64_t now) {
  if (key.empty()) return refused("no rasa_api.jwt_key is configured");
  const auto claims = verified_claims(token, key, now);
  if (!claims) return claims.error();
  if (claims->contains("exp") && !nlu::get_number(*claims, "exp")) {
    return refused("its `exp` is no number");
  }
  const nlu::json::object* said = nlu::get_object(*claims, "user");
  if (!said) return refused("it has no `user`");
  RasaUser user;
  user.username = nlu::get_string(*said, "username").value_or("");
  user.role = nlu::get_string(*said, "role").value_or("");
  if (user.role != "admin" && user.role != "user") {
    return refused("`user.role` is neither admin nor user");
  }
  const bool is_named =
      !user.username.empty() && nlu::count_characters(user.username) <= username_characters_max;
  if (user.role == "user" && !is_named) {
    return refused("`user.username` must be a text of 1 to 256 characters");
  }
  return user;
}

Result<std::string> kept_key(const std::string& path, bool& made) {
  made = false;
  std::error_code failure;
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (std::ifstream file{path}) {
    std::string key;
    file >> key;
    if (key.size() >= 32) return key;
    return Error{Errc::corrupt,
                 fmt::format("{} holds no key of at least 32 characters; remove it and a new one "
                             "is made",
                             path)};
  }
  std::filesystem::create_directories(folder, failure);
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, failure);
  const std::string key = random_hex(32);
  if (const auto written = write_key(path, key); !written) return written.error();
  made = true;
  return key;
}

}  // namespace bot
