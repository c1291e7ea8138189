// What a domain's parts may have: slots and wording.
#include "dialog/keys.h"

namespace dialog {

namespace {

using nlu::anything_form;
using nlu::boolean_form;
using nlu::either_of;
using nlu::idle;
using nlu::list_of;
using nlu::map_of;
using nlu::names_of;
using nlu::nothing_form;
using nlu::number_in;
using nlu::refused;
using nlu::required;
using nlu::text_form;
using nlu::text_in;
using nlu::texts_form;
using std::string_view;

// ---- slots ----

constexpr string_view slot_type_words[] = {"text", "bool", "categorical", "float", "list", "any"};
constexpr string_view mapping_words[] = {"from_entity", "from_intent", "from_text",
                                         "from_llm",    "controlled",  "custom"};

constexpr Form mapping_form = map_of<mapping_keys>();
constexpr Form mappings_form = list_of<mapping_form>();
constexpr Form slot_rejection_form = map_of<slot_rejection_keys>();

constexpr Key slot[] = {
    required({"type", nlu::words_of(slot_type_words), "what it holds", "", "text"}),
    {"values", texts_form, "what a categorical slot can hold; it needs them", "", "[S, M, L]"},
    {"min_value", number_in(-1e15, 1e15), "the least; of float", "", "1"},
    {"max_value", number_in(-1e15, 1e15), "the greatest; of float", "", "12"},
    {"initial_value", anything_form, "what it has when a session begins and after a reset", "empty",
     "2"},
    {"shared", boolean_form, "keeps its value when flows and sessions end", "`false`", "true"},
    {"mappings", either_of<mappings_form, nothing_form>(), "what fills it, in order of preference",
     "`from_llm`", "[{type: from_entity, entity: city}]"},
    {"validation", map_of<validation_keys>(), "what it may hold wherever the value comes from", "",
     "{rejections: [{if: slots.guests > 12, utter: too_many}]}"},
    {"personal", boolean_form, "is left out of what webhooks are told", "`false`", "true"},
    idle("influence_conversation"),
    idle("shared_for_coexistence"),
    idle("value_reset_delay"),
    idle("description", "for people; without effect"),
};

constexpr Key mapping[] = {
    required({"type", nlu::words_of(mapping_words),
              "`from_llm`: the entity of the slot's name, else the whole answer while it is asked; "
              "`controlled` and `custom`: nothing that a customer writes",
              "", "from_entity"}),
    {"entity", text_in("an entity"), "required with `from_entity`", "", "city"},
    {"role", text_form, "the entity's role", "any", "from"},
    {"group", text_form, "the entity's group", "any", "\"1\""},
    {"intent", intents_form, "only utterances of these", "any", "book_trip"},
    {"not_intent", intents_form, "no utterances of these", "none", "[cancel]"},
    {"value", anything_form, "required with `from_intent`: what the slot gets", "", "true"},
    refused("conditions",
            "'conditions' belongs to forms; a collect step asks for a slot only where it stands"),
    idle("allow_nlu_correction"),
    idle("action"),
    idle("run_action_every_turn"),
    idle("coexistence_system"),
};

constexpr Key validation[] = {
    required({"rejections", list_of<slot_rejection_form>(), "values that are refused", "",
              "[{if: slots.guests > 12, utter: too_many}]"}),
    {"refill_utter", response_form, "the question when nothing else asks", "`utter_ask_SLOT`",
     "how_many"},
};

constexpr Key slot_rejection[] = {
    required(
        {"if", condition_form, "a value for which this holds is refused", "", "slots.guests > 12"}),
    required({"utter", response_form, "what is said then", "", "too_many"}),
};

// ---- wording ----

constexpr Form button_form = map_of<button_keys>();
constexpr Form image_form = map_of<image_keys>();
constexpr Form attachment_form = map_of<attachment_keys>();
constexpr Form translation_form = map_of<translation_keys>();
constexpr Form text_or_translation_form = either_of<text_form, translation_form>();
constexpr Form slot_condition_form = map_of<condition_keys>();
constexpr Form slot_conditions_form = list_of<slot_condition_form>();

constexpr string_view variation_ways[] = {"text",  "buttons",    "quick_replies",
                                          "image", "attachment", "custom"};

constexpr Key variation[] = {
    {"text", text_form, "Markdown on channel `web`, on `rest` as it is; `{slot}` is filled in", "",
     "\"Order {order_number} is {order_state}.\""},
    idle("id"),
    {"buttons", list_of<button_form>(), "what can be pressed, below the text", "",
     "[{title: \"Yes\", payload: /affirm}]"},
    {"quick_replies", list_of<button_form>(), "the same, gone after the next message", "",
     "[{title: \"Yes\", payload: /affirm}]"},
    {"image", either_of<url_form, image_form>(), "a picture", "",
     "\"https://shop.example/{product}.jpg\""},
    {"attachment", either_of<url_form, attachment_form>(), "a file", "",
     "https://shop.example/terms.pdf"},
    refused("elements", "this version does not have 'elements'; write the same under 'custom'"),
    {"custom", anything_form, "any JSON, handed to the client; texts in it are filled in", "",
     "{map: berlin}"},
    {"channel", text_in("`web` or `rest`"), "only there", "everywhere", "rest"},
    {"condition", either_of<condition_form, slot_conditions_form>(), "only where it holds",
     "always", "slots.order_state is \"delivered\""},
    idle("metadata"),
    {"translation", names_of<text_or_translation_form>("languages and texts"),
     "in other languages: the text, or with titles of buttons", "", "{zh: 再见！}"},
    idle("allow_interruptions"),
    idle("button_type"),
};

constexpr string_view button_ways[] = {"payload", "url"};

constexpr Key button[] = {
    required({"title", text_form, "what stands on it", "", "\"Yes\""}),
    {"payload", text_in("a payload"),
     "what pressing it means: `/intent`, `/SetSlots(a=b)`, or words as if the customer had "
     "written them",
     "", "/affirm"},
    {"url", url_form, "the page it opens", "", "https://shop.example"},
    idle("type"),
    {"translation", names_of<text_form>("languages and texts"), "the title in other languages", "",
     "{zh: 是}"},
    idle("metadata"),
    idle("image_url"),
};

constexpr Form title_map_form = names_of<anything_form>("a map with `title`");
constexpr Form title_form = either_of<text_form, title_map_form>();

constexpr Key translation[] = {
    {"text", text_form, "the text", "not translated", "再见！"},
    {"buttons", list_of<title_form>(), "as many titles as there are buttons, in their order",
     "not translated", "[是, 否]"},
    {"quick_replies", list_of<title_form>(), "the same of quick replies", "not translated",
     "[是, 否]"},
};

constexpr Key image[] = {
    required({"url", url_form, "where it is", "", "https://shop.example/lamp.jpg"}),
    {"alt", text_form, "what it shows, for who cannot see it", "", "A lamp"},
};

constexpr Key attachment[] = {
    required({"url", url_form, "where it is", "", "https://shop.example/terms.pdf"}),
};

constexpr string_view slot_word[] = {"slot"};

constexpr Key slot_condition[] = {
    {"type", nlu::words_of(slot_word), "there is no other", "`slot`", "slot"},
    required({"name", slot_form, "the slot", "", "city"}),
    required({"value", anything_form, "what it must hold", "", "Berlin"}),
};

}  // namespace

constinit const std::span<const string_view> slot_types = slot_type_words;
constinit const std::span<const string_view> mapping_kinds = mapping_words;

constinit const Keys slot_keys = {
    .id = "slot",
    .what = "a slot",
    .about = "A value that flows ask for and keep. It stands under its name in `slots`.",
    .own = slot,
    .example = R"(guests:
  type: float
  min_value: 1
  max_value: 12
  mappings:
    - type: from_entity
      entity: number
)"};
constinit const Keys mapping_keys = {
    .id = "mapping", .what = "a mapping", .about = "What fills a slot.", .own = mapping};
constinit const Keys validation_keys = {.id = "validation",
                                        .what = "'validation'",
                                        .about = "Values that a slot may not hold.",
                                        .own = validation};
constinit const Keys slot_rejection_keys = {.id = "slot_rejection",
                                            .what = "a rejection",
                                            .about = "A value that is refused.",
                                            .own = slot_rejection};
constinit const Keys variation_keys = {
    .id = "variation",
    .what = "a response's variation",
    .about = "Wording. A response is a text, one variation, or a list of them.",
    .own = variation,
    .ways = variation_ways,
    .several = true,
    .example = R"(utter_order_state:
  - text: Order {order_number} is {order_state}.
    translation: {zh: "订单 {order_number}：{order_state}。"}
  - condition: slots.order_state is "delivered"
    text: Order {order_number} has arrived.
    quick_replies:
      - {title: Send it back, payload: /return_item}
)"};
constinit const Keys button_keys = {.id = "button",
                                    .what = "a button",
                                    .about = "What can be pressed.",
                                    .own = button,
                                    .ways = button_ways};
constinit const Keys translation_keys = {.id = "translation",
                                         .what = "a translation",
                                         .about = "A variation in another language.",
                                         .own = translation};
constinit const Keys image_keys = {
    .id = "image", .what = "an image", .about = "A picture.", .own = image};
constinit const Keys attachment_keys = {.id = "attachment",
                                        .what = "an attachment",
                                        .about = "A file.",
                                        .own = attachment,
                                        .others = &anything_form};
constinit const Keys condition_keys = {
    .id = "slot_condition",
    .what = "a condition",
    .about = "Rasa's older form of a condition: all of a list must hold.",
    .own = slot_condition,
    .others = &anything_form};

}  // namespace dialog
