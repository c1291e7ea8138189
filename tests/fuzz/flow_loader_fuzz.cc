// Any bytes as a bot: the input is split at NUL bytes into its files. It loads, or there is an
// error.
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "dialog/check.h"
#include "dialog/load.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const char* const names[] = {"flows/a.yml", "domain.yml", "nlu/a.yml", "bot.yml", "backend.yml"};
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::map<std::string, std::string> files;
  for (const char* name : names) {
    const std::size_t end = rest.find('\0');
    if (!rest.empty()) files[name] = std::string(rest.substr(0, end));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  dialog::Loaded loaded = dialog::load_bot_from(files);
  if ((loaded.bot == nullptr) != nlu::has_errors(loaded.diagnostics)) __builtin_trap();
  if (loaded.bot) dialog::check_warnings(*loaded.bot, loaded.diagnostics);
  dialog::tidy(loaded.diagnostics);
  return 0;
}
