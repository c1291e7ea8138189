usher_test(nlu_torch_test torch/training_test.cc torch/model_file_test.cc torch/network_test.cc
  torch/tagger_test.cc torch/tone_test.cc torch/any_text_test.cc torch/checkpoint_test.cc
  torch/comparison_test.cc torch/features_test.cc torch/grouping_test.cc torch/roles_test.cc
  torch/splitting_test.cc LIBS nlu_torch)
usher_test(bert_test torch/bert_test.cc torch/fit_encoder_test.cc torch/word_states_test.cc
  LIBS nlu_torch)
usher_test(heldout_test torch/heldout_test.cc LIBS nlu_torch)
