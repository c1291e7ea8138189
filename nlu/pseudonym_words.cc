// Lists written for this: pseudonyms to take, and words that are no names.
#include <algorithm>
#include <array>
#include <set>
#include <sstream>

#include "nlu/pseudonym_parts.h"

namespace nlu::pseudonym {
namespace {

constexpr std::string_view given[] = {
    "Robin", "Alex",  "Kim",   "Sasha", "Noa",  "Jamie", "Charlie", "Morgan", "Riley", "Taylor",
    "Casey", "Quinn", "Avery", "Rowan", "Sky",  "Toni",  "Andrea",  "Nikola", "Luca",  "Mika",
    "Jona",  "Elia",  "Romy",  "Tilda", "Hugo", "Freya", "Oskar",   "Ines",   "Pablo", "Greta"};
constexpr std::string_view family[] = {
    "Birkhill", "Ashdown", "Marlowe", "Fenwick", "Lindqvist", "Talbot",  "Rosedale", "Harkin",
    "Weller",   "Brandt",  "Castell", "Dorsey",  "Eastman",   "Falkner", "Grover",   "Hollis",
    "Ibsen",    "Jarvis",  "Kessler", "Lowell",  "Mercer",    "Norwood", "Oakley",   "Prescott",
    "Rainer",   "Selby",   "Thorne",  "Vance",   "Winslow",   "Yardley"};
constexpr std::string_view town[] = {"Lakewood",  "Ashford",   "Millbrook", "Riverton",
                                     "Oakfield",  "Westbury",  "Fairview",  "Kingsley",
                                     "Newbridge", "Stonegate", "Elmswood",  "Brookside",
                                     "Hillcrest", "Thornbury", "Maplewood"};
constexpr std::string_view street[] = {"Willow",   "Chestnut", "Orchard", "Juniper", "Meadow",
                                       "Hazel",    "Poplar",   "Laurel",  "Garden",  "Bramble",
                                       "Lavender", "Sycamore", "Beech",   "Heather", "Rowan"};
constexpr std::string_view surnames[] = {
    "王", "李", "张", "刘", "陈",   "杨",   "黄",   "赵",   "吴",   "周",   "徐", "孙", "马", "朱",
    "胡", "郭", "何", "林", "罗",   "高",   "郑",   "梁",   "谢",   "宋",   "唐", "许", "韩", "冯",
    "邓", "曹", "彭", "曾", "肖",   "萧",   "田",   "董",   "袁",   "潘",   "于", "蒋", "蔡", "余",
    "杜", "叶", "程", "苏", "魏",   "吕",   "丁",   "任",   "沈",   "姚",   "卢", "姜", "崔", "钟",
    "谭", "陆", "汪", "范", "金",   "石",   "廖",   "贾",   "夏",   "韦",   "付", "傅", "方", "白",
    "邹", "孟", "熊", "秦", "邱",   "江",   "尹",   "薛",   "闫",   "段",   "雷", "侯", "龙", "史",
    "陶", "黎", "贺", "顾", "毛",   "郝",   "龚",   "邵",   "万",   "钱",   "严", "覃", "武", "戴",
    "莫", "孔", "向", "汤", "欧阳", "司马", "诸葛", "上官", "司徒", "東方", "陳", "張", "劉", "楊",
    "黃", "趙", "吳", "孫", "馬",   "鄭",   "謝",   "許"};
constexpr std::string_view given_characters[] = {"安", "晓", "宁", "文", "佳", "明", "思", "雨",
                                                 "然", "晨", "嘉", "子", "欣", "远", "乐", "清"};
constexpr std::string_view places[] = {"安平", "和顺", "永宁", "长乐", "新丰", "清河",
                                       "明月", "东林", "南湖", "西岭", "福源", "青山"};
constexpr std::string_view street_words =
    "street st road rd avenue ave lane ln drive dr court ct square sq place pl boulevard blvd "
    "terrace "
    "close crescent gardens grove hill park row walk way mews house flat apartment apt floor "
    "building "
    "unit suite box po postcode postal zip code city town village county state no number strasse "
    "straße str platz weg allee gasse rue via calle of the am an der dem den im in bei zu zur and";
constexpr std::string_view capitalised =
    "i i'm i've i'd i'll ok okay monday tuesday wednesday thursday friday saturday sunday mon tue "
    "wed "
    "thu fri sat sun january february march april may june july august september october november "
    "december jan feb mar apr jun jul aug sep sept oct nov dec christmas xmas easter hanukkah "
    "ramadan "
    "halloween valentine valentine's boxing eve year's english german french spanish italian "
    "chinese "
    "mandarin cantonese dutch polish russian turkish arabic portuguese japanese korean swedish "
    "danish "
    "norwegian finnish czech greek european british american indian irish scottish welsh england "
    "scotland wales ireland britain germany france spain italy china netherlands holland poland "
    "russia "
    "turkey portugal japan korea sweden denmark norway finland czechia greece austria switzerland "
    "belgium luxembourg hungary romania bulgaria croatia slovenia slovakia ukraine canada mexico "
    "brazil "
    "argentina australia india israel egypt europe america asia africa eu uk us usa gb paypal visa "
    "mastercard amex maestro klarna apple google amazon facebook instagram whatsapp telegram "
    "twitter "
    "youtube microsoft windows android iphone ipad mac samsung safari chrome firefox outlook gmail "
    "bluetooth wifi wi-fi internet dhl ups fedex gls hermes dpd usps mr mrs ms miss dr prof sir "
    "madam "
    "hi hello hey dear thanks thank please sorry yes no god internet tv pc cd dvd pdf vat id pin "
    "sms "
    "sim app faq q a b c d e f g h j k l m n o p r s t u v w x y z xs xl xxl";
constexpr std::string_view common =
    "a about above across after again against ago all almost alone along already also although "
    "always "
    "am among an and angry annoyed another any anybody anyone anything anyway appalled are around "
    "as "
    "ask asking at available away awful back bad be because become been before begin behind being "
    "below best better between big both bought bring broken but buy by call called calling came "
    "can "
    "cannot card care change check cheap close closed cold come complaining concerned confused "
    "could "
    "customer day days dear delighted did different disappointed disgusted do does doing done down "
    "due "
    "during each early either else email end enough even ever every everyone everything exactly "
    "expecting far fast few fine first following for free from frustrated full furious further "
    "gave "
    "get gets getting give given glad go goes going gone good got great had half happy hard has "
    "have "
    "having he hello help her here hers him his home hoping hour hours how however if ill "
    "important in "
    "inside instead interested into is it its just keep kind know large last late later least "
    "leaving "
    "left less let like likely little live living locked long looking lost lot made mad make "
    "making "
    "many may maybe me mean might mine minute missing money month months more morning most moved "
    "moving much must my myself name near need never new next nice night no nobody none nor not "
    "nothing now number of off often old on once one only open or order other our out outside over "
    "own "
    "paid parcel past pay paying perhaps person phone pissed place please pleased possible problem "
    "put quite rather ready real really reason receiving regarding ridiculous right sad said same "
    "sad "
    "satisfied saw say second see seem seen send sending sent serious shall she should sick since "
    "sir "
    "small so some somebody someone something sometimes soon sorry speaking still stop stuck such "
    "supposed sure surprised take talk talking tell terrible than thank thanks that the their them "
    "then there these they thing things think thinking third this those though through time tired "
    "to "
    "today together told tomorrow tonight too took trying tuesday twice two under unable unhappy "
    "until "
    "unsure up upset urgent us use used using very wait waiting want wanted wanting was way we "
    "week "
    "weeks well went were what when where whether which while who whole whom whose why will wish "
    "with "
    "without wondering work working worried worse worst would writing wrong year years yes "
    "yesterday "
    "yet you your yours ich bin ist das der die und nicht mit mein meine von zu";

const std::set<std::string_view>& set_of(std::string_view words) {
  static const auto cut = [](std::string_view text) {
    std::set<std::string_view> all;
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find(' ', begin), text.size());
      if (end > begin) all.insert(text.substr(begin, end - begin));
      begin = end + 1;
    }
    return all;
  };
  static const std::set<std::string_view> of_streets = cut(street_words);
  static const std::set<std::string_view> of_capitals = cut(capitalised);
  static const std::set<std::string_view> of_common = cut(common);
  if (words.data() == street_words.data()) return of_streets;
  return words.data() == capitalised.data() ? of_capitals : of_common;
}

}  // namespace

std::span<const std::string_view> given_names() { return given; }
std::span<const std::string_view> family_names() { return family; }
std::span<const std::string_view> towns() { return town; }
std::span<const std::string_view> streets() { return street; }
std::span<const std::string_view> han_surnames() { return surnames; }
std::span<const std::string_view> han_given() { return given_characters; }
std::span<const std::string_view> han_places() { return places; }

bool is_street_word(std::string_view folded) { return set_of(street_words).contains(folded); }
bool is_capitalised_word(std::string_view folded) { return set_of(capitalised).contains(folded); }
bool is_common_word(std::string_view folded) { return set_of(common).contains(folded); }

}  // namespace nlu::pseudonym
