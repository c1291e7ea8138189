// The subcommands of `usher`. Each adds itself to the command line; its callback does the work and
// sets the exit code: 0 fine, 1 what was asked about is wrong, 2 called wrongly.
#pragma once

namespace CLI {
class App;
}

namespace bot {

void add_init(CLI::App& app, int& exit_code);
void add_check(CLI::App& app, int& exit_code);
void add_train(CLI::App& app, int& exit_code);
void add_eval(CLI::App& app, int& exit_code);
void add_eval_data(CLI::App& eval, int& exit_code);  // usher eval nlu, usher eval ner
void add_eval_sentiment(CLI::App& eval, int& exit_code);
void add_convert(CLI::App& app, int& exit_code);
void add_convert_bot(CLI::App& convert, int& exit_code);  // usher convert calm, usher convert rasa
void add_explain(CLI::App& app, int& exit_code);
void add_graph(CLI::App& app, int& exit_code);
void add_stats(CLI::App& app, int& exit_code);
void add_replay(CLI::App& app, int& exit_code);
void add_schema(CLI::App& app, int& exit_code);
void add_inbox(CLI::App& app, int& exit_code);
void add_test(CLI::App& app, int& exit_code);
void add_chat(CLI::App& app, int& exit_code);
void add_versions(CLI::App& app, int& exit_code);
void add_serve(CLI::App& app, int& exit_code);

}  // namespace bot
