// What is built into the binary: the widget, the demo page and the console (generated, see
// embed.cmake).
#pragma once

#include <string_view>

namespace bot::assets {

extern const std::string_view widget_js;
extern const std::string_view demo_html;
extern const std::string_view console_js, console_css, console_html;

}  // namespace bot::assets
