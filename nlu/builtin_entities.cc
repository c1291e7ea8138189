#include "nlu/builtin_entities.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "nlu/builtin_scan.h"

namespace nlu {
namespace {

constexpr std::size_t entity_limit = 64;
constexpr std::size_t text_bytes = 64 << 10;  // Longer texts are read to here.

bool overlaps(const std::vector<Found>& taken, const Found& one) {
  return std::any_of(taken.begin(), taken.end(), [&](const Found& other) {
    return one.begin < other.end && other.begin < one.end;
  });
}

bool is_local_character(char c) {
  return is_ascii_letter(c) || is_ascii_digit(c) || c == '.' || c == '_' || c == '%' || c == '+' ||
         c == '-';
}

bool is_domain_character(char c) {
  return is_ascii_letter(c) || is_ascii_digit(c) || c == '.' || c == '-';
}

// Labels with a dot between them, the last of at least two letters.
bool is_domain(std::string_view domain) {
  const std::size_t dot = domain.rfind('.');
  if (dot == domain.npos || domain.size() - dot < 3 || domain.front() == '.') return false;
  if (domain.find("..") != domain.npos || domain.front() == '-') return false;
  return std::all_of(domain.begin() + static_cast<std::ptrdiff_t>(dot) + 1, domain.end(),
                     is_ascii_letter);
}

std::vector<Found> find_emails(const ScanText& text) {
  constexpr std::size_t local_limit = 64;
  constexpr std::size_t domain_limit = 253;
  std::vector<Found> found;
  for (std::size_t at = text.lower().find('@'); at != std::string::npos;
       at = text.lower().find('@', at + 1)) {
    std::size_t begin = at;
    while (begin > 0 && at - begin <= local_limit && is_local_character(text.at(begin - 1)))
      --begin;
    std::size_t end = at + 1;
    while (end - at <= domain_limit && is_domain_character(text.at(end))) ++end;
    while (end > at + 1 && (text.at(end - 1) == '.' || text.at(end - 1) == '-')) --end;
    while (begin < at && text.at(begin) == '.') ++begin;
    const std::string_view domain = std::string_view(text.lower()).substr(at + 1, end - at - 1);
    const std::string_view local = text.original().substr(begin, at - begin);
    if (local.empty() || local.size() > local_limit || local.back() == '.' || domain.empty() ||
        local.find("..") != local.npos || !is_domain(domain)) {
      continue;
    }
    found.push_back({begin, end, std::string(local) + "@" + std::string(domain)});
  }
  return found;
}

std::vector<Found> find_urls(const ScanText& text) {
  std::vector<Found> found;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((text.at(i) != 'h' && text.at(i) != 'w') || !text.is_boundary(i)) continue;
    const bool bare = text.has(i, "www.");
    if (!bare && !text.has(i, "http://") && !text.has(i, "https://")) continue;
    std::size_t end = i;
    while (end < text.size() && text.at(end) > ' ' && text.at(end) != '<' && text.at(end) != '>' &&
           text.at(end) != '"' && text.at(end) != 0x7F) {
      ++end;  // Bytes over 0x7F are negative, thus end it, too.
    }
    while (end > i &&
           std::string_view(".,;:!?)]}'").find(text.at(end - 1)) != std::string_view::npos) {
      --end;
    }
    const std::string_view url = text.original().substr(i, end - i);
    const std::size_t host = bare ? 4 : url.find("//") + 2;
    if (url.size() <= host + 2) continue;
    found.push_back({i, end, (bare ? "https://" : "") + std::string(url)});
    i = end;
  }
  return found;
}

// What digits with this punctuation between them are as a phone number; "" when they are none.
std::string phone_value(const std::string& digits, bool plus, bool separated, bool eager) {
  if (plus) return digits.size() >= 7 && digits.size() <= 15 ? "+" + digits : "";
  if (digits.compare(0, 2, "00") == 0) {
    return digits.size() >= 9 && digits.size() <= 17 ? "+" + digits.substr(2) : "";
  }
  if (digits.size() > 15) return "";
  const bool chinese_mobile =
      digits.size() == 11 && digits[0] == '1' && digits[1] >= '3' && digits[1] <= '9';
  const bool trunk = digits[0] == '0' && digits.size() >= 9;
  const bool american = separated && digits.size() == 10;
  if (chinese_mobile || trunk || american || (eager && digits.size() >= 6)) return digits;
  return "";
}

std::vector<Found> find_phones(const ScanText& text, bool eager) {
  std::vector<Found> found;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text.at(i);
    const bool begins = c == '+' ||
                        (c == '(' && (is_ascii_digit(text.at(i + 1)) || text.at(i + 1) == '+')) ||
                        (is_ascii_digit(c) && text.is_boundary(i));
    if (!begins) {
      ++i;
      continue;
    }
    std::string digits;
    bool plus = false;
    bool separated = false;
    std::size_t end = i;
    std::size_t at = i;
    int gap = 0;
    for (; at < text.size() && gap <= 2; ++at) {
      const char here = text.at(at);
      if (is_ascii_digit(here)) {
        separated = separated || (gap > 0 && !digits.empty());
        digits += here;
        end = at + 1;
        gap = 0;
      } else if (here == '+' && digits.empty() && !plus) {
        plus = true;
      } else if (here == ' ' || here == '-' || here == '/' || here == '.' || here == '(' ||
                 here == ')') {
        ++gap;
      } else {
        break;
      }
    }
    const bool whole = text.is_boundary(end) && digits.size() <= 17 && !digits.empty();
    std::string value = whole ? phone_value(digits, plus, separated, eager) : "";
    if (!value.empty()) found.push_back({i, end, std::move(value)});
    i = std::max(end, i + 1);
  }
  return found;
}

struct Currency {
  std::string_view word;
  std::string_view code;
};

constexpr std::array<Currency, 9> symbols{{{"$", "USD"},
                                           {"€", "EUR"},
                                           {"£", "GBP"},
                                           {"¥", "CNY"},
                                           {"￥", "CNY"},
                                           {"元", "CNY"},
                                           {"块", "CNY"},
                                           {"₹", "INR"},
                                           {"人民币", "CNY"}}};

constexpr std::array<Currency, 23> currency_words{
    {{"eur", "EUR"},     {"euro", "EUR"},  {"euros", "EUR"},  {"usd", "USD"},     {"dollar", "USD"},
     {"dollars", "USD"}, {"bucks", "USD"}, {"gbp", "GBP"},    {"pound", "GBP"},   {"pounds", "GBP"},
     {"quid", "GBP"},    {"cny", "CNY"},   {"rmb", "CNY"},    {"yuan", "CNY"},    {"jpy", "JPY"},
     {"yen", "JPY"},     {"chf", "CHF"},   {"francs", "CHF"}, {"franken", "CHF"}, {"inr", "INR"},
     {"rupees", "INR"},  {"cad", "CAD"},   {"aud", "AUD"}}};

std::optional<Currency> currency_after(const ScanText& text, std::size_t i) {
  for (const Currency& symbol : symbols) {
    if (text.has(i, symbol.word)) return symbol;
  }
  std::string_view word = text.word_at(i);
  if (word.empty() && is_ascii_letter(text.at(i))) {  // "20eur": no boundary is between them.
    std::size_t end = i;
    while (is_ascii_letter(text.at(end))) ++end;
    word = std::string_view(text.lower()).substr(i, end - i);
  }
  for (const Currency& currency : currency_words) {
    if (currency.word == word) return currency;
  }
  return std::nullopt;
}

std::optional<Currency> currency_before(const ScanText& text, std::size_t end) {
  for (const Currency& symbol : symbols) {
    if (end >= symbol.word.size() && text.has(end - symbol.word.size(), symbol.word)) return symbol;
  }
  for (const Currency& currency : currency_words) {
    const std::size_t size = currency.word.size();
    if (size == 3 && end >= size && text.word_at(end - size) == currency.word) return currency;
  }
  return std::nullopt;
}

// Two decimals, if any; "1.234" is a thousand: no price has three.
std::string amount(std::string value, bool maybe_grouped) {
  const std::size_t dot = value.find('.');
  if (dot == std::string::npos) return value;
  if (maybe_grouped) return value.erase(dot, 1);
  if (value.size() - dot == 2) value += '0';
  return value;
}

// All amounts in digits and words, those after a letter ("EUR20") too.
std::vector<Found> find_amounts(const ScanText& text) {
  std::vector<Found> found = find_numbers(text, true);
  for (Found& number : found) {
    if (const auto digits = read_digits(text, number.begin); digits && digits->end == number.end) {
      number.value = amount(digits->value, digits->maybe_grouped);
    }
  }
  for (std::size_t i = 0; i < text.size(); ++i) {  // Glued to their currency: "20eur", "EUR20".
    if (!is_ascii_digit(text.at(i))) continue;
    const auto digits = read_digits(text, i);
    std::size_t end = i;
    while (is_ascii_digit(text.at(end)) || text.at(end) == '.' || text.at(end) == ',') ++end;
    const bool glued = digits && (!text.is_boundary(i) || !text.is_boundary(digits->end));
    if (glued) found.push_back({i, digits->end, amount(digits->value, digits->maybe_grouped)});
    i = std::max(end, i + 1) - 1;
  }
  std::sort(found.begin(), found.end(),
            [](const Found& a, const Found& b) { return a.begin < b.begin; });
  return found;
}

std::vector<Found> find_money(const ScanText& text) {
  std::vector<Found> found;
  for (const Found& number : find_amounts(text)) {
    std::size_t begin = number.begin;
    while (begin > 0 && number.begin - begin < 2 && text.at(begin - 1) == ' ') --begin;
    const std::size_t after = text.skip_spaces(number.end);
    Found money = number;
    if (const auto currency = currency_after(text, after)) {
      money.end = after + currency->word.size();
      money.value += " " + std::string(currency->code);
    } else if (const auto before = currency_before(text, begin)) {
      money.begin = begin - before->word.size();
      money.value += " " + std::string(before->code);
    } else {
      continue;
    }
    if (!overlaps(found, money)) found.push_back(std::move(money));
  }
  return found;
}

void add(std::string_view type, const std::vector<Found>& found, std::vector<Found>& taken,
         std::vector<Entity>& entities) {
  for (const Found& one : found) {
    if (taken.size() >= entity_limit) return;
    if (overlaps(taken, one)) continue;
    taken.push_back(one);
    Entity& entity = entities.emplace_back();
    entity.type = type;
    entity.span = {one.begin, one.end};
    entity.value = one.value;
    entity.source = "builtin";
  }
}

// The only value among those found; nullopt when they differ.
std::optional<std::string> only(const std::vector<Found>& found) {
  if (found.empty()) return std::nullopt;
  for (const Found& one : found) {
    if (one.value != found[0].value) return std::nullopt;
  }
  return found[0].value;
}

std::optional<std::string> only_url(const ScanText& text) {
  const std::vector<Found> urls = find_urls(text);
  if (!urls.empty()) return only(urls);
  const std::size_t begin = text.skip_spaces(0);
  std::size_t end = text.size();
  while (end > begin && text.at(end - 1) == ' ') --end;
  const std::string_view whole = text.original().substr(begin, end - begin);
  const std::string_view host = whole.substr(0, whole.find('/'));
  if (host.empty() || whole.find_first_of(" @<>\"") != whole.npos || !is_domain(host))
    return std::nullopt;
  if (!std::all_of(host.begin(), host.end(), is_domain_character)) return std::nullopt;
  return "https://" + std::string(whole);
}

}  // namespace

void find_builtin_entities(const Utterance& utterance, std::vector<Entity>& entities) {
  const ScanText text(std::string_view(utterance.text).substr(0, text_bytes));
  const auto first = static_cast<std::ptrdiff_t>(entities.size());
  std::vector<Found> taken;
  add("url", find_urls(text), taken, entities);
  add("email", find_emails(text), taken, entities);
  add("iban", find_ibans(text), taken, entities);
  add("card", find_cards(text), taken, entities);
  const std::vector<Found> dates = find_dates(text, utterance.today, false);
  const std::vector<Found> times = find_times(text);
  add("date", dates, taken, entities);
  add("time", times, taken, entities);
  // What measures has its number as well; "in 3 days" is a date and no duration.
  std::vector<Found> measured = taken, spans;
  add("percentage", find_percentages(text), measured, entities);
  add("duration", find_durations(text), measured, entities);
  add("quantity", find_quantities(text), measured, entities);
  add("ordinal", find_ordinals(text), measured, entities);
  add("interval", find_intervals(text, dates, times), spans, entities);
  add("money", find_money(text), taken, entities);
  add("phone", find_phones(text, false), taken, entities);
  add("number", find_numbers(text, false), taken, entities);
  std::sort(entities.begin() + first, entities.end(),
            [](const Entity& a, const Entity& b) { return a.span.begin < b.span.begin; });
}

std::optional<std::string> parse_value(std::string_view type, std::string_view said,
                                       std::string_view today) {
  const ScanText text(said.substr(0, text_bytes));
  if (type == "email") return only(find_emails(text));
  if (type == "url") return only_url(text);
  if (type == "date") return only(find_dates(text, today, true));
  if (type == "phone") return only(find_phones(text, true));
  if (type == "time") return only(find_times(text));
  if (type == "duration") return only(find_durations(text));
  if (type == "quantity") return only(find_quantities(text));
  if (type == "percentage") return only(find_percentages(text));
  if (type == "ordinal") return only(find_ordinals(text));
  if (type == "card") return only(find_cards(text));
  if (type == "iban") return only(find_ibans(text));
  if (type == "interval") {
    return only(find_intervals(text, find_dates(text, today, true), find_times(text)));
  }
  std::vector<Found> numbers = type == "money" ? find_money(text) : std::vector<Found>{};
  if (type == "money" && numbers.empty()) numbers = find_amounts(text);
  if (type == "number") numbers = find_numbers(text, true);
  // "the second one, 21": a lone "one" beside another number is a pronoun.
  if (numbers.size() > 1) {
    numbers.erase(std::remove_if(numbers.begin(), numbers.end(),
                                 [&](const Found& n) {
                                   return n.end - n.begin == 3 && text.has(n.begin, "one");
                                 }),
                  numbers.end());
  }
  return only(numbers);
}

}  // namespace nlu
