// The benchmarks of `./dev bench`, each a subcommand of build/usher-bench. What they print goes
// into docs/performance.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace bench {

void add_echo_server(CLI::App& app);   // A bare Beast echo: what the socket alone costs.
void add_echo_load(CLI::App& app);     // Open loop against it.
void add_turn_load(CLI::App& app);     // Open loop of full durable turns against `usher serve`.
void add_idle(CLI::App& app);          // Bytes of an idle connection.
void add_synced_write(CLI::App& app);  // Bare RocksDB: what the disk alone costs.
void add_engine(CLI::App& app);        // A turn's CPU without network, disk and models.
void add_interpret(CLI::App& app);     // An utterance's CPU in the models.

// Latencies in milliseconds, taken from the intended time of each request.
struct Latencies {
  std::vector<double> all;
  // Of 0 … 1; 0 when there are none. Sorts.
  double quantile(double q);
  std::string summary();  // "p50 1.20 ms, p99 3.40 ms, p99.9 9.00 ms"
};

// Of a process, by /proc.
std::uint64_t resident_bytes(int process);
double cpu_seconds(int process);

}  // namespace bench
