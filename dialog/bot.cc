#include "dialog/bot.h"

#include <algorithm>

namespace dialog {

namespace {

template <class Map>
const typename Map::mapped_type* find(const Map& map, std::string_view key) {
  const auto found = map.find(std::string(key));
  return found == map.end() ? nullptr : &found->second;
}

}  // namespace

bool Slot::is_controlled() const {
  return !mappings.empty() &&
         std::all_of(mappings.begin(), mappings.end(), [](const SlotMapping& mapping) {
           return mapping.kind == SlotMapping::Kind::controlled;
         });
}

const Step* Flow::find_step(std::string_view step_id) const {
  for (const Step& step : steps) {
    if (step.id == step_id) return &step;
  }
  return nullptr;
}

const Flow* Bot::find_flow(std::string_view id) const { return find(flows, id); }
const Slot* Bot::find_slot(std::string_view slot_name) const { return find(slots, slot_name); }
const Response* Bot::find_response(std::string_view response_name) const {
  return find(responses, response_name);
}

}  // namespace dialog
