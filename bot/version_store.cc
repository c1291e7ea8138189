#include "bot/version_store.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "bot/bots.h"
#include "bot/replace_file.h"
#include "dialog/load.h"

namespace bot {
namespace {

namespace fs = std::filesystem;
namespace json = nlu::json;
using nlu::Errc;
using nlu::Error;
using nlu::Result;

constexpr std::size_t history_max = 200;
constexpr std::size_t shortest_prefix = 6;

Error failed(const std::string& path, const std::string& why) {
  return {Errc::unavailable, fmt::format("{}: {}", path, why)};
}

Result<void> sync(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return failed(path.string(), std::strerror(errno));
  const int done = ::fsync(file);
  const int why = errno;
  ::close(file);
  if (done != 0) return failed(path.string(), std::strerror(why));
  return {};
}

Result<void> copy_synced(const fs::path& from, const fs::path& to) {
  std::error_code failure;
  fs::create_directories(to.parent_path(), failure);
  if (!failure) fs::copy_file(from, to, failure);
  if (failure) return failed(from.string(), failure.message());
  return sync(to);
}

// A model is never written to, only replaced, so that a second name for it is as good as a copy.
Result<void> link_or_copy(const fs::path& from, const fs::path& to) {
  std::error_code failure;
  fs::create_directories(to.parent_path(), failure);
  if (!failure) fs::create_hard_link(from, to, failure);
  if (!failure) return {};
  return copy_synced(from, to);
}

// The model and what belongs to it; what training left to go on from stays behind.
Result<void> copy_model(const fs::path& from, const fs::path& to) {
  std::error_code failure;
  fs::recursive_directory_iterator files(from, failure);
  for (; !failure && files != fs::recursive_directory_iterator(); files.increment(failure)) {
    if (files->is_directory(failure) && files->path().filename() == "training") {
      files.disable_recursion_pending();
    }
    if (!files->is_regular_file(failure)) continue;
    const fs::path name = files->path().lexically_relative(from);
    if (auto done = link_or_copy(files->path(), to / name); !done) return done;
  }
  const bool is_there_none = failure == std::errc::no_such_file_or_directory;
  if (failure && !is_there_none) return failed(from.string(), failure.message());
  return {};
}

dialog::Millis millis(const json::object& object, std::string_view key) {
  return nlu::get_integer(object, key).value_or(0);
}

std::string text(const json::object& object, std::string_view key) {
  return std::string(nlu::get_string(object, key).value_or(""));
}

// The texts in the list called `key`.
std::set<std::string> texts(const json::object& object, std::string_view key) {
  std::set<std::string> all;
  const json::array* list = nlu::get_array(object, key);
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    if ((*list)[i].is_string()) all.emplace((*list)[i].get_string());
  }
  return all;
}

// The objects in the list called `key`.
std::vector<const json::object*> objects(const json::object& object, std::string_view key) {
  std::vector<const json::object*> all;
  const json::array* list = nlu::get_array(object, key);
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    if (const json::object* one = (*list)[i].if_object()) all.push_back(one);
  }
  return all;
}

}  // namespace

void VersionRecord::happened(dialog::Millis at, std::string what, std::string version,
                             std::string why) {
  history.insert(history.begin(), {at, std::move(what), std::move(version), std::move(why)});
  if (history.size() > history_max) history.resize(history_max);
}

json::object to_json(const VersionRecord& record) {
  json::array kept, withdrawn, forgotten, history;
  for (const auto& one : record.kept) {
    kept.push_back(json::object{{"version", one.version}, {"at", one.at}, {"until", one.until}});
  }
  for (const std::string& one : record.withdrawn) withdrawn.push_back(json::value(one));
  for (const std::string& one : record.forgotten) forgotten.push_back(json::value(one));
  for (const auto& one : record.history) {
    history.push_back(json::object{
        {"at", one.at}, {"what", one.what}, {"version", one.version}, {"why", one.why}});
  }
  return {{"current", record.current},
          {"versions", std::move(kept)},
          {"withdrawn", std::move(withdrawn)},
          {"forgotten", std::move(forgotten)},
          {"history", std::move(history)}};
}

VersionStore::VersionStore(std::string folder, std::size_t kept_max)
    : folder_(std::move(folder)), kept_max_(std::max<std::size_t>(kept_max, 1)) {}

std::string VersionStore::record_path(const std::string& bot) const {
  return (fs::path(folder_) / bot / "versions.json").string();
}

// The last part is the bot's name: that is what a bot without one of its own is called.
std::string VersionStore::folder_of(const std::string& bot, const std::string& version) const {
  return (fs::path(folder_) / bot / version / bot).string();
}

Result<VersionRecord> VersionStore::read(const std::string& bot) const {
  const std::string path = record_path(bot);
  const auto bytes = read_whole(path);
  if (!bytes) return bytes.error();
  VersionRecord record;
  if (!*bytes) return record;
  const auto parsed = nlu::parse_json(**bytes);
  const json::object* object = parsed ? parsed->if_object() : nullptr;
  if (object == nullptr) {
    return Error{Errc::corrupt, fmt::format("{} is damaged; delete it, and its versions are kept "
                                            "anew as they are served",
                                            path)};
  }
  record.current = text(*object, "current");
  for (const json::object* one : objects(*object, "versions")) {
    record.kept.push_back({text(*one, "version"), millis(*one, "at"), millis(*one, "until")});
  }
  record.withdrawn = texts(*object, "withdrawn");
  record.forgotten = texts(*object, "forgotten");
  for (const json::object* one : objects(*object, "history")) {
    record.history.push_back(
        {millis(*one, "at"), text(*one, "what"), text(*one, "version"), text(*one, "why")});
  }
  return record;
}

bool VersionStore::names(const std::string& bot, const std::string& version,
                         const std::string& id) const {
  const std::string folder = folder_of(bot, version);
  const auto files = dialog::bot_files(folder);
  return std::any_of(files.begin(), files.end(), [&](const std::string& name) {
    const auto bytes = read_whole((fs::path(folder) / name).string());
    return bytes && *bytes && (**bytes).find(id) != std::string::npos;
  });
}

Result<void> VersionStore::write(const std::string& bot, VersionRecord& record) {
  std::vector<std::string> gone;
  const auto drop = [&](std::size_t i) {
    gone.push_back(record.kept[i].version);
    record.kept.erase(record.kept.begin() + static_cast<std::ptrdiff_t>(i));
  };
  for (std::size_t i = record.kept.size(); i-- > 0;) {
    if (record.kept[i].version == record.current) continue;
    const bool holds_forgotten =
        std::any_of(record.forgotten.begin(), record.forgotten.end(),
                    [&](const std::string& id) { return names(bot, record.kept[i].version, id); });
    if (holds_forgotten || record.kept.size() > kept_max_) drop(i);
  }
  std::erase_if(record.forgotten,
                [&](const std::string& id) { return !names(bot, record.current, id); });
  const std::string path = record_path(bot);
  const auto before = read_whole(path);
  if (!before) return before.error();
  auto written = replace_file(path, *before, json::serialize(to_json(record)) + "\n");
  if (!written) return written;
  for (const std::string& version : gone) {
    std::error_code ignored;  // It is only room on the disk.
    fs::remove_all(fs::path(folder_) / bot / version, ignored);
  }
  return {};
}

Result<void> VersionStore::keep(const std::string& bot, const std::string& version,
                                const std::string& from, const std::string& encoder) {
  const fs::path there = fs::path(folder_) / bot / version;
  std::error_code failure;
  if (fs::exists(there, failure)) return {};
  const fs::path unfinished = fs::path(folder_) / bot / (version + ".unfinished");
  fs::remove_all(unfinished, failure);
  const fs::path to = unfinished / bot;
  const fs::path source(from);
  Result<void> done;
  for (const std::string& name : dialog::bot_files(from)) {
    if (done) done = copy_synced(source / name, to / name);
  }
  // Somebody may have written to them since they were read.
  const auto copied = done ? load_for_reading(to.string()) : nlu::Result<dialog::BotPtr>(nullptr);
  if (done && (!copied || (*copied)->version != version)) {
    done = Error{Errc::conflict, fmt::format("{} has changed while it was loaded; load it again "
                                             "when its files rest",
                                             from)};
  }
  if (done) done = copy_model(source / ".usher", to / ".usher");
  if (done && !encoder.empty() && !fs::path(encoder).is_absolute()) {
    // Hundreds of megabytes that never change: a link is enough.
    fs::create_directories((to / encoder).parent_path(), failure);
    fs::create_symlink(fs::absolute(source / encoder), to / encoder, failure);
    if (failure) done = failed((to / encoder).string(), failure.message());
  }
  if (done) done = sync(to);
  if (done) {
    fs::rename(unfinished, there, failure);
    if (failure) done = failed(there.string(), failure.message());
  }
  if (done) done = sync(there.parent_path());
  if (!done) fs::remove_all(unfinished, failure);
  return done;
}

Result<std::string> VersionStore::find(const VersionRecord& record, const std::string& prefix) {
  std::vector<std::string> found;
  for (const auto& one : record.kept) {
    if (prefix.size() >= shortest_prefix && one.version.starts_with(prefix)) {
      found.push_back(one.version);
    }
  }
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    return Error{Errc::not_found,
                 fmt::format("no version begins with '{}' (at least {} digits); `usher versions` "
                             "lists those that are kept",
                             prefix, shortest_prefix)};
  }
  return nlu::invalid(
      fmt::format("{} versions begin with '{}'; give more digits", found.size(), prefix));
}

}  // namespace bot
