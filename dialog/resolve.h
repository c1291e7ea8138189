// The second half of loading: names become what they name. Internal to the loader.
#pragma once

#include "dialog/draft.h"

namespace dialog {

// Every name in `draft` was looked up, or reported; flows have their implied triggers, collects
// their implied types. Needs all files read and the default patterns added; where a file could not
// be read, names are not looked up.
void resolve(Draft& draft);

}  // namespace dialog
