// How an encoder is fine-tuned (nlu/torch/fit_encoder.h), as far as a bot may say it.
#pragma once

namespace nlu {

struct TuneSettings {
  int epochs = 4;
  double rate = 5e-5;  // The highest.
  int batch = 16;      // Texts, of like length.
};

}  // namespace nlu
