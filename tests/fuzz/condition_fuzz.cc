// Any bytes as a condition: parsed or refused with a column, and evaluated without a crash.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dialog/condition.h"

namespace {

class FewNames : public dialog::Names {
 public:
  const nlu::json::value* slot(std::string_view name) const override {
    if (name == "a") return &text_;
    if (name == "b") return &number_;
    return name == "c" ? &list_ : nullptr;
  }
  const nlu::json::value* context(std::string_view path) const override {
    return path == "x.y" ? &text_ : nullptr;
  }

 private:
  nlu::json::value text_ = "Berlin";
  nlu::json::value number_ = 42;
  nlu::json::value list_ = nlu::json::array{1, "two", nullptr};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto condition = dialog::Condition::parse(text);
  if (!condition) {
    if (condition.error().message.find(": ") == std::string::npos) __builtin_trap();
    return 0;
  }
  const FewNames names;
  const bool result = condition->evaluate(names);
  if (const auto constant = condition->constant_value(); constant && *constant != result) {
    __builtin_trap();
  }
  (void)condition->slots();
  (void)condition->comparisons();
  return 0;
}
