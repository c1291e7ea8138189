// A value or the reason there is none, with the member names of C++23's std::expected, whose alias
// it is meant to become: GCC 12 has <expected> only under -std=c++23.
#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace nlu {

// What a caller can branch on. `message` is for people.
enum class Errc {
  invalid,      // The input is not what it must be; the message says where and what to do.
  not_found,    // Nothing has that name.
  conflict,     // Someone else was first.
  too_large,    // Over a configured limit.
  busy,         // A bounded queue is full: try again later.
  timeout,      // It took longer than it may.
  unavailable,  // A part that is needed does not work now.
  corrupt,      // Kept bytes are not what was written.
  forbidden,    // Not for this caller.
};

struct Error {
  Errc code = Errc::invalid;
  std::string message;
};

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: like expected
  Result(Error error)
      : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: like expected

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  T& value() & { return assert(has_value()), *std::get_if<0>(&state_); }
  const T& value() const& { return assert(has_value()), *std::get_if<0>(&state_); }
  T&& value() && { return assert(has_value()), std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const { return assert(!has_value()), *std::get_if<1>(&state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: like expected

  bool has_value() const { return !error_; }
  explicit operator bool() const { return has_value(); }
  const Error& error() const { return assert(error_), *error_; }

 private:
  std::optional<Error> error_;
};

// The most common error, named for reading: return invalid("…").
inline Error invalid(std::string message) { return {Errc::invalid, std::move(message)}; }

}  // namespace nlu
