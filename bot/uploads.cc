#include "bot/uploads.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "bot/tokens.h"
#include "nlu/base/json.h"
#include "nlu/base/unicode.h"

namespace bot {

namespace {

namespace fs = std::filesystem;
using nlu::Errc;
using nlu::Error;
using nlu::Result;

std::string note_key(const dialog::ConversationId& id) {
  return fmt::format("uploads/{}/{}", id.tenant, dialog::to_string(id));
}

Error failed(const std::string& what, const std::string& path) {
  return {Errc::unavailable, fmt::format("cannot {} {}: {}", what, path, std::strerror(errno))};
}

bool is_upload_id(std::string_view id) {
  return id.size() == 32 && id.find_first_not_of("0123456789abcdef") == id.npos;
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void sync_folder(const std::string& folder) {
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;
  ::fsync(file);
  ::close(file);
}

Result<void> write_file(const std::string& folder, const std::string& path,
                        std::string_view bytes) {
  const std::string part = path + ".part";
  const int file = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return failed("write", part);
  const bool written = write_all(file, bytes) && ::fsync(file) == 0;
  const int why = errno;
  ::close(file);
  if (!written || ::rename(part.c_str(), path.c_str()) != 0) {
    if (!written) errno = why;
    const Error error = failed("write", path);
    ::unlink(part.c_str());
    return error;
  }
  sync_folder(folder);
  return {};
}

nlu::json::array to_json(const std::vector<dialog::Attachment>& records) {
  nlu::json::array all;
  for (const dialog::Attachment& record : records) {
    all.push_back({{"upload", record.upload},
                   {"name", record.name},
                   {"size", record.size},
                   {"media_type", record.media_type}});
  }
  return all;
}

bool has_prefix(std::string_view bytes, std::string_view magic) {
  return bytes.substr(0, magic.size()) == magic;
}

// What is declared must be what it is. Of texts, which have no magic: valid, and nothing else.
bool is_what_it_says(std::string_view media_type, std::string_view bytes) {
  const std::string_view sniffed = sniff_media_type(bytes);
  if (!sniffed.empty()) return sniffed == media_type;
  const bool text = has_prefix(media_type, "text/");
  return text && nlu::is_utf8(bytes) && bytes.find('\0') == bytes.npos;
}

}  // namespace

std::string_view sniff_media_type(std::string_view bytes) {
  using std::string_view_literals::operator""sv;
  if (has_prefix(bytes, "\x89PNG\r\n\x1a\n"sv)) return "image/png";
  if (has_prefix(bytes, "\xff\xd8\xff"sv)) return "image/jpeg";
  if (has_prefix(bytes, "GIF87a"sv) || has_prefix(bytes, "GIF89a"sv)) return "image/gif";
  if (has_prefix(bytes, "RIFF"sv) && bytes.size() >= 12 && bytes.substr(8, 4) == "WEBP"sv) {
    return "image/webp";
  }
  if (has_prefix(bytes, "%PDF-"sv)) return "application/pdf";
  if (has_prefix(bytes, "PK\x03\x04"sv)) return "application/zip";
  return "";
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string encoded;
  for (const char c : text) {
    if (plain.find(c) != plain.npos) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = digit(text[i + 1]), low = digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      decoded += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

std::string safe_file_name(std::string_view name) {
  const std::size_t slash = name.find_last_of("/\\");
  if (slash != name.npos) name.remove_prefix(slash + 1);
  std::string safe;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f && c != '"') safe += c;
  }
  if (!nlu::is_utf8(safe)) safe.clear();
  safe = nlu::truncate(safe, 150);
  const std::size_t begin = safe.find_first_not_of(". ");
  return begin == safe.npos ? "file" : safe.substr(begin);
}

Uploads::Uploads(std::string folder, UploadLimits limits, Notes notes)
    : folder_(std::move(folder)), limits_(std::move(limits)), notes_(std::move(notes)) {}

Result<void> Uploads::open() {
  std::error_code failure;
  fs::create_directories(folder_, failure);
  if (failure) return Error{Errc::unavailable, fmt::format("{}: {}", folder_, failure.message())};
  fs::permissions(folder_, fs::perms::owner_all, failure);
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, failure)) {
    if (entry.path().extension() == ".part") {
      fs::remove(entry.path(), failure);
    } else if (entry.is_regular_file(failure)) {
      total_bytes_ += entry.file_size(failure);
    }
  }
  return {};
}

Result<std::vector<dialog::Attachment>> Uploads::records(const dialog::ConversationId& id) const {
  auto note = notes_.get(note_key(id));
  if (!note) return note.error();
  std::vector<dialog::Attachment> records;
  if (!*note || (*note)->empty()) return records;
  const auto parsed = nlu::parse_json(**note);
  if (!parsed || !parsed->is_array()) return Error{Errc::corrupt, "the record of uploads"};
  for (const nlu::json::value& value : parsed->get_array()) {
    if (!value.is_object()) continue;
    const nlu::json::object& object = value.get_object();
    dialog::Attachment record;
    record.upload = nlu::get_string(object, "upload").value_or("");
    record.name = nlu::get_string(object, "name").value_or("");
    record.size = static_cast<std::uint64_t>(nlu::get_integer(object, "size").value_or(0));
    record.media_type = nlu::get_string(object, "media_type").value_or("");
    if (is_upload_id(record.upload)) records.push_back(std::move(record));
  }
  return records;
}

Result<dialog::Attachment> Uploads::keep(const dialog::ConversationId& id, std::string_view name,
                                         std::string_view media_type, std::string_view bytes) {
  if (bytes.empty()) return nlu::invalid("the file is empty");
  if (bytes.size() > limits_.file_bytes) {
    return Error{Errc::too_large, fmt::format("a file may have {} bytes", limits_.file_bytes)};
  }
  if (total_bytes_ + bytes.size() > limits_.total_bytes) {
    return Error{Errc::busy, "there is no room for more files"};
  }
  const auto& types = limits_.types;
  if (std::find(types.begin(), types.end(), media_type) == types.end()) {
    return nlu::invalid(fmt::format("files of type '{}' are not taken; taken are {}", media_type,
                                    fmt::join(types, ", ")));
  }
  if (!is_what_it_says(media_type, bytes)) {
    return nlu::invalid(fmt::format("the file is not {}", media_type));
  }
  auto known = records(id);
  if (!known) return known.error();
  if (known->size() >= limits_.per_conversation) {
    return Error{Errc::too_large,
                 fmt::format("a conversation may have {} files", limits_.per_conversation)};
  }
  dialog::Attachment kept;
  kept.upload = random_hex(16);
  kept.name = safe_file_name(name);
  kept.size = bytes.size();
  kept.media_type = media_type;
  if (const auto written = write_file(folder_, path(kept.upload), bytes); !written) {
    return written.error();
  }
  known->push_back(kept);
  const auto noted = notes_.put(note_key(id), nlu::json::serialize(to_json(*known)));
  if (!noted) {
    ::unlink(path(kept.upload).c_str());
    return noted.error();
  }
  total_bytes_ += kept.size;
  return kept;
}

Result<std::optional<dialog::Attachment>> Uploads::find(const dialog::ConversationId& id,
                                                        const std::string& upload) const {
  auto known = records(id);
  if (!known) return known.error();
  for (dialog::Attachment& record : *known) {
    if (record.upload == upload) return std::optional(std::move(record));
  }
  return std::optional<dialog::Attachment>{};
}

Result<std::string> Uploads::read(const dialog::Attachment& attachment) const {
  std::ifstream file{path(attachment.upload), std::ios::binary};
  if (!file) return Error{Errc::not_found, "the file is gone"};
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (bytes.size() != attachment.size) return Error{Errc::corrupt, "the file is not what it was"};
  return bytes;
}

Result<void> Uploads::erase(const dialog::ConversationId& id) {
  const auto known = records(id);
  if (!known) return known.error();
  if (known->empty()) return {};
  for (const dialog::Attachment& record : *known) {
    if (::unlink(path(record.upload).c_str()) == 0) total_bytes_ -= record.size;
  }
  return notes_.put(note_key(id), "");
}

}  // namespace bot
