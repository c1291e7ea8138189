// Text of others within HTML, SVG and XML.
#pragma once

#include <string>
#include <string_view>

namespace nlu {

// As content or in a quoted attribute. Control characters, of which XML 1.0 has none but tabs and
// ends of lines, are left out.
std::string escape_markup(std::string_view text);

}  // namespace nlu
