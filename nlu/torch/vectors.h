// The inner loops of the forward passes, with the widest instructions the processor has.
//
// Every processor computes the same bits: nothing is fused or reordered, only more numbers are done
// at once.
#pragma once

#include <cstddef>

namespace nlu {

// to[i] += scale × from[i], for `count` numbers. The two do not overlap.
void add_scaled(float* to, const float* from, float scale, std::size_t count);

// to += from × weights: from [height], weights [height × width], to [width].
void add_product(const float* from, const float* weights, std::size_t height, std::size_t width,
                 float* to);

}  // namespace nlu
