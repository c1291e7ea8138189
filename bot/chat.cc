#include "bot/chat.h"

#include <array>
#include <ctime>

#include <boost/asio/thread_pool.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include "bot/tokens.h"

namespace bot {

namespace {

namespace beast = boost::beast;
namespace websocket = beast::websocket;
namespace web = connectors::web;
using Clock = std::chrono::steady_clock;

constexpr std::size_t queued_bytes_max = 1 << 20;  // Not yet taken by a socket: then 4408.
constexpr std::chrono::seconds close_grace{5};
constexpr std::chrono::milliseconds going_away_retry{2000};

// Slows a flood down by not reading it: tokens refill with time, each frame takes one.
class Pace {
 public:
  explicit Pace(double per_s) : per_s_(per_s), tokens_(2 * per_s) {}

  // How long to wait before the next frame is read.
  std::chrono::milliseconds take(Clock::time_point now) {
    const std::chrono::duration<double> passed = now - last_;
    last_ = now;
    tokens_ = std::min(2 * per_s_, tokens_ + passed.count() * per_s_) - 1;
    if (tokens_ >= 0) return std::chrono::milliseconds{0};
    return std::chrono::milliseconds{static_cast<int>(1000 * -tokens_ / per_s_) + 1};
  }

 private:
  double per_s_, tokens_;
  Clock::time_point last_ = Clock::now();
};

}  // namespace

// One socket. Alive while its listener or its writer is; known to Chats while the listener is.
class Chats::Chat : public std::enable_shared_from_this<Chats::Chat> {
 public:
  Chat(Chats& chats, runtime::Connection id, const Opening& opening, tcp::socket socket)
      : chats_(chats),
        id_(id),
        tenant_(opening.tenant),
        place_(opening.place),
        ws_(std::move(socket)),
        pace_(std::max(100.0, 4 * chats.config_.runtime.messages_per_s)) {}

  awaitable<void> serve(std::shared_ptr<Chat> self,
                        beast::http::request<beast::http::string_body> request,
                        bool refused_origin);
  void send(std::string frame);
  void close(std::uint16_t code, const std::string& reason);
  void cut();

  bool is_overdue(Clock::time_point now) const { return closing_ && now > cut_at_; }
  void welcomed(const std::string& conversation) {
    conversation_ = dialog::parse_conversation_id(tenant_, conversation);
  }
  void acked();

 private:
  awaitable<bool> accept(const beast::http::request<beast::http::string_body>& request);
  awaitable<void> listen();
  awaitable<bool> received(std::string text);
  awaitable<void> attach(std::string upload);
  void verify(const web::Hello& hello, runtime::FrameReceived& input);
  awaitable<void> write(std::shared_ptr<Chat> self);

  Chats& chats_;
  const runtime::Connection id_;
  const dialog::Tenant tenant_;
  const std::shared_ptr<void> place_;
  websocket::stream<tcp::socket, false> ws_;  // No deflate: 31 to 165 KB a connection.
  Pace pace_;
  std::array<char, 512> chunk_{};
  std::optional<dialog::ConversationId> conversation_;
  std::optional<Clock::time_point> message_at_;

  std::vector<std::string> queue_;
  std::size_t queued_bytes_ = 0;
  bool writing_ = false;
  bool closing_ = false;
  Clock::time_point cut_at_;
  websocket::close_reason reason_;
};

awaitable<bool> Chats::Chat::accept(const beast::http::request<beast::http::string_body>& request) {
  websocket::stream_base::timeout timeouts{};
  timeouts.handshake_timeout = close_grace;
  timeouts.idle_timeout = websocket::stream_base::none();  // The runtime keeps that time.
  timeouts.keep_alive_pings = false;
  ws_.set_option(timeouts);
  ws_.read_message_max(0);  // listen() has a limit of its own, with a close code of its own.
  ws_.auto_fragment(false);
  ws_.text(true);
  const std::string offered{request[beast::http::field::sec_websocket_protocol]};
  const bool speaks = beast::http::token_list{offered}.exists("usher.v1");
  ws_.set_option(websocket::stream_base::decorator([speaks](websocket::response_type& response) {
    if (speaks) response.set(beast::http::field::sec_websocket_protocol, "usher.v1");
    response.set(beast::http::field::server, "usher");
  }));
  error_code error;
  co_await ws_.async_accept(request, net::redirect_error(use_awaitable, error));
  ws_.set_option(websocket::stream_base::decorator([](websocket::response_type&) {}));
  co_return !error;
}

awaitable<void> Chats::Chat::serve(std::shared_ptr<Chat>,
                                   beast::http::request<beast::http::string_body> request,
                                   bool refused_origin) {
  const bool accepted = co_await accept(request);
  request = {};
  if (accepted) {
    if (refused_origin) {
      close(static_cast<std::uint16_t>(web::Close::bad_origin),
            "this page may not talk to the bot");
    } else {
      chats_.loop_.feed(runtime::Connected{id_, tenant_});
    }
    co_await listen();
    if (!refused_origin) chats_.loop_.feed(runtime::Disconnected{id_});
  }
  cut();
  chats_.gone(id_);
}

// Hands what the customer sends to the runtime until they leave. Always reading, as Beast answers
// pings only inside a read; who sends too fast is read more slowly.
awaitable<void> Chats::Chat::listen() {
  const std::size_t limit = chats_.config_.runtime.frames.frame_bytes;
  std::string message;
  for (;;) {
    error_code error;
    const std::size_t count = co_await ws_.async_read_some(
        net::buffer(chunk_), net::redirect_error(use_awaitable, error));
    if (error) co_return;
    if (closing_) continue;  // Only the other's goodbye is waited for.
    message.append(chunk_.data(), count);
    if (message.size() > limit) {
      close(static_cast<std::uint16_t>(web::Close::too_big), "a frame may have 64 KiB");
      message = {};
      continue;
    }
    if (!ws_.is_message_done()) continue;
    const bool text = ws_.got_text();
    chats_.metrics_.frames_in.Increment();
    const auto pause = pace_.take(Clock::now());
    if (pause.count() > 0) {
      net::steady_timer timer{ws_.get_executor(), pause};
      co_await timer.async_wait(net::redirect_error(use_awaitable, error));
    }
    if (!text) message = "binary";  // No JSON: refused as such.
    const bool goes_on = co_await received(std::exchange(message, {}));
    if (!goes_on) co_return;
  }
}

awaitable<bool> Chats::Chat::received(std::string text) {
  auto parsed = web::parse(text, chats_.config_.runtime.frames);
  if (auto* refusal = std::get_if<web::Refusal>(&parsed)) {
    chats_.metrics_.refused("frame");
    chats_.loop_.feed(runtime::FrameRefused{id_, std::move(*refusal)});
    co_return true;
  }
  runtime::FrameReceived input;
  input.connection = id_;
  input.frame = std::move(std::get<web::ClientFrame>(parsed));
  if (const auto* hello = std::get_if<web::Hello>(&input.frame)) verify(*hello, input);
  if (const auto* message = std::get_if<web::Message>(&input.frame)) {
    message_at_ = Clock::now();
    if (!message->upload.empty() && conversation_) co_await attach(message->upload);
  }
  chats_.loop_.feed(std::move(input));
  co_return true;
}

void Chats::Chat::verify(const web::Hello& hello, runtime::FrameReceived& input) {
  if (hello.user.empty()) return;
  auto user = verify_user_token(hello.user, chats_.config_.site_key, std::time(nullptr));
  if (user) {
    input.user = std::move(*user);
    return;
  }
  input.user_refused = true;
  chats_.metrics_.refused("user_token");
  chats_.log_.info("user_token_refused", {{"why", user.error().message}});
}

// Tells the runtime of the file that the next message names, when the conversation has it.
awaitable<void> Chats::Chat::attach(std::string upload) {
  using Found = nlu::Result<std::optional<dialog::Attachment>>;
  auto later = std::make_shared<Later<Found>>(ws_.get_executor());
  auto set = setter(ws_.get_executor(), later);
  const dialog::ConversationId id = *conversation_;
  const Uploads& uploads = chats_.uploads_;
  net::post(chats_.files_, [set, id, upload, &uploads] { set(uploads.find(id, upload)); });
  const auto found = co_await later->wait(std::chrono::seconds{10});
  if (found && *found && **found) {
    chats_.loop_.feed(runtime::UploadKept{id, ***found});
  }
}

void Chats::Chat::send(std::string frame) {
  if (closing_) return;
  queued_bytes_ += frame.size();
  if (queued_bytes_ > queued_bytes_max) {
    queue_.clear();
    queued_bytes_ = 0;
    chats_.metrics_.refused("slow_reader");
    return close(static_cast<std::uint16_t>(web::Close::too_slow), "too slow");
  }
  queue_.push_back(std::move(frame));
  if (writing_) return;
  writing_ = true;
  net::co_spawn(ws_.get_executor(), write(shared_from_this()), net::detached);
}

void Chats::Chat::close(std::uint16_t code, const std::string& reason) {
  if (closing_) return;
  closing_ = true;
  cut_at_ = Clock::now() + close_grace;
  reason_.code = code;
  reason_.reason = reason.substr(0, 120);
  if (writing_) return;
  writing_ = true;
  net::co_spawn(ws_.get_executor(), write(shared_from_this()), net::detached);
}

// Sends what is queued, one frame at a time as Beast demands, then says goodbye if it is time.
awaitable<void> Chats::Chat::write(std::shared_ptr<Chat>) {
  error_code error;
  while (!queue_.empty() && !error) {
    std::vector<std::string> frames;
    frames.swap(queue_);
    for (const std::string& frame : frames) {
      co_await ws_.async_write(net::buffer(frame), net::redirect_error(use_awaitable, error));
      if (error) break;
      queued_bytes_ -= std::min(queued_bytes_, frame.size());
      chats_.metrics_.frames_out.Increment();
      chats_.metrics_.bytes_out.Increment(static_cast<double>(frame.size()));
    }
    if (!error) chats_.loop_.feed(runtime::Drained{id_, frames.size()});
  }
  if (closing_ && !error) {
    co_await ws_.async_close(reason_, net::redirect_error(use_awaitable, error));
    cut();
  } else if (error) {
    cut();
  }
  writing_ = false;
}

// Ends the socket without a goodbye; the listener then ends, too.
void Chats::Chat::cut() {
  error_code ignored;
  beast::get_lowest_layer(ws_).close(ignored);
}

void Chats::Chat::acked() {
  if (!message_at_) return;
  const std::chrono::duration<double> took = Clock::now() - *message_at_;
  message_at_.reset();
  chats_.metrics_.ack_seconds.Observe(took.count());
}

Chats::Chats(net::io_context& io, Loop& loop, const Uploads& uploads, net::thread_pool& files,
             const Config& config, Metrics& metrics, Log& log)
    : io_(io),
      loop_(loop),
      uploads_(uploads),
      files_(files),
      config_(config),
      metrics_(metrics),
      log_(log) {}

Chats::~Chats() = default;

void Chats::open(tcp::socket socket, const beast::http::request<beast::http::string_body>& request,
                 Opening opening) {
  const runtime::Connection id = ++last_;
  auto chat = std::make_shared<Chat>(*this, id, opening, std::move(socket));
  open_[id] = chat.get();
  net::co_spawn(io_, chat->serve(chat, request, opening.refused_origin),
                [this, id, chat](std::exception_ptr failure) {
                  if (!failure) return;
                  try {
                    std::rethrow_exception(failure);
                  } catch (const std::exception& error) {
                    log_.error("connection_failed", {{"error", error.what()}});
                  }
                  chat->cut();
                  if (open_.contains(id)) loop_.feed(runtime::Disconnected{id});
                  gone(id);
                });
}

void Chats::gone(runtime::Connection connection) { open_.erase(connection); }

void Chats::send(runtime::Connection connection, const web::ServerFrame& frame) {
  const auto found = open_.find(connection);
  if (found == open_.end()) return;
  if (const auto* welcome = std::get_if<web::Welcome>(&frame)) {
    found->second->welcomed(welcome->conversation);
  }
  if (std::holds_alternative<web::Ack>(frame)) found->second->acked();
  found->second->send(web::render(frame));
}

void Chats::close(runtime::Connection connection, web::Close code, const std::string& reason) {
  const auto found = open_.find(connection);
  if (found != open_.end()) found->second->close(static_cast<std::uint16_t>(code), reason);
}

void Chats::say_goodbye() {
  web::Problem problem;
  problem.code = "going_away";
  problem.message = "the server restarts";
  problem.retry_after_ms = going_away_retry.count();
  const std::string frame = web::render(problem);
  std::vector<std::shared_ptr<Chat>> all;
  for (const auto& entry : open_) all.push_back(entry.second->shared_from_this());
  for (const std::shared_ptr<Chat>& chat : all) {
    chat->send(frame);
    chat->close(static_cast<std::uint16_t>(web::Close::going_away), "going away");
  }
}

void Chats::sweep() {
  const auto now = Clock::now();
  std::vector<std::shared_ptr<Chat>> overdue;
  for (const auto& entry : open_) {
    if (entry.second->is_overdue(now)) overdue.push_back(entry.second->shared_from_this());
  }
  for (const std::shared_ptr<Chat>& chat : overdue) chat->cut();
}

}  // namespace bot
