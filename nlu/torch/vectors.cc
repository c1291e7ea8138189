#include "nlu/torch/vectors.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

// GCC would fuse a product and a sum where AVX-512 has an instruction for it, not elsewhere.
#pragma GCC optimize("fp-contract=off", "no-math-errno")

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

template <class = void>
[[gnu::always_inline]] inline void scaled(float* __restrict to,
                                          const std::uint16_t* __restrict from, float scale,
                                          std::size_t count) {
  // Not std::bit_cast: it has not this function's target, and so would be called, not inlined.
  for (std::size_t i = 0; i < count; ++i) {
    to[i] += scale * __builtin_bit_cast(float, static_cast<std::uint32_t>(from[i]) << 16);
  }
}

template <class = void>
[[gnu::always_inline]] inline void adagrad(float* __restrict weights, float* __restrict squares,
                                           const float* __restrict slopes, float rate, float decay,
                                           std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const float slope = slopes[i] + decay * weights[i];
    squares[i] += slope * slope;
    weights[i] -= rate * slope / (std::sqrt(squares[i]) + 1e-10f);
  }
}

template <std::size_t lanes>
struct Lanes {
  using type [[gnu::vector_size(lanes * sizeof(float))]] = float;
};

// The columns of one `Lane` times `across` of `rows` rows, whose sums stay in registers from the
// first weight to the last.
template <class Lane, std::size_t across, std::size_t rows>
[[gnu::always_inline]] inline void block(const float* from, const float* weights,
                                         std::size_t height, std::size_t width, float* to) {
  constexpr std::size_t lanes = sizeof(Lane) / sizeof(float);
  Lane sums[rows][across];
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t a = 0; a < across; ++a)
      std::memcpy(&sums[r][a], to + r * width + a * lanes, sizeof(Lane));
  }
  for (std::size_t i = 0; i < height; ++i) {
    Lane weight[across];
    for (std::size_t a = 0; a < across; ++a)
      std::memcpy(&weight[a], weights + i * width + a * lanes, sizeof(Lane));
    for (std::size_t r = 0; r < rows; ++r) {
      const float x = from[r * height + i];
      for (std::size_t a = 0; a < across; ++a) sums[r][a] = sums[r][a] + x * weight[a];
    }
  }
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t a = 0; a < across; ++a)
      std::memcpy(to + r * width + a * lanes, &sums[r][a], sizeof(Lane));
  }
}

constexpr std::size_t rows_at_once = 4;

// All rows for the columns from `at`, as far as whole blocks go; what is left is for narrower ones.
template <class Lane, std::size_t across>
[[gnu::always_inline]] inline void panels(const float* from, const float* weights, std::size_t rows,
                                          std::size_t height, std::size_t width, float* to,
                                          std::size_t& at) {
  constexpr std::size_t columns = across * sizeof(Lane) / sizeof(float);
  for (; at + columns <= width; at += columns) {
    std::size_t r = 0;
    for (; r + rows_at_once <= rows; r += rows_at_once) {
      block<Lane, across, rows_at_once>(from + r * height, weights + at, height, width,
                                        to + r * width + at);
    }
    for (; r < rows; ++r)
      block<Lane, across, 1>(from + r * height, weights + at, height, width, to + r * width + at);
  }
}

template <class Widest>
[[gnu::always_inline]] inline void products(const float* from, const float* weights,
                                            std::size_t rows, std::size_t height, std::size_t width,
                                            float* to) {
  std::size_t at = 0;
  panels<Widest, 2>(from, weights, rows, height, width, to, at);
  panels<Widest, 1>(from, weights, rows, height, width, to, at);
  panels<Lanes<4>::type, 1>(from, weights, rows, height, width, to, at);
  panels<float, 1>(from, weights, rows, height, width, to, at);
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
[[gnu::target("avx2")]] void scaled_avx2(float* to, const std::uint16_t* from, float scale,
                                         std::size_t count) {
  scaled(to, from, scale, count);
}
[[gnu::target("avx2")]] void adagrad_avx2(float* weights, float* squares, const float* slopes,
                                          float rate, float decay, std::size_t count) {
  adagrad(weights, squares, slopes, rate, decay, count);
}
[[gnu::target("avx2")]] void products_avx2(const float* from, const float* weights,
                                           std::size_t rows, std::size_t height, std::size_t width,
                                           float* to) {
  products<Lanes<8>::type>(from, weights, rows, height, width, to);
}
[[gnu::target("avx512f")]] void products_avx512(const float* from, const float* weights,
                                                std::size_t rows, std::size_t height,
                                                std::size_t width, float* to) {
  products<Lanes<16>::type>(from, weights, rows, height, width, to);
}
[[gnu::target("avx512f")]] void product_avx512(const float* from, const float* weights,
                                               std::size_t height, std::size_t width, float* to) {
  product(from, weights, height, width, to);
}

const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
const bool has_avx512 = __builtin_cpu_supports("avx512f") != 0;
#endif

constexpr std::size_t rows_ahead = 6;
constexpr std::size_t line_bytes = 64;

template <class Number>
void add_rows(const Number* table, std::span<const std::int64_t> rows,
              std::span<const float> scales, std::size_t width, float* to) {
  const auto fetch = [&](std::size_t i) {
    const auto* const row =
        reinterpret_cast<const char*>(table + static_cast<std::size_t>(rows[i]) * width);
    for (std::size_t at = 0; at < width * sizeof(Number); at += line_bytes)
      __builtin_prefetch(row + at);
  };
  for (std::size_t i = 0; i < std::min(rows_ahead, rows.size()); ++i) fetch(i);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i + rows_ahead < rows.size()) fetch(i + rows_ahead);
    add_scaled(to, table + static_cast<std::size_t>(rows[i]) * width, scales[i], width);
  }
}

}  // namespace

void add_scaled(float* to, const float* from, float scale, std::size_t count) {
#if defined(__x86_64__)
  if (has_avx2) return scaled_avx2(to, from, scale, count);
#endif
  scaled(to, from, scale, count);
}

void add_scaled(float* to, const std::uint16_t* from, float scale, std::size_t count) {
#if defined(__x86_64__)
  if (has_avx2) return scaled_avx2(to, from, scale, count);
#endif
  scaled(to, from, scale, count);
}

void add_products(const float* from, const float* weights, std::size_t rows, std::size_t height,
                  std::size_t width, float* to) {
  if (rows < rows_at_once) {  // Too few to be worth going through the weights by columns.
    for (std::size_t r = 0; r < rows; ++r)
      add_product(from + r * height, weights, height, width, to + r * width);
    return;
  }
#if defined(__x86_64__)
  if (has_avx512) return products_avx512(from, weights, rows, height, width, to);
  if (has_avx2) return products_avx2(from, weights, rows, height, width, to);
#endif
  products<Lanes<4>::type>(from, weights, rows, height, width, to);
}

void adagrad_step(float* weights, float* squares, const float* slopes, float rate, float decay,
                  std::size_t count) {
#if defined(__x86_64__)
  if (has_avx2) return adagrad_avx2(weights, squares, slopes, rate, decay, count);
#endif
  adagrad(weights, squares, slopes, rate, decay, count);
}

void WeightRows::add(std::span<const std::int64_t> rows, std::span<const float> scales,
                     std::size_t width, float* to) const {
  if (halves.empty()) return add_rows(floats.data(), rows, scales, width, to);
  add_rows(halves.data(), rows, scales, width, to);
}

std::vector<float> WeightRows::to_floats() const {
  std::vector<float> all(floats.begin(), floats.end());
  for (const std::uint16_t half : halves)
    all.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(half) << 16));
  return all;
}

std::uint16_t to_bfloat16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
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
