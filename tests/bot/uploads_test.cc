#include "bot/uploads.h"

#include <map>

#include <catch2/catch.hpp>

#include "tests/bot/scratch.h"

using bot::Uploads;

namespace {

using namespace std::string_literals;
const std::string png = "\x89PNG\r\n\x1a\n and so on"s;

struct Shelf {
  Scratch scratch;
  std::map<std::string, std::string> notes;

  Uploads open(std::size_t file_bytes = 1000, std::size_t total = 10'000) {
    bot::UploadLimits limits;
    limits.file_bytes = file_bytes;
    limits.total_bytes = total;
    limits.per_conversation = 2;
    limits.types = {"image/png", "text/plain"};
    bot::Notes kept;
    kept.put = [this](const std::string& name, const std::string& value) {
      notes[name] = value;
      return nlu::Result<void>{};
    };
    kept.get = [this](const std::string& name) -> nlu::Result<std::optional<std::string>> {
      const auto found = notes.find(name);
      if (found == notes.end()) return std::optional<std::string>{};
      return std::optional(found->second);
    };
    return {scratch.path("uploads"), limits, kept};
  }
};

dialog::ConversationId conversation(std::uint8_t last) {
  dialog::ConversationId id;
  id.tenant = 1;
  id.bytes[15] = last;
  return id;
}

}  // namespace

TEST_CASE("a file is kept for its conversation and for no other") {
  Shelf shelf;
  Uploads uploads = shelf.open();
  REQUIRE(uploads.open());
  const auto kept = uploads.keep(conversation(1), "a photo.png", "image/png", png);
  REQUIRE(kept);
  CHECK(kept->name == "a photo.png");
  CHECK(kept->size == png.size());
  Uploads later = shelf.open();  // As after a restart.
  REQUIRE(later.open());
  CHECK(later.total_bytes() == png.size());
  const auto found = later.find(conversation(1), kept->upload);
  REQUIRE(found);
  REQUIRE(*found);
  CHECK(*later.read(**found) == png);
  const auto foreign = later.find(conversation(2), kept->upload);
  REQUIRE(foreign);
  CHECK_FALSE(*foreign);
}

TEST_CASE("a file must be of a type that is taken, and be what it says") {
  Shelf shelf;
  Uploads uploads = shelf.open();
  REQUIRE(uploads.open());
  CHECK_FALSE(uploads.keep(conversation(1), "a", "image/jpeg", "\xff\xd8\xff"));
  CHECK_FALSE(uploads.keep(conversation(1), "a", "image/png", "<script>alert(1)</script>"));
  CHECK_FALSE(uploads.keep(conversation(1), "a", "text/plain", png));
  CHECK_FALSE(uploads.keep(conversation(1), "a", "text/plain", "a\0b"s));
  CHECK_FALSE(uploads.keep(conversation(1), "a", "image/png", ""));
  CHECK(uploads.keep(conversation(1), "a", "text/plain", "hello"));
}

TEST_CASE("files have limits: size, number, all together") {
  Shelf shelf;
  Uploads uploads = shelf.open(20, 50);
  REQUIRE(uploads.open());
  const std::string long_file(21, 'x');
  CHECK(uploads.keep(conversation(1), "a", "text/plain", long_file).error().code ==
        nlu::Errc::too_large);
  REQUIRE(uploads.keep(conversation(1), "a", "text/plain", std::string(20, 'x')));
  REQUIRE(uploads.keep(conversation(1), "a", "text/plain", std::string(20, 'x')));
  CHECK(uploads.keep(conversation(1), "a", "text/plain", "x").error().code == nlu::Errc::too_large);
  CHECK(uploads.keep(conversation(2), "a", "text/plain", std::string(20, 'x')).error().code ==
        nlu::Errc::busy);
}

TEST_CASE("erasing a conversation erases its files") {
  Shelf shelf;
  Uploads uploads = shelf.open();
  REQUIRE(uploads.open());
  const auto kept = uploads.keep(conversation(1), "a", "text/plain", "hello");
  REQUIRE(kept);
  REQUIRE(uploads.erase(conversation(1)));
  CHECK_FALSE(uploads.read(*kept));
  CHECK(uploads.total_bytes() == 0);
}

TEST_CASE("file names lose what could do harm") {
  CHECK(bot::safe_file_name("../../etc/passwd") == "passwd");
  CHECK(bot::safe_file_name("C:\\photos\\me.png") == "me.png");
  CHECK(bot::safe_file_name("a\r\nSet-Cookie: b\".png") == "aSet-Cookie: b.png");
  CHECK(bot::safe_file_name("...") == "file");
  CHECK(bot::safe_file_name("") == "file");
  CHECK(bot::safe_file_name("\xff\xfe") == "file");
  CHECK(bot::safe_file_name("照片.png") == "照片.png");
}

TEST_CASE("percent-encoding comes back as it was") {
  CHECK(bot::percent_encode("a b/照") == "a%20b%2F%E7%85%A7");
  CHECK(bot::percent_decode("a%20b%2F%E7%85%A7") == "a b/照");
  CHECK_FALSE(bot::percent_decode("%"));
  CHECK_FALSE(bot::percent_decode("%2"));
  CHECK_FALSE(bot::percent_decode("%zz"));
}
