// What may be written in a map of a YAML file: one table for each kind of map.
//
// A reader asks its table which keys there are and within which bounds; the JSON Schemas that
// editors check with and docs/reference.md are made from the same tables (dialog/schema.h). Tables
// are constant and live for ever.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nlu {

struct Keys;

// What a value may be.
struct Form {
  enum class Kind : std::uint8_t {
    text,  // Any scalar, as it stands
    boolean,
    number,
    whole,    // A number without decimals
    nothing,  // Left empty
    anything,
    map,    // With the keys of `keys`
    names,  // A map from names of the author's own to forms[0]
    list,   // Of forms[0]
    either  // One of `forms`
  };
  Kind kind = Kind::anything;
  std::string_view what = {};                    // In words: "a condition"; "": as the kind says
  std::span<const std::string_view> words = {};  // Of a text: the only ones; empty: any
  double min = 0, max = 0;                       // Of numbers, both included
  const Keys* keys = nullptr;
  std::span<const Form* const> forms = {};
};

// One key. The texts are Markdown, without a full stop at their end.
struct Key {
  std::string_view name;
  Form form = {};
  std::string_view about = {};     // One line, for people
  std::string_view standard = {};  // What holds without the key: "60", "the slot's"; "": nothing
  std::string_view example = {};   // A value; "": the standard one is
  bool is_required = false;
  bool is_refused =
      false;  // Known from elsewhere and an error; `about` says what to write instead.
};

struct Keys {
  std::string_view id = {};     // Of the definition in schemas, unique: "collect_step"
  std::string_view what = {};   // For messages: "a rejection", "'http'"
  std::string_view about = {};  // For people: whole sentences
  std::span<const Key> own = {};
  const Keys* also = nullptr;  // Its keys may stand there as well.
  // Keys that go together, as "if then" or "else": exactly one of these must be there; with
  // `several` at least one. Empty: no such rule.
  std::span<const std::string_view> ways = {};
  bool several = false;
  const Form* others = nullptr;  // Of keys that are names of the author's; nullptr: there are none.
  // One of these, by the key that is its first own; `own` is what all of them may have beside it.
  std::span<const Keys* const> kinds = {};
  std::string_view example = {};  // Lines of YAML

  // nullptr: no such key, or one that is refused.
  const Key* find(std::string_view name) const;
  // nullptr: not known from elsewhere either.
  const Key* find_refused(std::string_view name) const;
  // Of a key that is in the table.
  const Key& operator[](std::string_view name) const;
  // nullptr: `name` says nothing of the kind.
  const Keys* find_kind(std::string_view name) const;
  // All that may be written, in the tables' order.
  std::vector<std::string> names() const;
  std::vector<std::string> kind_names() const;
};

// ---- making tables ----

constexpr Form text_in(std::string_view what) { return {Form::Kind::text, what}; }
constexpr Form words_of(std::span<const std::string_view> words) {
  return {Form::Kind::text, "", words};
}
constexpr Form number_in(double min, double max) { return {Form::Kind::number, "", {}, min, max}; }
constexpr Form whole_in(double min, double max) { return {Form::Kind::whole, "", {}, min, max}; }
constexpr Form plain(Form::Kind kind) { return {kind}; }

namespace detail {
template <const Form&... forms>
inline constexpr const Form* pointers[] = {&forms...};
}  // namespace detail

template <const Keys& keys>
constexpr Form map_of() {
  return {Form::Kind::map, "", {}, 0, 0, &keys};
}
template <const Form& item>
constexpr Form list_of(std::string_view what = "") {
  return {Form::Kind::list, what, {}, 0, 0, nullptr, detail::pointers<item>};
}
template <const Form& item>
constexpr Form names_of(std::string_view what = "") {
  return {Form::Kind::names, what, {}, 0, 0, nullptr, detail::pointers<item>};
}
template <const Form&... forms>
constexpr Form either_of(std::string_view what = "") {
  return {Form::Kind::either, what, {}, 0, 0, nullptr, detail::pointers<forms...>};
}

constexpr Key required(Key key) {
  key.is_required = true;
  return key;
}
// Written for other programs or people; means nothing here.
constexpr Key idle(std::string_view name, std::string_view about = "accepted, without effect") {
  return {name, {}, about};
}
constexpr Key refused(std::string_view name, std::string_view instead) {
  Key key{name, {}, instead};
  key.is_refused = true;
  return key;
}

inline constexpr Form text_form = plain(Form::Kind::text);
inline constexpr Form boolean_form = plain(Form::Kind::boolean);
inline constexpr Form nothing_form = plain(Form::Kind::nothing);
inline constexpr Form anything_form = plain(Form::Kind::anything);
inline constexpr Form text_list_form = list_of<text_form>();
inline constexpr Form texts_form = either_of<text_form, text_list_form>();
inline constexpr Form text_names_form = names_of<text_form>();

}  // namespace nlu
