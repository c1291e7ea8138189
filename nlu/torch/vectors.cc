#include "nlu/torch/vectors.h"

#include <algorithm>

// GCC would fuse a product and a sum where AVX-512 has an instruction for it, not elsewhere.
#pragma GCC optimize("fp-contract=off")

namespace nlu {
namespace {

// Four rows a time, so that `to` is read and written a quarter as often; the sums are made in the
// order of the rows all the same.
template <class = void>
[[gnu::always_inline]] inline void product(const float* __restrict from,
                                           const float* __restrict weights, std::size_t height,
                                           std::size_t width, float* __restrict to) {
  std::size_t i = 0;
  for (; i + 4 <= height; i += 4) {
    const float a = from[i], b = from[i + 1], c = from[i + 2], d = from[i + 3];
    const float* __restrict const row = weights + i * width;
    for (std::size_t j = 0; j < width; ++j) {
      to[j] = (((to[j] + a * row[j]) + b * row[width + j]) + c * row[2 * width + j]) +
              d * row[3 * width + j];
    }
  }
  for (; i < height; ++i) {
    const float a = from[i];
    const float* __restrict const row = weights + i * width;
    for (std::size_t j = 0; j < width; ++j) to[j] += a * row[j];
  }
}

template <class = void>
[[gnu::always_inline]] inline void scaled(float* __restrict to, const float* __restrict from,
                                          float scale, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) to[i] += scale * from[i];
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] void product_avx2(const float* from, const float* weights,
                                          std::size_t height, std::size_t width, float* to) {
  product(from, weights, height, width, to);
}
[[gnu::target("avx2")]] void scaled_avx2(float* to, const float* from, float scale,
                                         std::size_t count) {
  scaled(to, from, scale, count);
}
[[gnu::target("avx512f")]] void product_avx512(const float* from, const float* weights,
                                               std::size_t height, std::size_t width, float* to) {
  product(from, weights, height, width, to);
}

const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
const bool has_avx512 = __builtin_cpu_supports("avx512f") != 0;
#endif

}  // namespace

void add_scaled(float* to, const float* from, float scale, std::size_t count) {
#if defined(__x86_64__)
  if (has_avx2) return scaled_avx2(to, from, scale, count);
#endif
  scaled(to, from, scale, count);
}

void add_product(const float* from, const float* weights, std::size_t height, std::size_t width,
                 float* to) {
#if defined(__x86_64__)
  if (has_avx512) return product_avx512(from, weights, height, width, to);
  if (has_avx2) return product_avx2(from, weights, height, width, to);
#endif
  product(from, weights, height, width, to);
}

}  // namespace nlu
