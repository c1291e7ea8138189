// The hash behind feature keys: FNV-1a with a strong finish. Never changes within feature_version.
#pragma once

#include <cstdint>
#include <string_view>

namespace nlu {

constexpr std::uint64_t mix_bits(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

constexpr std::uint64_t hash_text(std::string_view text) {
  std::uint64_t h = 0xcbf29ce484222325ULL;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return mix_bits(h);
}

constexpr std::uint64_t hash_pair(std::uint64_t a, std::uint64_t b) {
  return mix_bits(mix_bits(a + 0x632be59bd9b4e019ULL) + 3 * mix_bits(b + 0xd6e8feb86659fd93ULL));
}

}  // namespace nlu
