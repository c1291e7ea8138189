#include "nlu/base/keys.h"

#include <algorithm>
#include <cassert>

namespace nlu {

namespace {

const Key* find_in(const Keys& keys, std::string_view name, bool is_refused) {
  for (const Keys* table = &keys; table != nullptr; table = table->also) {
    for (const Key& key : table->own) {
      if (key.name == name) return key.is_refused == is_refused ? &key : nullptr;
    }
  }
  return nullptr;
}

}  // namespace

const Key* Keys::find(std::string_view name) const { return find_in(*this, name, false); }

const Key* Keys::find_refused(std::string_view name) const { return find_in(*this, name, true); }

const Key& Keys::operator[](std::string_view name) const {
  const Key* const found = find(name);
  assert(found != nullptr);
  return *found;
}

const Keys* Keys::find_kind(std::string_view name) const {
  const auto found = std::find_if(kinds.begin(), kinds.end(),
                                  [&](const Keys* kind) { return kind->own[0].name == name; });
  return found == kinds.end() ? nullptr : *found;
}

std::vector<std::string> Keys::names() const {
  std::vector<std::string> all;
  for (const Keys* table = this; table != nullptr; table = table->also) {
    for (const Key& key : table->own) {
      if (!key.is_refused) all.emplace_back(key.name);
    }
  }
  return all;
}

std::vector<std::string> Keys::kind_names() const {
  std::vector<std::string> all;
  for (const Keys* kind : kinds) all.emplace_back(kind->own[0].name);
  return all;
}

}  // namespace nlu
