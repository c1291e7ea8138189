#include "bot/versions.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "dialog/load.h"

namespace bot {
namespace {

namespace json = nlu::json;
using nlu::Errc;
using nlu::Error;
using nlu::Result;
using runtime::VersionCounts;

// A session ends after an idle hour by default, and with it what pins it to a version: one that was
// replaced longer ago is not taken up at a start.
constexpr dialog::Millis pinned_for = 24 * 3'600'000;
constexpr std::uint64_t failures_at_least = 3;  // One bad turn says nothing of a version.

dialog::Millis now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string brief(const std::string& version) { return version.substr(0, 12); }

VersionCounts counts_of(const std::map<std::string, VersionCounts>& counts,
                        const std::string& version) {
  const auto found = counts.find(version);
  return found == counts.end() ? VersionCounts{} : found->second;
}

// Counts may have begun anew in between.
VersionCounts since(const VersionCounts& now, const VersionCounts& before) {
  if (now.turns < before.turns) return now;
  return {now.turns - before.turns, now.fallbacks - before.fallbacks,
          now.failures - before.failures};
}

double share(std::uint64_t part, std::uint64_t all) {
  return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

json::object to_json(const VersionCounts& counts) {
  return {{"turns", counts.turns}, {"fallbacks", counts.fallbacks}, {"failures", counts.failures}};
}

// Changes when a file of the bot does.
std::string state_of_files(const std::string& folder) {
  namespace fs = std::filesystem;
  std::string state = folder;
  for (const std::string& name : dialog::bot_files(folder)) {
    std::error_code failure;
    const fs::path path = fs::path(folder) / name;
    const auto time = fs::last_write_time(path, failure);
    const auto size = failure ? 0 : fs::file_size(path, failure);
    state += fmt::format("\n{} {} {}", name, time.time_since_epoch().count(), size);
  }
  return state;
}

}  // namespace

Versions::Versions(net::io_context& io, net::thread_pool& files, const Config& config,
                   BotShelf& shelf, NluWorker& worker, MakeInterpreter make, Say say, Log& log)
    : io_(io),
      files_(files),
      config_(config),
      shelf_(shelf),
      worker_(worker),
      make_(std::move(make)),
      say_(std::move(say)),
      log_(log),
      store_(config.state_folder + "/versions", config.limits.versions_kept) {}

// ---- the start ----

Result<void> Versions::open(dialog::Tenant tenant, ReadyBot ready) {
  const std::string name = ready.bot->name;
  auto record = store_.read(name);
  if (!record) return record.error();
  records_[tenant] = std::move(*record);
  if (auto kept = store_.keep(name, ready.bot->version, ready.folder, ready.bot->encoder); !kept) {
    return kept;
  }
  const std::string before = records_[tenant].current;
  const bool is_new = !before.empty() && before != ready.bot->version;
  const bool is_withdrawn = records_[tenant].withdrawn.count(ready.bot->version) != 0;
  std::optional<ReadyBot> last;
  if (is_new && (is_withdrawn || config_.rollout.share > 0)) {
    nlu::Diagnostics ignored;
    auto found = ready_bot(store_.folder_of(name, before), make_, say_, ignored);
    if (found) {
      last = std::move(*found);
    } else {
      say_(fmt::format("{}: version {}, which was served last, cannot be loaded, so {} is: {}",
                       ready.folder, brief(before), brief(ready.bot->version),
                       found.error().message));
    }
  }
  if (!last) {
    make_current(tenant, ready, "current", "start");
  } else {
    const std::string folder = ready.folder;
    last->folder = folder;
    worker_.use(tenant, last->bot->version, last->interpreter);
    shelf_.put(tenant, folder, last->bot);
    if (is_withdrawn) {
      say_(fmt::format(
          "{}: version {} was withdrawn, so {} is served; change the folder, or "
          "`usher versions {} --use {}`",
          folder, brief(ready.bot->version), brief(before), name, brief(ready.bot->version)));
    } else {
      try_out(tenant, ready);
    }
  }
  open_pinned(tenant, name);
  return store_.write(name, records_[tenant]);
}

// Versions that conversations may still be in the middle of.
void Versions::open_pinned(dialog::Tenant tenant, const std::string& name) {
  const VersionRecord& record = records_.at(tenant);
  for (const VersionRecord::Kept& one : record.kept) {
    const bool is_recent = one.until != 0 && one.until + pinned_for > now();
    if (!is_recent || record.withdrawn.count(one.version) != 0 ||
        shelf_.find(tenant, one.version) ||
        shelf_.of(tenant)->versions.size() >= BotShelf::versions_kept) {
      continue;
    }
    nlu::Diagnostics ignored;
    auto ready = ready_bot(store_.folder_of(name, one.version), make_, say_, ignored);
    if (!ready) {
      log_.warning("version_lost", {{"bot", name}, {"version", one.version}});
      continue;
    }
    worker_.use(tenant, ready->bot->version, ready->interpreter);
    shelf_.put_behind(tenant, ready->bot);
  }
}

// ---- new versions ----

bool Versions::reload(Done done) {
  if (loading_) {
    again_ = true;
    return false;
  }
  loading_ = true;
  std::vector<std::pair<dialog::Tenant, std::string>> folders;
  for (const auto& entry : shelf_.all()) folders.emplace_back(entry.first, entry.second.folder);
  net::post(files_, [this, folders, done = std::move(done)] {
    auto loaded = std::make_shared<std::vector<Loaded>>();
    for (const auto& [tenant, folder] : folders) {
      nlu::Diagnostics warnings;
      auto ready = ready_bot(folder, make_, say_, warnings);
      if (ready) {
        auto kept = store_.keep(ready->bot->name, ready->bot->version, folder, ready->bot->encoder);
        if (!kept) ready = kept.error();
      }
      loaded->push_back({tenant, folder, std::move(ready)});
    }
    net::post(io_, [this, loaded, done] { take(std::move(*loaded), done); });
  });
  return true;
}

void Versions::take(std::vector<Loaded> loaded, const Done& done) {
  std::vector<Outcome> outcomes;
  for (Loaded& one : loaded) {
    outcomes.push_back(one.ready ? take(one.tenant, std::move(*one.ready))
                                 : refused(one.tenant, one.ready.error().message));
  }
  loading_ = false;
  if (done) done(std::move(outcomes));
  if (std::exchange(again_, false)) reload();
}

Versions::Outcome Versions::refused(dialog::Tenant tenant, const std::string& why) {
  const BotShelf::Entry& entry = *shelf_.of(tenant);
  say_(fmt::format("{} is not loaded anew:\n{}", entry.folder, why));
  log_.error("reload_refused", {{"bot", entry.folder}});
  return {entry.current()->name, "refused", entry.current()->version, why, 0};
}

Versions::Outcome Versions::take(dialog::Tenant tenant, ReadyBot ready) {
  const BotShelf::Entry& entry = *shelf_.of(tenant);
  const std::string& name = entry.current()->name;
  const std::string& version = ready.bot->version;
  if (ready.bot->name != name) {
    return refused(tenant, fmt::format("the bot was called '{}' and is '{}' now; give it its name "
                                       "back, or start anew",
                                       name, ready.bot->name));
  }
  if (records_.at(tenant).withdrawn.count(version) != 0) {
    return {name, "withdrawn", version, "it was withdrawn; change it, or use it again by hand", 0};
  }
  if (entry.trial && entry.trial->bot->version == version) {
    worker_.use(tenant, version, ready.interpreter);
    return {name, "unchanged", version, "", entry.trial->share};
  }
  if (entry.current()->version == version) {
    worker_.use(tenant, version, ready.interpreter);
    if (!entry.trial) return {name, "unchanged", version, "", 0};
    end_trial(tenant, End::called_off, "its folder has the current version again");
    return {name, "current", version, "", 0};
  }
  if (config_.rollout.share > 0) {
    try_out(tenant, ready);
    write(tenant);
    return {name, "trial", version, "", config_.rollout.share};
  }
  make_current(tenant, ready, "current", "reload");
  write(tenant);
  return {name, "current", version, "", 0};
}

Result<void> Versions::use_again(dialog::Tenant tenant, const std::string& wanted, Done done) {
  if (loading_) return Error{Errc::busy, "the bots are being loaded; try again in a moment"};
  VersionRecord& record = records_.at(tenant);
  std::string prefix = wanted;
  if (wanted.empty()) {
    const auto before = std::find_if(record.kept.begin(), record.kept.end(), [&](const auto& one) {
      return one.until != 0 && one.version != record.current &&
             record.withdrawn.count(one.version) == 0;
    });
    if (before == record.kept.end()) {
      return Error{Errc::not_found, "there is no version before this one"};
    }
    prefix = before->version;
  }
  const auto version = VersionStore::find(record, prefix);
  if (!version) return version.error();
  loading_ = true;
  const std::string name = shelf_.current(tenant)->name;
  net::post(files_, [this, tenant, name, version = *version, done = std::move(done)] {
    nlu::Diagnostics ignored;
    auto ready = std::make_shared<Result<ReadyBot>>(
        ready_bot(store_.folder_of(name, version), make_, say_, ignored));
    net::post(io_, [this, tenant, ready, done] {
      loading_ = false;
      const BotShelf::Entry& entry = *shelf_.of(tenant);
      if (!*ready) {
        done({{entry.current()->name, "refused", entry.current()->version, ready->error().message,
               0}});
      } else {
        VersionRecord& kept = records_.at(tenant);
        const std::string left = entry.current()->version;
        const std::string again = (*ready)->bot->version;
        (*ready)->folder = entry.folder;
        kept.withdrawn.erase(again);
        if (left != again) kept.withdrawn.insert(left);
        if (entry.trial && entry.trial->bot->version != again) {
          kept.withdrawn.insert(entry.trial->bot->version);
        }
        trials_.erase(tenant);
        make_current(tenant, **ready, "used_again", "by hand");
        write(tenant);
        done({{entry.current()->name, "used_again", again, "", 0}});
      }
      if (std::exchange(again_, false)) reload();
    });
  });
  return {};
}

void Versions::remember(VersionRecord& record, const std::string& version, dialog::Millis at) {
  const auto is_it = [&](const VersionRecord::Kept& one) { return one.version == version; };
  auto found = std::find_if(record.kept.begin(), record.kept.end(), is_it);
  VersionRecord::Kept kept =
      found == record.kept.end() ? VersionRecord::Kept{version, at, 0} : *found;
  if (found != record.kept.end()) record.kept.erase(found);
  record.kept.insert(record.kept.begin(), std::move(kept));
}

// Bot and model at once: the runtime sees both from its next input on.
void Versions::make_current(dialog::Tenant tenant, const ReadyBot& ready, const std::string& what,
                            const std::string& why) {
  const std::string& version = ready.bot->version;
  worker_.use(tenant, version, ready.interpreter);
  forget(tenant, shelf_.put(tenant, ready.folder, ready.bot));
  trials_.erase(tenant);
  VersionRecord& record = records_.at(tenant);
  const dialog::Millis at = now();
  const bool is_same = record.current == version;
  for (VersionRecord::Kept& one : record.kept) {
    if (!is_same && one.version == record.current) one.until = at;
  }
  record.withdrawn.erase(version);
  remember(record, version, at);
  record.kept.front().until = 0;
  record.current = version;
  if (is_same) return;
  record.happened(at, what, version, why);
  log_.info("version_current", {{"bot", ready.bot->name}, {"version", version}, {"why", why}});
}

void Versions::try_out(dialog::Tenant tenant, const ReadyBot& ready) {
  const std::string& version = ready.bot->version;
  worker_.use(tenant, version, ready.interpreter);
  forget(tenant, shelf_.try_out(tenant, ready.bot, config_.rollout.share));
  trials_[tenant] = {now(), false, {}, {}};
  VersionRecord& record = records_.at(tenant);
  remember(record, version, now());
  record.happened(now(), "trial", version, fmt::format("share {}", config_.rollout.share));
  log_.info("version_on_trial", {{"bot", ready.bot->name},
                                 {"version", version},
                                 {"share", fmt::format("{}", config_.rollout.share)}});
}

void Versions::forget(dialog::Tenant tenant, const std::vector<std::string>& versions) {
  for (const std::string& version : versions) worker_.use(tenant, version, nullptr);
}

// What the disk lets go, memory lets go.
void Versions::write(dialog::Tenant tenant) {
  const std::string name = shelf_.current(tenant)->name;
  net::post(files_, [this, tenant, name, before = records_.at(tenant)] {
    VersionRecord left = before;
    if (const auto written = store_.write(name, left); !written) {
      return log_.error("versions_not_written", {{"bot", name}, {"why", written.error().message}});
    }
    net::post(io_, [this, tenant, before, left] {
      VersionRecord& known = records_.at(tenant);
      for (const VersionRecord::Kept& one : before.kept) {
        const auto is_it = [&](const auto& other) { return other.version == one.version; };
        if (std::none_of(left.kept.begin(), left.kept.end(), is_it)) {
          std::erase_if(known.kept, is_it);
        }
      }
      for (const std::string& id : before.forgotten) {
        if (left.forgotten.count(id) == 0) known.forgotten.erase(id);
      }
    });
  });
}

void Versions::forget(dialog::Tenant tenant, const dialog::ConversationId& id) {
  records_.at(tenant).forgotten.insert(dialog::to_string(id));
  write(tenant);
}

// ---- trials ----

void Versions::end_trial(dialog::Tenant tenant, End end, const std::string& why) {
  const BotShelf::Entry& entry = *shelf_.of(tenant);
  const dialog::BotPtr bot = entry.trial->bot;
  VersionRecord& record = records_.at(tenant);
  if (end == End::promoted) {
    make_current(tenant, {entry.folder, bot, worker_.interpreter(tenant, bot->version)}, "promoted",
                 why);
    return write(tenant);
  }
  forget(tenant, shelf_.withdraw(tenant));
  trials_.erase(tenant);
  if (end == End::called_off) {
    record.happened(now(), "called_off", bot->version, why);
    return write(tenant);
  }
  record.withdrawn.insert(bot->version);
  record.happened(now(), "withdrawn", bot->version, why);
  log_.warning("version_withdrawn", {{"bot", bot->name}, {"version", bot->version}, {"why", why}});
  say_(fmt::format("{}: version {} is withdrawn: {}", entry.folder, brief(bot->version), why));
  write(tenant);
}

void Versions::judge(const Counts& counts) {
  std::vector<dialog::Tenant> on_trial;
  for (const auto& trial : trials_) on_trial.push_back(trial.first);
  for (const dialog::Tenant tenant : on_trial) {
    const BotShelf::Entry& entry = *shelf_.of(tenant);
    const Rollout& rollout = config_.rollout;
    Begun& begun = trials_.at(tenant);
    if (!std::exchange(begun.counted, true)) {
      begun.trial = counts_of(counts, entry.trial->bot->version);
      begun.current = counts_of(counts, entry.current()->version);
    }
    const VersionCounts its = since(counts_of(counts, entry.trial->bot->version), begun.trial);
    const VersionCounts others = since(counts_of(counts, entry.current()->version), begun.current);
    const double fails = share(its.failures, its.turns) - share(others.failures, others.turns);
    const double misses = share(its.fallbacks, its.turns) - share(others.fallbacks, others.turns);
    if (its.failures >= failures_at_least && fails > rollout.failures) {
      end_trial(tenant, End::withdrawn,
                fmt::format("{} of {} turns failed", its.failures, its.turns));
    } else if (its.turns < rollout.turns) {
      continue;
    } else if (misses > rollout.fallbacks) {
      end_trial(
          tenant, End::withdrawn,
          fmt::format("{} of {} messages were not understood, of the current version's {} of {}",
                      its.fallbacks, its.turns, others.fallbacks, others.turns));
    } else if (now() - begun.since >= rollout.until_current.count()) {
      end_trial(tenant, End::promoted, fmt::format("{} turns went well", its.turns));
    }
  }
}

// ---- what changes on disk ----

void Versions::watch() {
  if (looking_) return;
  looking_ = true;
  std::vector<std::string> folders;
  for (const auto& entry : shelf_.all()) folders.push_back(entry.second.folder);
  net::post(files_, [this, folders] {
    std::string state;
    for (const std::string& folder : folders) state += state_of_files(folder) + "\n";
    net::post(io_, [this, state = std::move(state)] {
      looking_ = false;
      const bool is_first = seen_.empty();
      const bool rests = state == seen_;
      if (!rests) seen_ = state;
      if (!is_first && !rests) changed_ = true;
      // An editor may be in the middle of several files.
      if (changed_ && rests) {
        changed_ = false;
        reload();
      }
    });
  });
}

// ---- for people ----

json::object Versions::list(dialog::Tenant tenant, const Counts& counts) const {
  const BotShelf::Entry& entry = *shelf_.of(tenant);
  const VersionRecord& record = records_.at(tenant);
  json::object all = bot::to_json(record);
  for (json::value& one : all["versions"].as_array()) {
    json::object& version = one.as_object();
    const std::string id(nlu::get_string(version, "version").value_or(""));
    version["loaded"] = shelf_.find(tenant, id) != nullptr;
    version["counts"] = to_json(counts_of(counts, id));
  }
  if (entry.trial) {
    all["trial"] = json::object{{"version", entry.trial->bot->version},
                                {"share", entry.trial->share},
                                {"since", trials_.at(tenant).since}};
  }
  all["bot"] = entry.current()->name;
  all["folder"] = entry.folder;
  return all;
}

}  // namespace bot
