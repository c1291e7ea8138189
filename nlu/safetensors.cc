#include "nlu/safetensors.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <limits>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nlu/base/json.h"

namespace nlu {
namespace {

constexpr std::size_t length_bytes = 8;
constexpr std::size_t header_limit = std::size_t{16} << 20;
constexpr std::size_t tensor_limit = 65'536;
constexpr std::size_t dimension_limit = 16;
constexpr std::size_t alignment = 64;

struct DtypeInfo {
  Dtype dtype;
  std::string_view name;
  std::size_t bytes;
};

constexpr std::array<DtypeInfo, 10> dtypes{{{Dtype::f32, "F32", 4},
                                            {Dtype::f16, "F16", 2},
                                            {Dtype::bf16, "BF16", 2},
                                            {Dtype::f64, "F64", 8},
                                            {Dtype::i8, "I8", 1},
                                            {Dtype::u8, "U8", 1},
                                            {Dtype::i16, "I16", 2},
                                            {Dtype::i32, "I32", 4},
                                            {Dtype::i64, "I64", 8},
                                            {Dtype::boolean, "BOOL", 1}}};

const DtypeInfo& info(Dtype dtype) { return dtypes[static_cast<std::size_t>(dtype)]; }

Error corrupt(std::string message) { return {Errc::corrupt, std::move(message)}; }

// How many bytes a tensor has; nullopt when that overflows or a dimension is negative.
std::optional<std::size_t> shape_bytes(Dtype dtype, const std::vector<std::int64_t>& shape) {
  std::size_t bytes = dtype_bytes(dtype);
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) bytes = 0;
  for (const std::int64_t dimension : shape) {
    if (dimension < 0) return std::nullopt;
    const auto size = static_cast<std::size_t>(dimension);
    if (size != 0 && bytes > std::numeric_limits<std::size_t>::max() / size) return std::nullopt;
    bytes *= size;
  }
  return bytes;
}

// Members of the outermost object as written: a parsed one has forgotten names that came twice.
std::size_t count_members(std::string_view text) {
  std::size_t count = 0;
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (c == ':' && depth == 1) ++count;
  }
  return count;
}

struct Placed {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string_view name;
};

std::optional<std::size_t> as_size(const json::value& value) {
  if (const std::int64_t* i = value.if_int64(); i != nullptr && *i >= 0) {
    return static_cast<std::size_t>(*i);
  }
  return std::nullopt;
}

// Reads {"dtype", "shape", "data_offsets"}; the error is what is wrong with it.
Result<TensorView> read_tensor(const json::object& entry, std::span<const std::byte> data,
                               Placed& place) {
  TensorView tensor;
  const auto name = get_string(entry, "dtype");
  const auto* known = std::find_if(dtypes.begin(), dtypes.end(),
                                   [&](const DtypeInfo& d) { return name && d.name == *name; });
  if (known == dtypes.end()) return corrupt("has a dtype that is not supported");
  tensor.dtype = known->dtype;
  const json::array* shape = get_array(entry, "shape");
  if (shape == nullptr || shape->size() > dimension_limit) return corrupt("has no valid shape");
  for (const json::value& dimension : *shape) {
    const auto size = as_size(dimension);
    if (!size) return corrupt("has a dimension that is no size");
    tensor.shape.push_back(static_cast<std::int64_t>(*size));
  }
  const json::array* offsets = get_array(entry, "data_offsets");
  if (offsets == nullptr || offsets->size() != 2) return corrupt("has no valid data_offsets");
  const auto begin = as_size((*offsets)[0]);
  const auto end = as_size((*offsets)[1]);
  if (!begin || !end || *begin > *end || *end > data.size()) {
    return corrupt("lies outside of the file");
  }
  if (shape_bytes(tensor.dtype, tensor.shape) != *end - *begin) {
    return corrupt("does not have as many bytes as its shape says");
  }
  tensor.bytes = data.subspan(*begin, *end - *begin);
  place.begin = *begin;
  place.end = *end;
  return tensor;
}

bool covers(std::vector<Placed> places, std::size_t size) {
  std::sort(places.begin(), places.end(), [](const Placed& a, const Placed& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::size_t at = 0;
  for (const Placed& place : places) {
    if (place.begin != at) return false;
    at = place.end;
  }
  return at == size;
}

// A file descriptor that is closed at the end.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

struct Plan {
  std::string head;  // The length and the header, padded.
  std::vector<const TensorView*> order;
};

// Wide elements first, so that every tensor is aligned to its own width.
Result<Plan> plan_file(const std::map<std::string, TensorView>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::vector<std::pair<const std::string*, const TensorView*>> order;
  for (const auto& [name, tensor] : tensors) {
    if (name == "__metadata__" || shape_bytes(tensor.dtype, tensor.shape) != tensor.bytes.size()) {
      return invalid(
          fmt::format("tensor '{}' cannot be written: its bytes are not its shape's", name));
    }
    order.emplace_back(&name, &tensor);
  }
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return dtype_bytes(a.second->dtype) > dtype_bytes(b.second->dtype);
  });
  json::object header;
  if (!metadata.empty()) {
    json::object& object = header["__metadata__"].emplace_object();
    for (const auto& [key, value] : metadata) object[key] = value;
  }
  Plan plan;
  std::uint64_t at = 0;
  for (const auto& [name, tensor] : order) {
    json::object entry;
    entry["dtype"] = dtype_name(tensor->dtype);
    entry["shape"] = json::array(tensor->shape.begin(), tensor->shape.end());
    entry["data_offsets"] = json::array{at, at + tensor->bytes.size()};
    header[*name] = std::move(entry);
    at += tensor->bytes.size();
    plan.order.push_back(tensor);
  }
  std::string text = json::serialize(header);
  text.append((alignment - (text.size() + length_bytes) % alignment) % alignment, ' ');
  if (text.size() > header_limit) return invalid("the header would be larger than 16 MiB");
  for (std::size_t i = 0; i < length_bytes; ++i) {
    plan.head += static_cast<char>((text.size() >> (8 * i)) & 0xFFU);
  }
  plan.head += text;
  return plan;
}

bool write_all(int fd, const void* data, std::size_t size) {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = ::write(fd, at, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    at += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

Error cannot(std::string_view what, const std::string& path) {
  return {Errc::unavailable, fmt::format("cannot {} {}: {}", what, path, std::strerror(errno))};
}

Result<void> write_plan(const std::string& path, const Plan& plan) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (file.get() < 0) return cannot("create", path);
  if (!write_all(file.get(), plan.head.data(), plan.head.size())) return cannot("write", path);
  for (const TensorView* tensor : plan.order) {
    if (!write_all(file.get(), tensor->bytes.data(), tensor->bytes.size())) {
      return cannot("write", path);
    }
  }
  if (::fsync(file.get()) != 0) return cannot("sync", path);
  return {};
}

}  // namespace

std::size_t dtype_bytes(Dtype dtype) { return info(dtype).bytes; }

std::string_view dtype_name(Dtype dtype) { return info(dtype).name; }

Result<SafetensorsView> SafetensorsView::parse(std::span<const std::byte> bytes) {
  if (bytes.size() < length_bytes) return corrupt("too short for a safetensors file");
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < length_bytes; ++i) {
    length |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
  }
  if (length > header_limit) return corrupt("its header is larger than 16 MiB");
  if (length > bytes.size() - length_bytes) return corrupt("its header goes beyond its end");
  const auto header_bytes = static_cast<std::size_t>(length);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + length_bytes,
                              header_bytes);
  const std::span<const std::byte> data = bytes.subspan(length_bytes + header_bytes);
  const Result<json::value> header = parse_json(text, {header_limit, 4});
  if (!header) return corrupt("its header: " + header.error().message);
  const json::object* object = header->if_object();
  if (object == nullptr) return corrupt("its header is no object");
  if (object->size() != count_members(text)) return corrupt("its header has a name twice");
  if (object->size() > tensor_limit) return corrupt("it has too many tensors");

  SafetensorsView view;
  std::vector<Placed> places;
  for (const auto& entry : *object) {
    const std::string name(entry.key());
    const json::object* value = entry.value().if_object();
    if (value == nullptr) return corrupt(fmt::format("'{}' is no object", name));
    if (name == "__metadata__") {
      for (const auto& item : *value) {
        const json::string* said = item.value().if_string();
        if (said == nullptr) return corrupt("its metadata hold something that is no text");
        view.metadata_.emplace(std::string(item.key()), std::string(*said));
      }
      continue;
    }
    Result<TensorView> tensor = read_tensor(*value, data, places.emplace_back());
    if (!tensor) return corrupt(fmt::format("tensor '{}' {}", name, tensor.error().message));
    view.tensors_.emplace(name, *std::move(tensor));
  }
  if (!covers(std::move(places), data.size())) {
    return corrupt("its tensors overlap or leave bytes unused");
  }
  return view;
}

const TensorView* SafetensorsView::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

Result<SafetensorsFile> SafetensorsFile::open(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) {
    if (errno == ENOENT) return Error{Errc::not_found, fmt::format("there is no file {}", path)};
    return cannot("open", path);
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return cannot("read", path);
  if (!S_ISREG(status.st_mode)) {
    return Error{Errc::unavailable, fmt::format("{} is not a file", path)};
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size < length_bytes) return corrupt(path + ": too short for a safetensors file");
  void* memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (memory == MAP_FAILED) return cannot("map", path);
  SafetensorsFile out;
  out.mapping_ = std::shared_ptr<const void>(
      memory, [size](const void* mapped) { ::munmap(const_cast<void*>(mapped), size); });
  out.bytes_ = {static_cast<const std::byte*>(memory), size};
  Result<SafetensorsView> view = SafetensorsView::parse(out.bytes_);
  if (!view) return Error{view.error().code, fmt::format("{}: {}", path, view.error().message)};
  out.view_ = *std::move(view);
  return out;
}

Result<std::string> serialize_safetensors(const std::map<std::string, TensorView>& tensors,
                                          const std::map<std::string, std::string>& metadata) {
  Result<Plan> plan = plan_file(tensors, metadata);
  if (!plan) return plan.error();
  std::string out = std::move(plan->head);
  for (const TensorView* tensor : plan->order) {
    out.append(reinterpret_cast<const char*>(tensor->bytes.data()), tensor->bytes.size());
  }
  return out;
}

Result<void> save_safetensors(const std::string& path,
                              const std::map<std::string, TensorView>& tensors,
                              const std::map<std::string, std::string>& metadata) {
  const Result<Plan> plan = plan_file(tensors, metadata);
  if (!plan) return plan.error();
  const std::string temporary = fmt::format("{}.tmp.{}", path, ::getpid());
  if (Result<void> written = write_plan(temporary, *plan); !written) {
    ::unlink(temporary.c_str());
    return written;
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const Error error = cannot("rename to", path);
    ::unlink(temporary.c_str());
    return error;
  }
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const Descriptor directory(
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || ::fsync(directory.get()) != 0)
    return cannot("sync the folder of", path);
  return {};
}

}  // namespace nlu
