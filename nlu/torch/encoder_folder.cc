#include "nlu/torch/encoder_folder.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <set>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "nlu/safetensors.h"
#include "nlu/torch/bert_network.h"

namespace nlu {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view unfinished_prefix = "unfinished.";

fs::path folder_of(const std::string& model_path) {
  return fs::path(model_path).parent_path() / "encoder";
}

Error cannot(const fs::path& path, const std::string& why) {
  return {Errc::unavailable, fmt::format("{}: cannot be written: {}", path.string(), why)};
}

// A file, or a folder.
Result<void> sync(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  const int why = errno;
  if (file >= 0) ::close(file);
  if (!synced) return cannot(path, std::strerror(why));
  return {};
}

Result<void> write(const BertNetwork& network, const fs::path& like, const fs::path& folder) {
  std::error_code failed;
  fs::remove_all(folder, failed);
  fs::create_directories(folder, failed);
  if (failed) return cannot(folder, failed.message());
  for (const char* const name :
       {"config.json", "vocab.txt", "tokenizer.json", "tokenizer_config.json"}) {
    if (!fs::exists(like / name, failed)) continue;
    fs::copy_file(like / name, folder / name, failed);
    if (failed) return cannot(folder / name, failed.message());
    if (const auto synced = sync(folder / name); !synced) return synced;
  }
  std::map<std::string, TensorView> tensors;
  BertNetwork shared = network;  // Its tensors are the same.
  shared.for_each(
      [&](const std::string& name, torch::Tensor& tensor, const std::vector<std::int64_t>& shape) {
        tensor = tensor.contiguous();
        tensors[name] = {Dtype::f32,
                         shape,
                         {static_cast<const std::byte*>(tensor.data_ptr()),
                          static_cast<std::size_t>(tensor.numel()) * sizeof(float)}};
      });
  return save_safetensors((folder / "model.safetensors").string(), tensors, {{"format", "pt"}});
}

// Nothing else that lies there is ours.
bool is_version(const std::string& name) {
  return name.size() == 32 && name.find_first_not_of("0123456789abcdef") == name.npos;
}

// What a process was writing that is no more.
bool is_left_over(const std::string& name) {
  if (!name.starts_with(unfinished_prefix)) return false;
  const int writer = std::atoi(name.c_str() + unfinished_prefix.size());
  return writer > 0 && ::kill(writer, 0) != 0 && errno == ESRCH;
}

}  // namespace

std::string tuned_encoder_path_of(const std::string& model_path, const std::string& version) {
  return (folder_of(model_path) / version).string();
}

Result<std::string> save_tuned_encoder(const BertNetwork& network, const std::string& like,
                                       const std::string& model_path) {
  const fs::path folder = folder_of(model_path);
  const fs::path unfinished = folder / fmt::format("{}{}", unfinished_prefix, ::getpid());
  std::error_code failed;
  const auto give_up = [&](Error error) {
    fs::remove_all(unfinished, failed);
    return error;
  };
  if (const auto written = write(network, like, unfinished); !written)
    return give_up(written.error());
  const auto opened = Bert::open(unfinished.string());
  if (!opened) return give_up(opened.error());
  const std::string version = (*opened)->version();
  const auto there = Bert::open((folder / version).string());
  if (there && (*there)->version() == version) {  // The same, to the bit.
    fs::remove_all(unfinished, failed);
    return version;
  }
  fs::remove_all(folder / version, failed);  // What a removal has left that was interrupted.
  fs::rename(unfinished, folder / version, failed);
  if (failed) return give_up(cannot(folder / version, failed.message()));
  if (const auto synced = sync(folder); !synced) return synced.error();
  return version;
}

void tidy_tuned_encoders(const std::string& model_path) {
  const fs::path folder = folder_of(model_path);
  std::error_code failed;
  if (!fs::is_directory(folder, failed)) return;
  std::set<std::string> needed;
  const fs::path models = fs::path(model_path).parent_path();
  for (const auto& entry : fs::directory_iterator(models.empty() ? "." : models, failed)) {
    if (entry.path().extension() != ".safetensors") continue;
    const auto file = SafetensorsFile::open(entry.path().string());
    if (!file) return;  // What it needs is not known; too much is kept rather than too little.
    const auto encoder = file->metadata().find("encoder");
    if (encoder != file->metadata().end()) needed.insert(encoder->second);
  }
  if (failed) return;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    const std::string name = entry.path().filename().string();
    std::error_code ignored;
    if (is_version(name) ? !needed.contains(name) : is_left_over(name))
      fs::remove_all(entry.path(), ignored);
  }
}

}  // namespace nlu
