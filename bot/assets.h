// What is built into the binary: the widget and the demo page (generated, see embed.cmake).
#pragma once

#include <string_view>

namespace bot::assets {

extern const std::string_view widget_js;
extern const std::string_view demo_html;

}  // namespace bot::assets
