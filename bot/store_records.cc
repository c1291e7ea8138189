#include "bot/store_records.h"

#include <chrono>
#include <optional>
#include <utility>

#include "bot/store_keys.h"
#include "nlu/base/json.h"

namespace bot::records {

namespace json = nlu::json;
using nlu::Errc;
using nlu::Error;
using nlu::Result;

std::string encode(const Head& value) {
  std::string bytes;
  keys::put_u64(bytes, value.last_event);
  keys::put_u64(bytes, value.epoch);
  return bytes;
}

Result<Head> decode_head(std::string_view bytes) {
  if (bytes.size() < 16) return Error{Errc::corrupt, "a conversation's head is cut short"};
  return Head{keys::get_u64(bytes), keys::get_u64(bytes.substr(8))};
}

std::string encode(const dialog::MessageRecord& record) {
  std::string bytes;
  keys::put_u64(bytes, record.cseq);
  keys::put_u64(bytes, record.seq);
  return bytes += record.body_hash;
}

Result<dialog::MessageRecord> decode_message(std::string_view bytes) {
  if (bytes.size() < 16) return Error{Errc::corrupt, "a message's record is cut short"};
  dialog::MessageRecord record;
  record.cseq = keys::get_u64(bytes);
  record.seq = keys::get_u64(bytes.substr(8));
  record.body_hash = bytes.substr(16);
  return record;
}

std::string encode(const dialog::ClientRecord& record) {
  std::string bytes;
  keys::put_u64(bytes, record.epoch);
  keys::put_u64(bytes, record.last_cseq);
  return bytes;
}

Result<dialog::ClientRecord> decode_client(std::string_view bytes) {
  if (bytes.size() < 16) return Error{Errc::corrupt, "a client's record is cut short"};
  return dialog::ClientRecord{{}, keys::get_u64(bytes), keys::get_u64(bytes.substr(8))};
}

// Seven bits a byte, the lowest first; the sign is the lowest of them, so that small numbers of
// either sign are short.
std::string encode(const dialog::Counts& counts) {
  std::string bytes;
  for (const auto field : dialog::count_fields) {
    const std::int64_t value = counts.*field;
    std::uint64_t rest =
        static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
    for (; rest >= 0x80; rest >>= 7) bytes.push_back(static_cast<char>(rest | 0x80));
    bytes.push_back(static_cast<char>(rest));
  }
  return bytes;
}

Result<dialog::Counts> decode_counts(std::string_view bytes) {
  dialog::Counts counts;
  std::size_t at = 0;
  for (const auto field : dialog::count_fields) {
    if (at == bytes.size()) return counts;
    std::uint64_t coded = 0;
    for (int shift = 0;; shift += 7) {
      if (at == bytes.size() || shift > 63) return Error{Errc::corrupt, "sums cannot be read"};
      const auto byte = static_cast<std::uint8_t>(bytes[at++]);
      coded |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    counts.*field = static_cast<std::int64_t>(coded >> 1 ^ (~(coded & 1) + 1));
  }
  return counts;
}

namespace {

void put_number(std::string& bytes, std::uint64_t rest) {
  for (; rest >= 0x80; rest >>= 7) bytes.push_back(static_cast<char>(rest | 0x80));
  bytes.push_back(static_cast<char>(rest));
}

std::optional<std::uint64_t> take_number(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (int shift = 0; shift <= 63 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<std::uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

}  // namespace

// How many numbers there are and they, without the zeros at their end; then the steps: how many, of
// each its name behind its length and its numbers.
std::string encode(const dialog::StatRow& row) {
  std::string bytes;
  std::size_t count = dialog::number_fields.size();
  while (count > 0 && row.numbers.*dialog::number_fields[count - 1] == 0) --count;
  put_number(bytes, count);
  for (std::size_t i = 0; i < count; ++i) {
    put_number(bytes, static_cast<std::uint64_t>(row.numbers.*dialog::number_fields[i]));
  }
  put_number(bytes, row.steps.size());
  for (const auto& [name, step] : row.steps) {
    put_number(bytes, name.size());
    bytes += name;
    put_number(bytes, static_cast<std::uint64_t>(step.entered));
    put_number(bytes, static_cast<std::uint64_t>(step.left));
  }
  return bytes;
}

Result<dialog::StatRow> decode_stat_row(std::string_view bytes) {
  const Error broken{Errc::corrupt, "a day's numbers cannot be read"};
  dialog::StatRow row;
  const auto count = take_number(bytes);
  if (!count) return broken;
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto value = take_number(bytes);
    if (!value) return broken;
    if (i < dialog::number_fields.size()) {
      row.numbers.*dialog::number_fields[i] = static_cast<std::int64_t>(*value);
    }
  }
  const auto steps = take_number(bytes);
  if (!steps) return broken;
  for (std::uint64_t i = 0; i < *steps; ++i) {
    const auto size = take_number(bytes);
    if (!size || *size > bytes.size()) return broken;
    const std::string name(bytes.substr(0, *size));
    bytes.remove_prefix(*size);
    const auto entered = take_number(bytes), left = take_number(bytes);
    if (!entered || !left) return broken;
    row.steps[name] = {static_cast<std::int64_t>(*entered), static_cast<std::int64_t>(*left)};
  }
  return row;
}

std::string encode(const KeptCounter& kept) {
  std::string bytes;
  keys::put_u64(bytes, kept.number);
  return bytes + kept.counter.encode();
}

Result<KeptCounter> decode_counter(std::string_view bytes) {
  if (bytes.size() < 8) return Error{Errc::corrupt, "a conversation's counter is cut short"};
  auto counter = dialog::SessionCounter::decode(bytes.substr(8));
  if (!counter) return counter.error();
  return KeptCounter{keys::get_u64(bytes), std::move(*counter)};
}

std::string encode(const dialog::HttpRequest& request) {
  json::array headers;
  for (const auto& [name, value] : request.headers) headers.push_back(json::array{name, value});
  return json::serialize(json::object{{"method", request.method},
                                      {"url", request.url},
                                      {"path", request.path},
                                      {"headers", std::move(headers)},
                                      {"body", request.body},
                                      {"timeout_ms", request.timeout.count()},
                                      {"retries", request.retries},
                                      {"idempotent", request.idempotent},
                                      {"idempotency_key", request.idempotency_key}});
}

Result<dialog::HttpRequest> decode_request(std::string_view bytes) {
  const auto value = nlu::parse_json(bytes, {.bytes = 8 << 20, .depth = 8});
  if (!value || !value->is_object()) {
    return Error{Errc::corrupt, "an effect's request cannot be read"};
  }
  const json::object& object = value->as_object();
  const auto text = [&](std::string_view key) {
    return std::string(nlu::get_string(object, key).value_or(""));
  };
  dialog::HttpRequest request;
  request.method = text("method");
  request.url = text("url");
  request.path = text("path");
  request.body = text("body");
  request.idempotency_key = text("idempotency_key");
  request.timeout =
      std::chrono::milliseconds(nlu::get_integer(object, "timeout_ms").value_or(3000));
  request.retries = static_cast<int>(nlu::get_integer(object, "retries").value_or(0));
  request.idempotent = nlu::get_bool(object, "idempotent").value_or(false);
  if (const json::array* headers = nlu::get_array(object, "headers")) {
    for (const json::value& header : *headers) {
      if (!header.is_array() || header.as_array().size() != 2) continue;
      const json::array& pair = header.as_array();
      if (!pair[0].is_string() || !pair[1].is_string()) continue;
      request.headers.emplace_back(pair[0].as_string(), pair[1].as_string());
    }
  }
  return request;
}

}  // namespace bot::records
