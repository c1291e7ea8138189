#include <cstdio>
#include <exception>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bot/commands.h"

// Read by jemalloc at the start: freed pages go back to the system after 5 s, on its own thread.
extern "C" const char* malloc_conf;
const char* malloc_conf = "background_thread:true,dirty_decay_ms:5000,muzzy_decay_ms:0";

int main(int argc, char** argv) {
  int exit_code = 0;
  CLI::App app{"Usher: chatbots for customer service"};
  app.name("usher");
  app.set_version_flag("--version", "usher " USHER_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  usher init mybot               a small bot to begin with\n"
      "  usher check mybot              everything that is wrong with it, with file and line\n"
      "  usher test mybot               plays the conversations in mybot/tests\n"
      "  usher chat mybot --explain     talk to it here, and see why it says what it says\n"
      "  usher serve mybot --demo       the same in a browser: http://localhost:8080\n"
      "\n"
      "Exit codes: 0 fine, 1 what was asked about is wrong, 2 called wrongly.");
  try {
    bot::add_init(app, exit_code);
    bot::add_check(app, exit_code);
    bot::add_train(app, exit_code);
    bot::add_eval(app, exit_code);
    bot::add_convert(app, exit_code);
    bot::add_inbox(app, exit_code);
    bot::add_explain(app, exit_code);
    bot::add_replay(app, exit_code);
    bot::add_graph(app, exit_code);
    bot::add_schema(app, exit_code);
    bot::add_stats(app, exit_code);
    bot::add_test(app, exit_code);
    bot::add_chat(app, exit_code);
    bot::add_serve(app, exit_code);
    bot::add_versions(app, exit_code);
    app.parse(argc, argv);
    return exit_code;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;  // Help and version come this way, too.
  } catch (const std::exception& error) {
    fmt::print(stderr, "usher: {}\n", error.what());
    return 1;
  }
}
