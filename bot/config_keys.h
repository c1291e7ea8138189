// What usher.yml may have (nlu/base/keys.h).
#pragma once

#include "nlu/base/keys.h"

namespace bot {

extern const nlu::Keys config_file_keys;
extern const nlu::Keys limit_keys;     // Under `limits`
extern const nlu::Keys rasa_api_keys;  // Under `rasa_api`
extern const nlu::Keys rollout_keys;   // Under `rollout`

}  // namespace bot
