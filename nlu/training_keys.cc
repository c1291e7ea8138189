#include "nlu/training_keys.h"

namespace nlu {

namespace {

using std::string_view;

constexpr string_view sentiment_words[] = {"negative", "neutral", "positive"};
constexpr string_view urgency_words[] = {"low", "high"};

constexpr Form example_map_form = map_of<example_keys>();
constexpr Form example_form = either_of<text_form, example_map_form>();
constexpr Form example_list_form = list_of<example_form>();

constexpr Key parts[] = {
    {"examples",
     either_of<text_form, example_list_form, nothing_form>(
         "lines that begin with `- `, below `|`; or a list"),
     "what customers say; entities as `[10423](parcel_number)`", "", "[hello, hi there]"},
    {"metadata", map_of<item_metadata_keys>(), "about the item", "", "{description: Says hello}"},
};

constexpr Key metadata[] = {
    {"description", text_form, "of an intent, for people", "", "Where is my parcel"},
    {"fuzzy", boolean_form, "of a lookup: misspelt words are found, too", "`false`", "true"},
    {"subject", text_form, "whose words they are, for `usher forget`", "", "web:1b2c"},
};

constexpr Key intent[] = {
    required({"intent", text_in("a name"), "what the customer wants", "", "track_parcel"})};
constexpr Key synonym[] = {
    required({"synonym", text_form, "the value that the examples mean", "", "New York"})};
constexpr Key lookup[] = {
    required({"lookup", text_in("an entity"), "the examples are its words", "", "city"})};
constexpr Key regex[] = {
    required({"regex", text_in("an entity"), "the examples are regular expressions of it (RE2)", "",
              "parcel_number"})};
constexpr Key sentiment[] = {
    required({"sentiment", words_of(sentiment_words), "how the examples sound", "", "negative"})};
constexpr Key urgency[] = {
    required({"urgency", words_of(urgency_words), "how urgent the examples are", "", "high"})};

constexpr Keys of(string_view id, string_view about, std::span<const Key> own) {
  return {.id = id, .what = "an item", .about = about, .own = own, .also = &training_item_keys};
}

constexpr Keys kinds[] = {
    of("intent_item", "Examples of something that customers want.", intent),
    of("synonym_item", "Other words for a value.", synonym),
    of("lookup_item", "An entity's words.", lookup),
    of("regex_item", "An entity's looks.", regex),
    of("sentiment_item", "Examples of how customers sound.", sentiment),
    of("urgency_item", "Examples of how urgent it is.", urgency),
};
constexpr const Keys* kind_list[] = {&kinds[0], &kinds[1], &kinds[2],
                                     &kinds[3], &kinds[4], &kinds[5]};

constexpr Key example[] = {
    required({"text", text_form, "the words", "", "where is my parcel"}),
    {"metadata", map_of<item_metadata_keys>(), "about the example", "", "{subject: \"web:1b2c\"}"},
    idle("entities"),
};

}  // namespace

constinit const std::span<const string_view> sentiment_labels = sentiment_words;
constinit const std::span<const string_view> urgency_labels = urgency_words;

constinit const Keys training_item_keys = {
    .id = "training_item",
    .what = "an item of training data",
    .about = "One of the kinds below, by its first key. These keys any item may have.",
    .own = parts,
    .kinds = kind_list,
    .example = R"(- intent: track_parcel
  examples: |
    - where is my parcel
    - follow [10423](parcel_number)
- regex: parcel_number
  examples: |
    - \d{5}
)"};
constinit const Keys example_keys = {
    .id = "example", .what = "an example", .about = "One example.", .own = example};
constinit const Keys item_metadata_keys = {.id = "item_metadata",
                                           .what = "'metadata'",
                                           .about = "Other keys are Rasa's and without effect.",
                                           .own = metadata,
                                           .others = &anything_form};

}  // namespace nlu
