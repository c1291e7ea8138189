#include "bot/replace_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace bot {
namespace {

namespace fs = std::filesystem;
using nlu::Errc;
using nlu::Error;
using nlu::Result;

Error failed(const std::string& path, std::string_view what) {
  return {Errc::unavailable, fmt::format("{}: {}: {}", path, what, std::strerror(errno))};
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(file, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace

Result<std::optional<std::string>> read_whole(const std::string& path) {
  std::error_code failure;
  if (!fs::exists(path, failure) && !failure) return std::optional<std::string>{};
  std::ifstream file(path, std::ios::binary);
  if (!file || !fs::is_regular_file(path, failure))
    return Error{Errc::unavailable, fmt::format("{} cannot be read", path)};
  return std::optional<std::string>(std::in_place, std::istreambuf_iterator<char>(file),
                                    std::istreambuf_iterator<char>());
}

Result<void> replace_file(const std::string& named, const std::optional<std::string>& before,
                          std::string_view text, const std::function<void(int)>& step) {
  std::error_code failure;
  // A link stays one: what it leads to is replaced.
  const fs::path path =
      fs::exists(named, failure) ? fs::canonical(named, failure) : fs::path(named);
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  fs::create_directories(folder, failure);
  std::string temporary = (folder / fmt::format(".{}.XXXXXX", path.filename().string())).string();
  const int file = ::mkstemp(temporary.data());
  if (file < 0) return failed(named, "a new file cannot be made beside it");
  const auto give_up = [&](Error why) {
    ::unlink(temporary.c_str());
    return why;
  };
  struct stat old {};
  const bool has_mode = ::stat(path.c_str(), &old) == 0;
  // Who runs a command as root leaves the file to whose it was.
  if (has_mode && ::fchown(file, old.st_uid, old.st_gid) != 0) errno = 0;
  const bool written = write_all(file, text) && (step ? (step(1), true) : true) &&
                       ::fchmod(file, has_mode ? old.st_mode & 07777 : 0644) == 0 &&
                       ::fsync(file) == 0;
  const int why = errno;
  ::close(file);
  if (!written) {
    errno = why;
    return give_up(failed(named, "cannot be written"));
  }
  if (step) step(2);
  const auto now = read_whole(path.string());
  if (!now) return give_up(now.error());
  if (*now != before) {
    return give_up({Errc::conflict, fmt::format("{} was changed by somebody else meanwhile, and "
                                                "was left as it is; do it again",
                                                named)});
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0)
    return give_up(failed(named, "cannot be replaced"));
  if (step) step(3);
  if (const int at = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY); at >= 0) {
    static_cast<void>(::fsync(at));
    ::close(at);
  }
  return {};
}

}  // namespace bot
