// The inner loops of the forward passes, with the widest instructions the processor has.
//
// Every processor computes the same bits: nothing is fused or reordered, only more numbers are done
// at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace nlu {

// to[i] += scale × from[i], for `count` numbers. The two do not overlap.
void add_scaled(float* to, const float* from, float scale, std::size_t count);

// The same from bfloat16: the upper halves of floats.
void add_scaled(float* to, const std::uint16_t* from, float scale, std::size_t count);

// to += from × weights: from [height], weights [height × width], to [width].
void add_product(const float* from, const float* weights, std::size_t height, std::size_t width,
                 float* to);

// The same for `rows` rows of `from` [rows × height] and `to` [rows × width], to the bit, but with
// each weight read once for all of them.
void add_products(const float* from, const float* weights, std::size_t rows, std::size_t height,
                  std::size_t width, float* to);

// A step of AdaGrad for `count` weights whose slopes are slopes[i] + decay × weights[i]; `squares`
// are the sums of earlier slopes' squares.
void adagrad_step(float* weights, float* squares, const float* slopes, float rate, float decay,
                  std::size_t count);

// Rows of weights, in floats or in bfloat16, which takes half the memory and half the time to
// fetch.
struct WeightRows {
  std::span<const float> floats;
  std::span<const std::uint16_t> halves;  // Where `floats` is empty.

  WeightRows() = default;
  WeightRows(std::span<const float> all) : floats(all) {}  // NOLINT: they are the same thing.
  WeightRows(std::span<const std::uint16_t> all) : halves(all) {}  // NOLINT

  std::size_t size() const { return floats.size() + halves.size(); }
  std::vector<float> to_floats() const;
  // to += the sum of scales[i] × row rows[i], each of `width` numbers, in their order. Those to
  // come are fetched while one is added: a table is larger than the caches.
  void add(std::span<const std::int64_t> rows, std::span<const float> scales, std::size_t width,
           float* to) const;
};

// The nearest bfloat16, of two as near the even one. `value` is a number.
std::uint16_t to_bfloat16(float value);

}  // namespace nlu
