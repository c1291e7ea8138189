// `usher init DIR`: a small bot that is complete, so that every command works on it at once.
#include <filesystem>
#include <fstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bot/commands.h"

namespace bot {

namespace {

namespace fs = std::filesystem;

struct StarterFile {
  const char* name;
  const char* text;
};

constexpr StarterFile starter[] = {
    {"bot.yml", R"yaml(title: My bot
language: en

# Your own system, which the http steps call. backend.yml stands in for it in tests, in `usher chat` and for
# `usher serve --demo`.
backend:
  url: ${BACKEND_URL:-http://127.0.0.1:9000}

understanding:
  affirm: affirm
  deny: deny
  cancel: cancel
  handover: talk_to_person
)yaml"},
    {"domain.yml", R"yaml(slots:
  table_date:
    type: text
    mappings:
      - type: from_entity
        entity: date
  guests:
    type: float
    mappings:
      - type: from_entity
        entity: number
  booking_confirmed:
    type: bool
  booking_id:
    type: text

responses:
  utter_ask_table_date:
    - text: For which day would you like the table?
  utter_ask_guests:
    - text: For how many people?
  utter_too_many_guests:
    - text: We have room for at most 12 people. How many will you be?
  utter_confirm_booking:
    - text: A table for {guests} on {table_date}. Shall I book it?
      quick_replies:
        - title: "Yes"
          payload: /affirm
        - title: "No"
          payload: /deny
  utter_booked:
    - text: Your table is booked. Your booking number is {booking_id}.
  utter_not_booked:
    - text: All right, I have booked nothing.
  utter_backend_is_down:
    - text: I cannot reach our booking system just now. Please try again later.
  utter_opening_hours:
    - text: We are open from Tuesday to Sunday, noon to midnight.
  utter_greet:
    - text: Hello! I can book a table for you or tell you when we are open.
)yaml"},
    {"flows/book_table.yml", R"yaml(flows:
  book_table:
    name: book a table
    description: The customer wants to reserve a table
    nlu_trigger:
      - intent: book_table
    steps:
      - collect: table_date
        type: date
      - collect: guests
        type: number
        min: 1
        rejections:
          - if: slots.guests > 12
            utter: too_many_guests
      - collect: booking_confirmed
        type: confirmation
        utter: confirm_booking
        next:
          - if: slots.booking_confirmed
            then: book
          - else:
              - say: not_booked
                next: END
      - id: book
        http:
          post: /bookings
          json: {date: "{table_date}", guests: "{guests}"}
          idempotent: true
          retries: 2
          result: {booking_id: $.id}
          on_error: down
      - say: booked
        next: END
      - id: down
        say: backend_is_down
)yaml"},
    {"flows/answers.yml", R"yaml(flows:
  opening_hours:
    name: opening hours
    description: The customer asks when the restaurant is open
    steps:
      - say: opening_hours
  greet:
    name: greeting
    description: The customer says hello
    run_pattern_completed: false
    steps:
      - say: greet
  talk_to_person:
    name: talk to a person
    description: The customer wants a human being
    steps:
      - link: pattern_human_handoff
)yaml"},
    {"nlu/examples.yml", R"yaml(version: "3.1"

nlu:
  - intent: book_table
    examples: |
      - I would like to book a table
      - can I reserve a table for four people
      - table for two please
      - do you have a free table on Friday
      - book me a table for tomorrow evening
      - I want to make a reservation
      - we would like to come for dinner on Saturday
      - is there room for six of us tonight
      - reserve something for my family on Sunday
      - a booking for 5 persons please
  - intent: opening_hours
    examples: |
      - when are you open
      - what are your opening hours
      - are you open on Mondays
      - how late is the kitchen open
      - what time do you close today
      - do you serve lunch on Sunday
      - is the restaurant open at noon
      - until when can I come in the evening
  - intent: greet
    examples: |
      - hello
      - hi there
      - good morning
      - hey
      - good evening
      - hello, is anyone there
  - intent: affirm
    examples: |
      - yes
      - yes please
      - sure
      - that is right
      - of course
      - yep, go ahead
  - intent: deny
    examples: |
      - no
      - no thanks
      - not really
      - that is wrong
      - nope
      - rather not
  - intent: cancel
    examples: |
      - cancel
      - stop
      - forget it
      - never mind
      - I changed my mind, leave it
      - stop this please
  - intent: talk_to_person
    examples: |
      - I want to talk to a person
      - can I speak to someone
      - give me a human
      - is there a real person here
      - connect me with your staff
      - I would rather call somebody
  - intent: out_of_scope
    examples: |
      - what is the weather like
      - tell me a joke
      - who won the match
      - how do I fix my car
      - what is the meaning of life
      - play some music
      - my laptop does not start
      - how tall is that mountain
)yaml"},
    {"backend.yml",
     R"yaml(# Stands in for your own system in `usher test`, `usher chat` and `usher serve --demo`.
- when: {post: /bookings}
  reply: {status: 201, delay_ms: 40, json: {id: B-1042}}
)yaml"},
    {"tests/customer_books_a_table.yml", R"yaml(- customer: I would like to book a table
  commands: [{start_flow: book_table}]
  bot: ask_table_date
- customer: on 24 December
  commands: [{set_slot: {table_date: "2026-12-24"}}]
  bot: ask_guests
- customer: four of us
  commands: [{set_slot: {guests: 4}}]
  bot: confirm_booking
- customer: yes please
  commands: [{set_slot: {booking_confirmed: true}}]
  bot: [booked, completed]
)yaml"},
    {"tests/customer_asks_when_we_are_open.yml", R"yaml(- customer: when are you open
  bot: [opening_hours, completed]
)yaml"}};

bool write(const fs::path& path, const char* text) {
  std::error_code failure;
  fs::create_directories(path.parent_path(), failure);
  std::ofstream stream(path, std::ios::binary);
  stream << text;
  return stream.flush().good();
}

int init(const std::string& folder) {
  std::error_code failure;
  if (fs::exists(folder, failure) &&
      (!fs::is_directory(folder, failure) || !fs::is_empty(folder, failure))) {
    fmt::print(stderr, "usher init: {} is not empty; name a new folder\n", folder);
    return 2;
  }
  for (const StarterFile& file : starter) {
    const fs::path path = fs::path(folder) / file.name;
    if (!write(path, file.text)) {
      fmt::print(stderr, "usher init: {} cannot be written\n", path.string());
      return 1;
    }
    fmt::print("  {}\n", path.string());
  }
  fmt::print("Next: usher check {0} && usher train {0} && usher test {0}, then usher chat {0}\n",
             folder);
  return 0;
}

}  // namespace

void add_init(CLI::App& app, int& exit_code) {
  auto folder = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("init", "Write a small, complete bot to begin with");
  command->footer(
      "Example: usher init my-bot\nExit code: 0 written, 1 cannot write, 2 called wrongly.");
  command->add_option("DIR", *folder, "A new or empty folder")->required();
  command->callback([folder, &exit_code] { exit_code = init(*folder); });
}

}  // namespace bot
