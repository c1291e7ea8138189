#include "bot/config_keys.h"

namespace bot {

namespace {

using nlu::boolean_form;
using nlu::either_of;
using nlu::Key;
using nlu::map_of;
using nlu::nothing_form;
using nlu::number_in;
using nlu::text_form;
using nlu::text_in;
using nlu::text_list_form;
using nlu::whole_in;
using std::string_view;

constexpr nlu::Form texts_or_nothing_form = either_of<text_list_form, nothing_form>();
constexpr nlu::Form secret_form = text_in("32 characters at least");
constexpr nlu::Form key_form = either_of<secret_form, nothing_form>();
constexpr string_view levels[] = {"debug", "info", "warning", "error", "off"};
constexpr nlu::Form limits_map_form = map_of<limit_keys>();
constexpr nlu::Form rasa_api_map_form = map_of<rasa_api_keys>();
constexpr nlu::Form rasa_api_form = either_of<boolean_form, rasa_api_map_form>();
constexpr nlu::Form rollout_map_form = map_of<rollout_keys>();

constexpr Key file[] = {
    {"listen", text_in("an address"), "an address, not a name; `0.0.0.0`: all of the machine's",
     "`127.0.0.1`", "0.0.0.0"},
    {"port", whole_in(0, 65'535), "0: any that is free", "`8080`"},
    {"state_folder", text_in("a folder"), "where conversations and keys are kept", "`var/usher`",
     "/var/lib/usher"},
    {"allowed_origins", texts_or_nothing_form, "pages that may open a chat; `\"*\"`: all", "none",
     "[https://www.shop.example]"},
    {"operator_key", key_form, "for `/v1` and `/metrics`", "made at the first start",
     "${USHER_OPERATOR_KEY}"},
    {"rest_token", key_form, "for the REST channel", "made at the first start",
     "${USHER_REST_TOKEN}"},
    {"rasa_api", rasa_api_form, "Rasa's HTTP API (docs/rasa-api.md); `true`: by the operator's key",
     "`false`", "{token: \"${USHER_RASA_TOKEN}\"}"},
    {"site_key", key_form, "signs the tokens of known customers", "none is accepted",
     "${USHER_SITE_KEY}"},
    {"action_hosts", texts_or_nothing_form,
     "hosts that HTTP actions may call besides the backend's", "none", "[payments.example]"},
    {"allow_private_action_hosts", boolean_form,
     "whether those may lie at private and loopback addresses", "`true`"},
    {"action_authorities", text_in("a PEM file"),
     "certificate authorities that backends may be signed by, besides the system's", "none",
     "/etc/ssl/backend.pem"},
    {"upload_types", texts_or_nothing_form, "media types taken", "pictures and PDF",
     "[image/png, application/pdf]"},
    {"threads", whole_in(0, 1), "0 or 1: one thread serves all sockets", "`0`"},
    {"log_level", nlu::words_of(levels), "what is logged", "`info`"},
    {"log_texts", boolean_form, "with `log_level: debug`: logs what the models are given",
     "`false`"},
    {"demo", boolean_form, "answers HTTP actions from backend.yml", "`false`"},
    {"rollout", either_of<rollout_map_form, nothing_form>(),
     "how a new version of a bot comes in (docs/versions.md)", "all at once", "{share: 0.1}"},
    {"limits", either_of<limits_map_form, nothing_form>(), "what the process takes upon itself", "",
     "{connections: 5000}"},
};

constexpr Key rasa_api[] = {
    {"token", key_form, "opens all of it, as the operator's key does", "none",
     "${USHER_RASA_TOKEN}"},
    {"jwt_key", key_form, "HS256 key of tokens that name a user", "none is accepted",
     "${USHER_RASA_JWT_KEY}"},
    {"events", whole_in(1, 100'000), "of one conversation, the newest, in an answer", "`10000`"},
};

constexpr Key rollout[] = {
    {"share", number_in(0, 1), "of the conversations have it at first; 0: all of them", "`0`",
     "0.1"},
    {"turns", whole_in(1, 1e6), "of the new version, before it is judged", "`200`"},
    {"fallbacks", number_in(0, 1),
     "it goes when so much more of its messages are not understood than of the current one's",
     "`0.1`"},
    {"failures", number_in(0, 1), "it goes when so much more of its turns fail", "`0.02`"},
    {"hours", number_in(0.001, 10'000), "then it becomes the current version", "`24`"},
};

constexpr Key limits[] = {
    {"header_bytes", whole_in(1024, 1 << 20), "a request's header", "`8192`"},
    {"body_bytes", whole_in(1024, 1 << 28), "a request's body", "`1048576`"},
    {"upload_bytes", whole_in(1, 1 << 30), "one file", "`10485760`"},
    {"versions_kept", whole_in(1, 1000), "versions of a bot, on disk", "`20`"},
    {"uploads_per_conversation", whole_in(0, 1000), "files", "`50`"},
    {"uploads_total_bytes", whole_in(0, 1e12), "all files together", "`1073741824`"},
    {"connections_per_address", whole_in(0, 1e6),
     "open connections of one address, sockets of widgets included; 0: no limit of its own", "`0`"},
    {"connects_per_address_s", number_in(0.01, 1e6), "new ones a second of one address", "`100`"},
    {"handshake_timeout_s", number_in(0.1, 3600), "a connection's first request header", "`10`"},
    {"request_timeout_s", number_in(0.1, 3600), "a request's body", "`30`"},
    {"interpret_batch", whole_in(1, 1024), "utterances understood together", "`32`"},
    {"interpret_interval_us", number_in(0, 1e6),
     "from the beginning of one batch to the next, at least", "`1000`"},
    {"interpret_queue", whole_in(1, 1e6),
     "utterances that wait; more are not understood, and told so", "`10000`"},
    {"actions_in_flight", whole_in(1, 10'000), "HTTP actions; more wait", "`256`"},
    {"action_response_bytes", whole_in(1024, 1 << 28), "an action's answer", "`1048576`"},
    {"commit_interval_us", number_in(0, 1e6), "the same of the disk's synced writes", "`1000`"},
    {"store_queue", whole_in(1, 1e6), "batches that wait for the disk", "`20000`"},
    {"drain_grace_s", number_in(0, 3600), "for turns under way at SIGTERM", "`10`"},
    {"stats_days", whole_in(1, 3650), "that the numbers of a day are kept", "`400`"},
    {"stats_rows_per_day", whole_in(10, 100'000), "rows of a bot's numbers, of one day", "`5000`"},
    {"mood_days", whole_in(1, 3650), "that sums of how customers sound are kept", "`400`"},
    {"mood_topics_per_hour", whole_in(1, 10'000), "topics of a bot that are counted apart",
     "`200`"},
    {"alert_interval_s", number_in(0.05, 3600), "from one look at the alerts' rules to the next",
     "`60`"},
    {"alert_history", whole_in(1, 100'000), "alerts of a bot that are kept", "`1000`"},
    {"alert_delivery_h", number_in(0, 720), "that a webhook is tried; 0: once", "`24`"},
    {"handover_delivery_h", number_in(0, 720), "that a handover's webhook is tried; 0: once",
     "`24`"},
    {"connections", whole_in(1, 1e6), "sockets of widgets; 1,000 more HTTP connections are taken",
     "`16000`"},
    {"connections_per_conversation", whole_in(1, 1000), "tabs and devices", "`16`"},
    {"queued_per_conversation", whole_in(1, 1000), "messages that wait behind a turn; then `busy`",
     "`16`"},
    {"queued_total", whole_in(1, 1e6), "turns begun or waiting, in the process", "`20000`"},
    {"frames_per_connection", whole_in(8, 1e6), "frames that wait for a slow socket", "`512`"},
    {"replay_page_frames", whole_in(1, 1000), "of history, sent at a time", "`100`"},
    {"messages_per_s", number_in(0.01, 1e6), "of one conversation, over a while", "`5`"},
    {"message_burst", number_in(1, 1e6), "of one conversation, at once", "`30`"},
    {"hello_timeout_s", number_in(0.1, 3600), "a socket's first frame", "`10`"},
    {"silence_timeout_s", number_in(1, 3600), "a socket without a frame", "`75`"},
    {"evict_after_s", number_in(0, 86'400), "until an idle conversation leaves memory", "`60`"},
    {"store_timeout_s", number_in(0.1, 3600), "a write; then the store counts as failed", "`30`"},
    {"store_read_timeout_s", number_in(0.1, 3600),
     "a read; then who waits for it is told to try again", "`10`"},
    {"conversations_in_memory", whole_in(1, 1e6),
     "over it those idle longest leave early; busy ones stay", "`50000`"},
    {"interpret_timeout_s", number_in(0.1, 3600), "understanding", "`10`"},
    {"rest_timeout_s", number_in(0.1, 3600), "a turn that somebody waits for over HTTP", "`30`"},
    {"visitor_ttl_days", number_in(1, 3650), "idle days until an anonymous visitor's token expires",
     "`180`"},
    {"snapshot_every", whole_in(1, 100'000), "events between two snapshots of a conversation",
     "`50`"},
    {"frame_bytes", whole_in(1024, 16 << 20), "a WebSocket frame", "`65536`"},
    {"text_characters", whole_in(1, 1 << 20), "a message", "`4000`"},
    {"steps_per_turn", whole_in(10, 100'000), "of flows, in one turn", "`500`"},
    {"stack_depth", whole_in(2, 1000), "flows begun and not ended; as many again may wait", "`16`"},
    {"foreach_items", whole_in(1, 10'000),
     "rounds of a `foreach`; what comes behind them is left out", "`100`"},
    {"reminders", whole_in(1, 1000), "of a conversation at a time", "`20`"},
};

}  // namespace

constinit const nlu::Keys config_file_keys = {
    .id = "usher",
    .what = "usher.yml",
    .about =
        "The operator's settings. `${NAME}` and `${NAME:-default}` are put in from the "
        "environment, everywhere.",
    .own = file,
    .example = R"(listen: 127.0.0.1
port: 8080
state_folder: /var/lib/usher
allowed_origins: [https://www.shop.example]
operator_key: ${USHER_OPERATOR_KEY}
limits:
  connections: 5000
)"};
constinit const nlu::Keys rasa_api_keys = {
    .id = "rasa_api", .what = "'rasa_api'", .about = "Rasa's HTTP API.", .own = rasa_api};
constinit const nlu::Keys rollout_keys = {.id = "rollout",
                                          .what = "'rollout'",
                                          .about = "How a new version of a bot comes in.",
                                          .own = rollout};
constinit const nlu::Keys limit_keys = {
    .id = "limits", .what = "'limits'", .about = "Limits of the process.", .own = limits};

}  // namespace bot
