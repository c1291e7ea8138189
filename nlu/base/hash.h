// Content hashes (OpenSSL, named in hash.cc only).
#pragma once

#include <string>
#include <string_view>

namespace nlu {

// SHA-256 of `bytes`, in 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace nlu
