// Gradient descent, done by LibTorch: the only place of training that names it.
//
// Every function is bit-repeatable: it runs on the calling thread alone, in a fixed order, and its
// randomness comes from its seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "nlu/torch/network.h"
#include "nlu/torch/tag_network.h"

namespace nlu {

// A sparse matrix, row after row. `ends[i]` is where row i ends in the other two.
struct SparseRows {
  std::vector<std::int64_t> columns;
  std::vector<float> values;
  std::vector<std::int64_t> ends;

  std::size_t size() const { return ends.size(); }
  std::size_t begin_of(std::size_t row) const {
    return row == 0 ? 0 : static_cast<std::size_t>(ends[row - 1]);
  }
  std::size_t end_of(std::size_t row) const { return static_cast<std::size_t>(ends[row]); }
};

struct FitOptions {
  std::uint64_t seed = 1;
  int epochs = 30;
  int batch = 32;
  double learning_rate = 0.1;
  double l2 = 1e-5;
  double dropout = 0.2;  // Of features.
};

// After each epoch; false stops the fit, whose result is then of no use.
struct FitProgress {
  int epoch = 0;  // Done, from 1.
  double loss = 0;
  double accuracy = 0;
};
using FitWatcher = std::function<bool(const FitProgress&)>;

class Checkpoint;  // nlu/torch/checkpoint.h; a null one: every fit is begun anew.

// logits(row) = bias + sum of value × weights[column]; weights are [columns × classes].
struct Linear {
  std::size_t columns = 0;
  std::size_t classes = 0;
  std::vector<float> weights;
  std::vector<float> bias;
};

// Multinomial logistic regression; an example's loss counts `importance` times.
Linear fit_linear(const SparseRows& rows, const std::vector<std::int64_t>& labels,
                  const std::vector<float>& importance, std::size_t columns, std::size_t classes,
                  const FitOptions& options, const FitWatcher& watcher,
                  Checkpoint* checkpoint = nullptr);

struct NetworkOptions {
  std::uint64_t seed = 1;
  int epochs = 12;
  int batch = 64;
  std::size_t width = 256;
  std::size_t hidden = 512;
  double vector_rate = 0.1;  // AdaGrad's, of the vectors
  double rate = 1e-3;        // AdamW's, of the rest
  double feature_dropout = 0.4;
  double dropout = 0.3;    // Of units
  double smoothing = 0.1;  // Of labels
  double agreement = 1;    // Of two passes with different dropout (R-Drop, Liang et al. 2021)
};

// Cross-entropy with smoothed labels; `importance` as below. Rates fall to nothing as a cosine.
Network fit_network(const SparseRows& rows, const std::vector<std::int64_t>& labels,
                    const std::vector<float>& importance, std::size_t columns, std::size_t classes,
                    const NetworkOptions& options, const FitWatcher& watcher,
                    Checkpoint* checkpoint = nullptr);

// The forward passes as LibTorch does them, [rows × classes]: what the hand-written ones are tested
// against.
std::vector<float> forward_linear(const SparseRows& rows, const Linear& linear);
std::vector<float> forward_network(const SparseRows& rows, const Network& network);

// A linear-chain CRF: a sequence's score is the sum of its emissions (sums of rows of `emissions`,
// [columns × tags], and the network's scores), first[tag of the first] and
// transitions[tag][next tag].
struct Crf {
  std::size_t columns = 0;
  std::size_t tags = 0;
  std::vector<float> emissions;
  std::vector<float> bias;
  std::vector<float> first;
  std::vector<float> transitions;
  std::vector<TagNetwork> networks;  // Their scores are added up.
  std::vector<float>
      state_weights;              // [width × tags], of an encoder's states; empty: there is none.
  std::vector<float> state_mean;  // [width], for whoever made the states.
};

struct TaggerOptions {
  std::uint64_t seed = 1;
  int epochs = 12;
  int batch = 16;               // Sentences, all of one length.
  double learning_rate = 0.15;  // AdaGrad's, of the emissions.
  double l2 = 1e-5;
  double feature_dropout = 0.2;
  std::size_t width = 0;  // Of the network; 0: there is to be none.
  std::size_t layers = 2;
  std::size_t embedded = 0;  // So many of the first columns are the words' own features.
  double vector_rate = 0.1;  // AdaGrad's, of the network's vectors
  double rate = 1e-3;        // AdamW's, of the rest of it
  double dropout = 0.3;      // Of units
  double alone = 0.4;        // The share of batches that the network, and the emissions, each
                             // learn from without the other.
};

// One row of `tokens` a token; `sentence_ends[i]` is where sentence i ends among them. `states` is
// empty or has what an encoder says of each token, [tokens × width]: its product with weights of
// its own is added to the token's emissions.
Crf fit_crf(const SparseRows& tokens, const std::vector<std::int64_t>& tags,
            const std::vector<std::size_t>& sentence_ends, std::size_t columns,
            std::size_t tag_count, const TaggerOptions& options, const FitWatcher& watcher,
            Checkpoint* checkpoint = nullptr, std::span<const float> states = {});

// What several taggers of the same columns say on average. They differ by their seeds; together
// they are surer of what they all found than one is (Breiman 1996).
Crf average(std::vector<Crf> members);

// The scores of the tokens of sentences that have one length, before transitions, [tokens × tags],
// as LibTorch computes them.
std::vector<float> forward_tagger(const SparseRows& tokens, std::size_t length, const Crf& crf,
                                  std::span<const float> states = {});

}  // namespace nlu
