#include <iostream>

#include <CLI/CLI.hpp>

#include "bench/bench.h"

int main(int argc, char** argv) {
  CLI::App app{"Usher's benchmarks; ./dev bench runs them all", "usher-bench"};
  app.require_subcommand(1);
  bench::add_echo_server(app);
  bench::add_echo_load(app);
  bench::add_turn_load(app);
  bench::add_idle(app);
  bench::add_synced_write(app);
  bench::add_engine(app);
  bench::add_interpret(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::RuntimeError& failure) {  // A benchmark's own, which CLI11 would keep quiet.
    std::cerr << "usher-bench: " << failure.what() << '\n';
    return failure.get_exit_code();
  } catch (const CLI::ParseError& wrong) {
    return app.exit(wrong);
  }
}
