// Weights in the safetensors format: https://huggingface.co/docs/safetensors. Nothing in such a
// file can run; everything it says is checked before it is believed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nlu/base/result.h"

namespace nlu {

enum class Dtype { f32, f16, bf16, f64, i8, u8, i16, i32, i64, boolean };

std::size_t dtype_bytes(Dtype dtype);
std::string_view dtype_name(Dtype dtype);  // "F32", "BOOL"

// A tensor that lies in someone else's memory.
struct TensorView {
  Dtype dtype = Dtype::f32;
  std::vector<std::int64_t> shape;   // Empty: a scalar.
  std::span<const std::byte> bytes;  // Little endian, row major; aligned to what the file says, so
                                     // a reader that needs alignment copies.
};

// What a file's bytes say. Borrows the bytes.
class SafetensorsView {
 public:
  // Errc::corrupt, and why, unless: the header is JSON of at most 16 MiB, every dtype is known,
  // every tensor's bytes are exactly its shape's, in range, and together they cover the file
  // without gap or overlap; no name comes twice; at most 65,536 tensors of at most 16 dimensions.
  static Result<SafetensorsView> parse(std::span<const std::byte> bytes);

  const TensorView* find(std::string_view name) const;  // nullptr: there is none.
  const std::map<std::string, TensorView, std::less<>>& tensors() const { return tensors_; }
  const std::map<std::string, std::string, std::less<>>& metadata() const { return metadata_; }

 private:
  std::map<std::string, TensorView, std::less<>> tensors_;
  std::map<std::string, std::string, std::less<>> metadata_;
};

// A memory-mapped file. Pages come in when they are touched; the views live as long as this.
// Movable; const members may be called from any thread. The file must not be changed in place
// meanwhile (save_safetensors never does).
class SafetensorsFile {
 public:
  // Errc::not_found, Errc::unavailable (cannot be read), Errc::corrupt; the message names the path.
  static Result<SafetensorsFile> open(const std::string& path);

  const TensorView* find(std::string_view name) const { return view_.find(name); }
  const std::map<std::string, TensorView, std::less<>>& tensors() const { return view_.tensors(); }
  const std::map<std::string, std::string, std::less<>>& metadata() const {
    return view_.metadata();
  }
  std::span<const std::byte> bytes() const { return bytes_; }  // All of the file.

 private:
  SafetensorsFile() = default;
  std::shared_ptr<const void> mapping_;
  std::span<const std::byte> bytes_;
  SafetensorsView view_;
};

// The bytes of a file with these tensors: the same input gives the same bytes (names sorted, the
// data begins at a multiple of 64). Errc::invalid when a tensor's bytes are not its shape's.
Result<std::string> serialize_safetensors(const std::map<std::string, TensorView>& tensors,
                                          const std::map<std::string, std::string>& metadata);

// Writes them to `path`: a reader sees the old file or the new one, also after a power cut.
Result<void> save_safetensors(const std::string& path,
                              const std::map<std::string, TensorView>& tensors,
                              const std::map<std::string, std::string>& metadata);

}  // namespace nlu
