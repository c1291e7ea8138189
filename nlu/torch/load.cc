#include "nlu/torch/load.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "nlu/base/unicode.h"
#include "nlu/entity_resolution.h"
#include "nlu/language.h"
#include "nlu/segmentation.h"
#include "nlu/torch/bert.h"
#include "nlu/torch/encoder_folder.h"
#include "nlu/torch/model.h"
#include "nlu/torch/splitting.h"
#include "nlu/torch/tone_features.h"
#include "nlu/torch/word_states.h"

namespace nlu {
namespace {

constexpr std::size_t intents_shown = 5;
constexpr std::size_t batch_limit = 32;  // Of a longer one, buffers leave the fast caches.

double round_signed(double p) { return std::round(std::clamp(p, -1.0, 1.0) * 1e4) / 1e4; }
double round_p(double p) { return round_signed(std::max(p, 0.0)); }

// What an utterance's intent still needs when all else of it is known.
struct Pending {
  std::uint64_t wording = 0;
  bool may_divide = false;  // Then the following are needed, too.
  std::vector<Word> words = {};
  std::vector<Entity> found = {};  // By the rules
};

// Buffers of one call, used for one utterance after the other but where it says so.
struct Workspace {
  Featurizer featurizer;
  ToneFeaturizer tone;
  ClassifierScratch tones, parts;
  ClassifierScratch intents;           // Of a batch
  std::vector<Pending> pending;        // The same
  const Encoding* encoding = nullptr;  // The encoder's, of the utterance.
  Judgement judgement;
  std::vector<std::pair<double, std::size_t>> order;
};

class ModelInterpreter : public Interpreter {
 public:
  ModelInterpreter(std::unique_ptr<Model> model, std::unique_ptr<Bert> encoder, RuleEntities rules,
                   LanguageIdentifier languages)
      : model_(std::move(model)),
        encoder_(std::move(encoder)),
        rules_(std::move(rules)),
        languages_(std::move(languages)) {}

  const std::string& version() const override { return model_->version(); }

  std::vector<Interpretation> interpret(std::span<const Utterance> utterances) const override {
    Workspace workspace;
    std::vector<Interpretation> result;
    result.reserve(utterances.size());
    for (std::size_t first = 0; first < utterances.size(); first += batch_limit) {
      const auto batch =
          utterances.subspan(first, std::min(batch_limit, utterances.size() - first));
      std::vector<Encoding> encodings;
      if (encoder_ != nullptr) encodings = encode(batch);
      model_->intent().begin(workspace.intents);
      workspace.pending.clear();
      for (std::size_t i = 0; i < batch.size(); ++i) {
        if (encoder_ != nullptr) workspace.encoding = &encodings[i];
        result.push_back(understand(batch[i], workspace));
      }
      decide(workspace, batch, std::span(result).subspan(first));
    }
    return result;
  }

 private:
  std::vector<Encoding> encode(std::span<const Utterance> utterances) const {
    std::vector<std::string> texts;
    for (const Utterance& utterance : utterances) texts.push_back(utterance.text);
    return encoder_->read(texts);
  }

  // All but the intent: what that depends on goes to the batch.
  Interpretation understand(const Utterance& utterance, Workspace& workspace) const {
    Interpretation result;
    result.model_version = model_->version();
    const std::vector<Word> words = words_of(utterance);
    std::vector<Entity> found = rules_.find(utterance, words);
    workspace.featurizer.read(utterance.text, words, found, utterance.place);
    result.segments.emplace_back().span = {0, utterance.text.size()};
    Pending& pending = workspace.pending.emplace_back();
    pending.wording = wording_of(words);
    if (!model_->intents().empty()) {
      std::span<const float> vector;
      if (workspace.encoding != nullptr) vector = workspace.encoding->vector;
      model_->intent().add(workspace.featurizer.intent_features(), workspace.intents, vector);
    }
    hear_tone(utterance.text, words, workspace, result);
    std::vector<float> states;
    if (workspace.encoding != nullptr)
      states = word_states(*workspace.encoding, workspace.featurizer.pieces());
    const std::vector<TaggedSpan> tagged = model_->tag(workspace.featurizer, std::move(states));
    pending.may_divide = divides() && !find_cuts(utterance.text, words, {}).empty();
    if (pending.may_divide) pending.found = found;
    add_tagged(utterance.text, tagged, workspace, found);
    result.entities =
        resolve_entities(utterance.text, words, std::move(found), model_->rules().synonyms);
    result.language = languages_.identify(utterance.text, words, result.entities);
    if (pending.may_divide) pending.words = words;
    return result;
  }

  void add_tagged(const std::string& text, const std::vector<TaggedSpan>& tagged,
                  Workspace& workspace, std::vector<Entity>& found) const {
    for (const TaggedSpan& span : tagged) {
      const TagKind& kind = model_->kinds()[span.kind];
      Entity entity;
      entity.type = kind.type;
      entity.role = kind.role;
      entity.group = kind.group;
      entity.span = {workspace.featurizer.pieces()[span.first].begin,
                     workspace.featurizer.pieces()[span.last].end};
      entity.value = text.substr(entity.span.begin, entity.span.end - entity.span.begin);
      entity.source = "model";
      entity.p = round_p(span.p);
      found.push_back(std::move(entity));
    }
  }

  bool divides() const { return !model_->intents().empty() && encoder_ == nullptr; }

  // Where the text says several things.
  void divide_into_segments(const std::string& text, const Pending& pending, Workspace& w,
                            Interpretation& result) const {
    const std::vector<Word>& words = pending.words;
    if (model_->intent_of_wording(pending.wording) >= 0) return;
    const std::vector<Cut> cuts = find_cuts(text, words, result.entities);
    if (cuts.empty()) return;
    const std::size_t atoms = cuts.size() + 1;
    std::vector<Segment> segments(atoms * atoms);
    const auto score = [&](std::size_t from, std::size_t to) {
      const Stretch stretch = stretch_of(text, words, result.entities, cuts, from, to);
      Segment& segment = segments[atoms * from + to - 1];
      if (to - from == atoms) {
        segment = result.segments.front();
      } else {
        const auto part = std::span(words).subspan(stretch.begin, stretch.end - stretch.begin);
        w.featurizer.read(text, part, entities_in(pending.found, part));
        const bool known = model_->intent().score(w.featurizer.intent_features(), w.parts);
        decide(known, w.parts.logits, wording_of(part), w, segment);
        segment.span = {part.front().begin, part.back().end};
      }
      PartScore known{0,
                      0,
                      segment.p_outside,
                      segment.p_between,
                      stretch.length,
                      stretch.says_more,
                      stretch.refers};
      if (segment.intents.empty()) return known;
      const std::vector<std::string>& names = model_->intents();
      const ScoredIntent& best = segment.intents.front();
      known.p = best.p;
      known.intent = static_cast<std::size_t>(
          std::lower_bound(names.begin(), names.end(), best.name) - names.begin());
      return known;
    };
    const std::optional<Division> division = divide(cuts, score);
    if (!division || model_->splitting().score(*division) <= 0) return;
    result.segments.clear();
    for (std::size_t i = 0; i < division->at.size(); ++i) {
      const std::size_t to = i + 1 < division->at.size() ? division->at[i + 1] : atoms;
      result.segments.push_back(std::move(segments[atoms * division->at[i] + to - 1]));
    }
  }

  void hear_tone(const std::string& text, const std::vector<Word>& words, Workspace& w,
                 Interpretation& result) const {
    const ClassifierView& sentiment = model_->sentiment();
    const ClassifierView& urgency = model_->urgency();
    if ((sentiment.labels.empty() && urgency.labels.empty()) || words.empty()) return;
    const std::vector<Feature>& features = w.tone.read(text, words, w.featurizer.intent_features());
    if (!sentiment.labels.empty() && sentiment.score(features, w.tones)) {
      const std::vector<double> p = probabilities(w.tones.logits, sentiment.temperature);
      result.sentiment = round_signed(p[2] - p[0]);
    }
    if (!urgency.labels.empty() && urgency.score(features, w.tones)) {
      result.urgency = round_p(probabilities(w.tones.logits, urgency.temperature)[1]);
    }
  }

  // The intents of a batch, their forward passes done together.
  void decide(Workspace& w, std::span<const Utterance> utterances,
              std::span<Interpretation> batch) const {
    if (model_->intents().empty()) return;
    model_->intent().score(w.intents);
    const std::size_t classes = model_->intents().size() + 1;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const std::span<const float> all = w.intents.logits;
      decide(w.intents.known[i] != 0, all.subspan(i * classes, classes), w.pending[i].wording, w,
             batch[i].segments[0]);
      if (w.pending[i].may_divide)
        divide_into_segments(utterances[i].text, w.pending[i], w, batch[i]);
    }
  }

  // `known`: anything of it was ever seen.
  void decide(bool known, std::span<const float> logits, std::uint64_t wording, Workspace& w,
              Segment& segment) const {
    if (!known) {
      segment.p_outside = 1;
      return;
    }
    judge(model_->calibration(), logits, model_->intent_of_wording(wording), w.judgement);
    segment.p_outside = round_p(w.judgement.p_outside);
    const std::size_t intents = model_->intents().size();
    w.order.clear();
    for (std::size_t i = 0; i < intents; ++i) w.order.emplace_back(-w.judgement.inside[i], i);
    const std::size_t shown = std::min(intents_shown, intents);
    std::partial_sort(w.order.begin(), w.order.begin() + static_cast<std::ptrdiff_t>(shown),
                      w.order.end());
    const double inside = 1 - segment.p_outside;
    for (std::size_t i = 0; i < shown; ++i) {
      segment.intents.push_back(
          {model_->intents()[w.order[i].second], round_p(-w.order[i].first * inside)});
    }
    if (shown > 1) {
      const double first = -w.order[0].first, second = -w.order[1].first;
      segment.p_between = round_p(inside * 2 * second / (first + second));
    }
  }

  std::unique_ptr<Model> model_;
  std::unique_ptr<Bert> encoder_;
  RuleEntities rules_;
  LanguageIdentifier languages_;
};

}  // namespace

Result<std::unique_ptr<Interpreter>> load_interpreter(const std::string& path,
                                                      std::vector<std::string> languages,
                                                      const std::string& encoder_folder) {
  Result<std::unique_ptr<Model>> model = Model::open(path);
  if (!model) return model.error();
  if ((*model)->intents().empty() && (*model)->kinds().empty())
    return Error{Errc::corrupt, path + ": the model knows neither intents nor entities"};
  std::unique_ptr<Bert> encoder;
  if (!(*model)->encoder().empty()) {
    const std::string folder = (*model)->encoder_is_tuned()
                                   ? tuned_encoder_path_of(path, (*model)->encoder())
                                   : encoder_folder;
    if (folder.empty()) {
      return invalid(path +
                     ": the model was trained with an encoder; say its folder as 'encoder' "
                     "under 'model' in bot.yml, or with --encoder");
    }
    auto opened = Bert::open(folder);
    if (!opened) return opened.error();
    encoder = std::move(*opened);
    if (encoder->version() != (*model)->encoder() ||
        encoder->config().width != (*model)->encoder_width()) {
      return invalid(
          fmt::format("{}: the model was trained with another encoder than {}; run "
                      "'usher train' again",
                      path, folder));
    }
  }
  const Result<RuleEntities> rules = RuleEntities::compile((*model)->rules());
  if (!rules) return rules.error();
  return std::unique_ptr<Interpreter>(std::make_unique<ModelInterpreter>(
      std::move(*model), std::move(encoder), *rules, LanguageIdentifier(std::move(languages))));
}

}  // namespace nlu
