// Values of the embedded store (docs/store.md): numbers big-endian, an effect's request as JSON.
// What cannot be decoded is Errc::corrupt.
#pragma once

#include <string>
#include <string_view>

#include "dialog/state_store.h"
#include "dialog/stats.h"
#include "nlu/base/result.h"

namespace bot::records {

// What append() compares with: the last event kept and the epoch it was kept under.
struct Head {
  dialog::EventNumber last_event = 0;
  dialog::Epoch epoch = 0;
};

std::string encode(const Head& head);
nlu::Result<Head> decode_head(std::string_view bytes);

// Without what is in the key: the client, and the message's id.
std::string encode(const dialog::MessageRecord& record);
nlu::Result<dialog::MessageRecord> decode_message(std::string_view bytes);
std::string encode(const dialog::ClientRecord& record);
nlu::Result<dialog::ClientRecord> decode_client(std::string_view bytes);

std::string encode(const dialog::HttpRequest& request);
nlu::Result<dialog::HttpRequest> decode_request(std::string_view bytes);

// Fields that a later release appended are left out; those that an earlier one did not know are 0.
std::string encode(const dialog::Counts& counts);
nlu::Result<dialog::Counts> decode_counts(std::string_view bytes);
std::string encode(const dialog::StatRow& row);
nlu::Result<dialog::StatRow> decode_stat_row(std::string_view bytes);

// A conversation's counter, with the number of the last event it has taken.
struct KeptCounter {
  dialog::EventNumber number = 0;
  dialog::SessionCounter counter;
};
std::string encode(const KeptCounter& kept);
nlu::Result<KeptCounter> decode_counter(std::string_view bytes);

}  // namespace bot::records
