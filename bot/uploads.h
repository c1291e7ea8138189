// Files that customers send: kept in STATE/uploads under random names, what is known of them in the
// store's notes. Served back as downloads only, so nothing of them ever runs on the page's origin.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dialog/event.h"
#include "dialog/state_store.h"
#include "nlu/base/result.h"

namespace bot {

// The store's small values (RocksdbStore::put_note and get_note).
struct Notes {
  std::function<nlu::Result<void>(const std::string& key, const std::string& value)> put;
  std::function<nlu::Result<std::optional<std::string>>(const std::string& key)> get;
};

struct UploadLimits {
  std::size_t file_bytes = 10 << 20;
  std::size_t per_conversation = 50;
  std::size_t total_bytes = std::size_t{1} << 30;
  std::vector<std::string> types;
};

// All but total_bytes() blocks for the disk and is for one thread at a time.
class Uploads {
 public:
  Uploads(std::string folder, UploadLimits limits, Notes notes);

  // Makes the folder, counts what is there, drops what a crash left half written.
  nlu::Result<void> open();

  // Errc::too_large: over a limit. Errc::invalid: not a type that is taken, or not what it says.
  // When it returns a value, file and record would survive a power cut.
  nlu::Result<dialog::Attachment> keep(const dialog::ConversationId& id, std::string_view name,
                                       std::string_view media_type, std::string_view bytes);

  // nullopt: this conversation has no such file.
  nlu::Result<std::optional<dialog::Attachment>> find(const dialog::ConversationId& id,
                                                      const std::string& upload) const;
  nlu::Result<std::string> read(const dialog::Attachment& attachment) const;
  nlu::Result<void> erase(const dialog::ConversationId& id);

  std::uint64_t total_bytes() const { return total_bytes_; }
  const UploadLimits& limits() const { return limits_; }

 private:
  nlu::Result<std::vector<dialog::Attachment>> records(const dialog::ConversationId& id) const;
  std::string path(const std::string& upload) const { return folder_ + "/" + upload; }

  const std::string folder_;
  const UploadLimits limits_;
  const Notes notes_;
  std::atomic<std::uint64_t> total_bytes_ = 0;
};

// What the first bytes say a file is: "image/png", …; "" unknown.
std::string_view sniff_media_type(std::string_view bytes);

// "invoice.pdf" of what a browser gave: no path, no control characters, at most 150 characters.
std::string safe_file_name(std::string_view name);

// Percent-encoded, for Content-Disposition's filename* and links.
std::string percent_encode(std::string_view text);
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

}  // namespace bot
