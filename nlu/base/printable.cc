#include "nlu/base/printable.h"

#include "nlu/base/unicode.h"

namespace nlu {

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Character one = character_at(text, at);
    const bool steers = one.kind == CharacterKind::control || text[at] == '\n' ||
                        text[at] == '\r' || text[at] == '\t';
    if (steers) {
      out += ' ';
    } else {
      out += text.substr(at, one.end - at);
    }
    at = one.end;
  }
  return out;
}

}  // namespace nlu
