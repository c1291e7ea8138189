#include "nlu/torch/tone_words.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "nlu/torch/features.h"
#include "nlu/torch/hashing.h"

namespace nlu {
namespace {

struct Group {
  Colour colour;
  std::string_view words;  // '_' joins words in a row. The first group that has a word keeps it.
};

// Part of tone_version. Marks stand beside words, since split_words() tells them apart, too.
constexpr Group groups[] = {
    {Colour::very_good,
     "amazing awesome brilliant excellent exceptional exceptionally exquisite extraordinary "
     "fabulous fantastic flawless flawlessly gorgeous immaculate impeccable incredible "
     "magnificent marvellous marvelous masterpiece outstanding perfect perfection perfectly "
     "phenomenal remarkable sensational spectacular splendid stellar stunning sublime superb "
     "superbly superior terrific thrilled unbeatable wonderful wonderfully love loved loving adore "
     "delighted ecstatic overjoyed best top_notch first_class world_class five_star 5_star "
     "highly_recommend blown_away could_not_be_happier over_the_moon second_to_none "
     "could_not_ask_for can_not_thank record_high all_time_high life_saver lifesaver 😍 ❤ 💕 "
     "🥰 "
     "🎉 非常满意 十分满意 很满意 特别满意 超级好 超级棒 超好吃 超赞 太棒了 太好了 太赞了 太好吃了 "
     "棒极了 好极了 "
     "完美 绝了 一流 顶级 极好 极佳 爱死了 无可挑剔 五星 满分 强烈推荐 力荐 出色 卓越 惊艳 惊喜 "
     "物超所值 "
     "超值 赞不绝口 没得说 没话说 创新高 历史新高 大涨 飙升 暴涨"},
    {Colour::very_bad,
     "abysmal abominable appalling atrocious awful awfully despicable detest detestable "
     "diabolical disaster disastrous disgrace disgraceful disgust disgusted disgusting dreadful "
     "fraud fraudulent fraudster furious garbage ghastly hate hated hateful hideous horrendous "
     "horrible horribly horrid horrific infuriated infuriating livid ludicrous nightmare outrage "
     "outraged outrageous pathetic rip_off ripoff ripped_off robbery scam scammed scammer "
     "scamming scandal scandalous shambles shit shitty shocking sickening terrible terribly "
     "thief thieves theft trash unacceptable unbearable unforgivable useless vile worst "
     "worthless crap crappy bullshit joke_of waste_of wasted absolute_joke complete_joke "
     "never_again never_ever_again fed_up sick_of sick_and_tired last_straw rubbish "
     "beyond_a_joke bankrupt bankruptcy insolvent insolvency collapse collapsed catastrophe "
     "catastrophic 😡 🤬 🤮 👎 垃圾 太差 太差了 差劲 极差 很差 非常差 "
     "超级差 "
     "差极了 "
     "差到 "
     "最差 "
     "恶心 恶劣 骗子 骗人 "
     "欺骗 欺诈 诈骗 坑人 坑爹 被坑 太坑 黑心 黑店 无耻 可恶 该死 气死 气死我了 气愤 愤怒 忍无可忍 "
     "岂有此理 "
     "糟透了 糟糕 烂透了 太烂 很烂 真烂 难吃死了 太难吃 太难吃了 超难吃 巨难吃 难以下咽 吃吐 想吐 "
     "呕吐 拉肚子 变质 馊 馊了 发霉 "
     "苍蝇 蟑螂 虫子 再也不 再也不会 不会再 绝不再 永远不会 永不 不能忍 无法接受 不可接受 受不了 "
     "忍受不了 投诉到底 "
     "差评 给差评 必须差评 零分 负分 最后一次 倒闭 破产 崩溃 暴跌 大跌 巨亏 暴雷 爆雷 欠薪 跑路"},
    {Colour::good,
     "accurate accurately adorable affordable agreeable appreciate appreciated appreciation "
     "appreciative attentive attractive award awarded beautiful beautifully beneficial benefit "
     "better blessed bonus bravo breakthrough bright calm careful carefully caring celebrate "
     "charming cheerful cheers classy clean clear clearly clever comfortable comfy commendable "
     "compliment confident congratulations considerate convenient conveniently cool correct "
     "courteous cosy cozy cute decent delicious dependable durable ease easy easily effective "
     "efficient efficiently effortless elegant enjoy enjoyable enjoyed enthusiastic excited "
     "exciting expert fair fairly fast faster fastest favourite favorite fine fortunate fresh "
     "friendly fun generous genuine genuinely gladly glad glowing good graceful gracious grateful "
     "great greatly handy happily happy harmless healthy heartfelt helped helpful helpfully honest "
     "honestly impress impressed impressive improved improvement improve intuitive joy kind "
     "kindly kindness lovely loyal lucky luxurious merry neat nice nicely nifty optimistic patient "
     "patience pleasant pleasantly pleased pleasing pleasure polite politely positive positively "
     "praise premium prompt promptly proud quality quick quicker quickest quickly "
     "reasonable reassured reassuring recommend recommended refreshing relaxed reliable relieved "
     "resolved responsive rewarding right robust safe safely satisfaction satisfactory satisfied "
     "satisfying seamless seamlessly secure simple skilled skilful sleek smart smile smiling "
     "smooth smoothly smoother soft solid solved sorted speedy spotless stable sturdy stylish "
     "succeed success successful successfully sunny supportive sweet swift swiftly tasty thank "
     "thankful thanks thoughtful thx tidy timely trust trusted trustworthy upbeat useful "
     "user_friendly valuable warm well well_made well_done well_packed winner win won wise "
     "worked worth worthwhile yummy value_for_money good_value on_time in_time ahead_of_schedule "
     "as_described as_promised as_expected thumbs_up spot_on hats_off keep_it_up no_problem "
     "no_problems no_issue no_issues no_complaints without_any_problem problem_free hassle_free "
     "works_fine works_great works_well works_again looking_forward came_early arrived_early "
     "made_my_day "
     "outperform outperformed outpace exceed exceeded profitable profitability expand expanded "
     "expansion upgrade upgraded approve approved approval favourable favorable rally rallied "
     "rebound rebounded recover recovered recovery strong stronger strongest strongly strength "
     "strengthen strengthened boost boosted gain gained advance milestone partnership synergy "
     "innovative innovation robustly accelerate accelerated competitive leading enhance enhanced "
     "enhances enable enables optimize streamline acclaimed lucrative solidly upturn thrive "
     "thriving flourish flourishing beat_expectations above_expectations "
     "👍 😊 🙂 😀 😁 😄 😃 🙏 💯 👏 😉 👌 :_) :_-_) :_d "
     "好 好的 好吃 美味 可口 喜欢 满意 不错 挺好 很好 真好 蛮好 还好 最好 好评 点赞 赞 棒 很棒 "
     "真棒 给力 靠谱 贴心 周到 "
     "细心 耐心 热情 礼貌 客气 友好 友善 亲切 和气 热心 用心 负责 专业 认真 及时 准时 准点 提前 "
     "迅速 快速 很快 超快 真快 神速 快捷 快 "
     "便捷 方便 省心 省事 放心 安心 舒服 舒适 舒心 开心 高兴 愉快 幸福 感动 感谢 谢谢 多谢 感激 "
     "辛苦了 干净 整洁 卫生 新鲜 香 很香 "
     "入味 酥脆 嫩 鲜 鲜美 分量足 量足 量大 足量 份量足 实惠 便宜 划算 优惠 值得 值 物美价廉 "
     "性价比高 推荐 支持 回购 再来 还会再来 "
     "下次再来 会再 会回购 漂亮 好看 美观 精致 精美 高档 大方 合适 合身 正好 适合 完好 结实 牢固 "
     "耐用 质量好 优质 优秀 优良 良好 顺利 顺畅 "
     "流畅 成功 解决 搞定 有用 有效 管用 有帮助 帮大忙 称心 如意 喜爱 喜人 欣喜 稳定 可靠 信任 "
     "信赖 诚信 诚实 公道 合理 一如既往 "
     "没问题 没毛病 不贵 不油腻 不腻 到位 丰富 丰盛 热乎 热乎乎 温馨 良心 利好 盈利 改善 提升 向好 "
     "回暖 复苏 获奖 荣获 领先 突破 "
     "超预期 好于预期 扭亏为盈 扭亏 强劲 稳健 稳步 攀升 达成合作 中标 签约 获批 赞扬 表扬 好棒 "
     "可以"},
    {Colour::bad,
     "abandon abandoned abuse abusive accident ache aggressive alarming alas allegation angrily "
     "anger angry annoy annoyed annoying annoyance anxious apathetic arrogant ashamed atrociously "
     "awkward bad badly betray betrayed bitter blame blamed blaming blunder bland bored boring "
     "bother bothered bothersome broke broken bug buggy bugs bump burned burnt careless carelessly "
     "chaos chaotic cheap_quality cheat cheated cheating clueless clumsy complain complained "
     "complaining concern concerned condescending confused confusing confusion contaminated "
     "corrupt cracked cramped crash crashed crashes crashing crooked cruel cruelty cry crying "
     "damage damaged damages danger dangerous dead deceitful deceive deceived deceptive defect "
     "defective defects deficient deny denied depressing deteriorate deteriorated devastated die "
     "died difficult difficulty dirty disappoint disappointed disappointing disappointment "
     "disconnected dishonest dislike disliked dismiss dismissive displeased disregard "
     "disrespectful dissatisfied dissatisfaction distress distressed disturbed dodgy doubt "
     "doubtful dull dusty error errors exhausted exhausting expired fail failed failing fails "
     "failure fake false fault faulty fear filthy flaw flawed flaws flimsy forced forgot forgotten "
     "fragile freaking frustrate frustrated frustrating frustration glitch glitches grim gross "
     "grumpy guilty harass harassed harm harmful harsh hassle headache heartbroken hopeless "
     "hostile "
     "hurt idiot idiots idiotic ignorant ignore ignored ignoring ill impatient impolite "
     "impossible inaccurate inadequate incompetence incompetent incomplete inconsiderate "
     "inconvenience inconvenient incorrect indifferent ineffective inefficient inept inferior "
     "insane insecure insult insulted insulting irresponsible irritate irritated irritating jammed "
     "lame late lacking lacks laggy laughable lazy leak leaked leaking leaks lie lied lies lying "
     "liar liars lose loses losing lost mad messy mess messed mishandled misleading mislead misled "
     "missed missing mistake mistaken mistakes mistreated moron negative neglect neglected "
     "negligent nasty noisy nonsense obnoxious odd offended offensive overcharge overcharged "
     "overcooked overdue overpriced pain painful panic patronising poor poorly pointless poisoned "
     "powerless problem problematic problems quit rage refuse refused refuses refusing regret "
     "regrettable reject rejected ridiculous rotten rude rudely rudeness ruin ruined sad sadly "
     "scared scratched scratches screwed severe shabby shady shame shameful shattered shoddy "
     "shocked sick silly sketchy sloppy slow slower slowest slowly smashed smell smelled smells "
     "smelly snail sorry spoiled spoilt stain stained stains stale stink stinks stolen strange "
     "stranded stress stressed stressful struggle struggled struggling stubborn stuck stupid sucks "
     "suck suffer suffered suffering suspicious tasteless tear terrified threat threaten "
     "threatened tired torn torture tragic trouble troubled troubles troubling ugly unable "
     "unanswered unauthorised unauthorized uncomfortable undelivered underwhelmed underwhelming "
     "unfair unfairly unfortunate unfortunately unfriendly unhappy unhelpful unhygienic uninformed "
     "unjust unkind unpleasant unprofessional unreachable unreasonable unreliable unresolved "
     "unresponsive unsafe unsatisfactory unsatisfied unsuitable untrue untrustworthy unusable "
     "unwilling upset upsetting vague victim violate violation vulnerable weak weird wonky worn "
     "worried worry worrying worse worsen worsened wrong wrongly "
     "let_down letting_me_down let_me_down lets_down too_long too_slow too_small too_big too_late "
     "too_expensive too_salty took_forever takes_forever taking_forever takes_ages took_ages "
     "for_ages no_one_answers nobody_answers no_answer no_reply no_response no_help no_use "
     "still_waiting still_no still_nothing still_not yet_again once_again what_a_joke "
     "not_good_enough not_what_i_ordered not_as_described not_working not_work does_not_work "
     "did_not_work "
     "stopped_working fell_apart falling_apart came_off out_of_order hung_up hang_up "
     "hung_up_on cut_off no_longer run_around given_up gave_up giving_up money_back my_money_back "
     "never_arrived never_came never_received not_received not_arrived not_happy not_impressed "
     "had_enough at_fault in_vain no_sense under_cooked twice_charged charged_twice double_charged "
     "warning warn warned lawsuit sue sued suing penalty fine_of fined layoff layoffs lay_off "
     "laid_off lay_offs dismissals redundancy redundancies job_cuts job_losses shutdown "
     "shut_down closure downturn downgrade downgraded recession bearish deficit default slump "
     "slumped sluggish soft_demand weaken weakened weakening weakness weaker underperform "
     "miss_expectations below_expectations profit_warning write_down writedown impairment "
     "suspend suspended halt halted strike recall recalled probe investigation dispute "
     "adverse adversely negatively "
     "😞 😠 😢 😭 😩 😤 😒 🙁 ☹ 💔 😣 😫 :_( :_-_( "
     "差 烂 坏 坏了 坏的 破 破了 破损 损坏 碎了 裂 裂了 裂开 漏 漏了 洒 洒了 撒了 脏 臭 难闻 异味 "
     "刺鼻 难吃 不好吃 难喝 难看 难用 难受 难过 "
     "慢 太慢 很慢 巨慢 超慢 慢死了 迟到 超时 晚点 延迟 延误 拖延 拖拉 迟迟 等了 久等 太久 好久 "
     "很久 半天 凉 凉了 冷了 冰凉 凉透 冷掉 "
     "生气 恼火 火大 无语 失望 不满 不满意 不爽 郁闷 烦 烦人 烦死 讨厌 厌烦 心烦 心累 心寒 寒心 "
     "伤心 后悔 可惜 遗憾 担心 担忧 焦虑 "
     "投诉 举报 维权 索赔 退款 退钱 赔偿 抱怨 态度差 没礼貌 不礼貌 无礼 傲慢 敷衍 推卸 推脱 推诿 "
     "踢皮球 不负责 不耐烦 不理 不理人 没人理 "
     "没人管 没人接 打不通 联系不上 找不到人 不回复 没回复 不回 骂人 吼 凶 冷漠 冷淡 不专业 不靠谱 "
     "不给力 不行 不好 不怎么样 不咋地 "
     "不咋样 不值 不新鲜 不卫生 不干净 不方便 不合适 不合理 不舒服 不划算 不推荐 不建议 不喜欢 "
     "不高兴 不开心 不符 不一样 不够 不够吃 "
     "没用 没味道 没味 无味 没熟 夹生 没有了 没送 没收到 收不到 没到 没发 少了 少送 漏送 送错 发错 "
     "弄错 搞错 错了 错误 缺少 缺 漏发 "
     "贵 太贵 好贵 偏贵 贵了 太少 好少 量少 量太少 分量少 偏少 太小 太咸 太油 油腻 太腻 太硬 硬 "
     "老了 柴 腥 苦 糊了 焦了 咸 "
     "一般 一般般 马马虎虎 凑合 勉强 将就 普通 问题 毛病 故障 瑕疵 缺陷 质量差 劣质 假货 假的 假冒 "
     "山寨 次品 残次 掉色 褪色 起球 缩水 开线 "
     "变形 生锈 失灵 死机 卡顿 闪退 用不了 不能用 打不开 登不上 失败 异常 错乱 混乱 乱 乱收费 多收 "
     "扣费 扣钱 重复扣款 虚假 忽悠 上当 "
     "吃亏 浪费 白等 白花 麻烦 头疼 困扰 折腾 委屈 害怕 危险 受伤 过敏 头发 异物 毛发 残忍 "
     "取消订单 拉黑 "
     "裁员 关店 停产 下跌 下滑 亏损 利空 低迷 疲软 恶化 下调 召回 处罚 罚款 违规 违约 起诉 被告 "
     "调查 警告 风险 危机 停牌 退市 "
     "低于预期 不及预期 不及 负面 丑闻 😓"},
    {Colour::negation,
     "not no never none nobody nothing neither nor without hardly barely scarcely lack far_from "
     "rather_than instead_of unlikely fail_to fails_to failed_to "
     "不 没 没有 无 未 别 非 不是 不太 不会 不能 不可 不够 不怎么 并不 并非 并没有 从不 从来不 "
     "毫无 毫不 缺乏 谈不上 算不上 称不上 "
     "没什么 不算 不大 不很 不那么 不要"},
    {Colour::intensity,
     "very really so extremely absolutely totally completely utterly super incredibly highly "
     "truly deeply especially particularly terribly_well insanely seriously too such quite "
     "definitely entirely pretty much far a_lot lots way significantly substantially sharply "
     "strongly "
     "considerably markedly dramatically "
     "很 非常 太 特别 超 超级 极其 极 十分 真 真的 真是 实在 实在是 相当 格外 尤其 巨 贼 老 忒 挺 "
     "最 更 更加 完全 彻底 根本 "
     "简直 绝对 大幅 显著 明显"},
    {Colour::moderation,
     "slightly somewhat a_bit a_little little rather fairly_ok kind_of sort_of marginally "
     "有点 有点儿 有些 稍微 稍 略 略微 比较 一点 小幅"},
    {Colour::rise,
     "rise rises rose risen rising increase increased increasing increases grow grew grown growing "
     "growth climb climbed jump jumped surge surged soar soared up higher double doubled triple "
     "tripled widen widened swell expanded_by upward spike add added raise raised lift lifted more "
     "total_up go_up went_up gone_up going_up "
     "增长 增加 上升 上涨 上扬 提高 扩大 翻番 翻倍 增至 升至 增 涨 涨了 走高 同比增长 环比增长 "
     "增多 变多 越来越多 加大"},
    {Colour::fall,
     "fall falls fell fallen falling decrease decreased decreasing decreases decline declined "
     "declining declines drop dropped dropping down lower lowered slip slipped shrink shrank "
     "shrunk "
     "shrinking narrow narrowed plunge plunged dip dipped tumble tumbled sink sank reduce reduced "
     "reduction contract contracted cut cuts less fewer halved plummet plummeted slide slid "
     "diminish diminished decreased_by go_down went_down gone_down going_down "
     "下降 减少 降低 减 降 降至 减至 回落 走低 缩减 萎缩 收窄 缩小 同比下降 环比下降 跌 变少 "
     "越来越少 减半"},
    {Colour::asset,
     "profit profits profitability earnings sales revenue revenues turnover income margin margins "
     "order_intake order_book orders demand share_price shares dividend ebit ebitda eps cash_flow "
     "cash net_sales operating_profit operating_result result results volume volumes output "
     "productivity market_share customer_satisfaction customers rating ratings exports market "
     "markets traffic passengers subscribers bookings backlog deliveries "
     "利润 净利润 营收 收入 营业收入 销售额 销量 业绩 毛利 毛利率 订单量 需求 股价 市场份额 市值 "
     "份额 现金流 分红 股息 产量 客流 用户数 "
     "出口 满意度 评分"},
    {Colour::burden,
     "loss losses cost costs expense expenses debt debts unemployment inflation complaints "
     "churn delays returns_rate defects_rate accidents crime emissions waste waiting_times "
     "wait_times interest_rates taxes bad_loans write_offs fraud_cases net_loss operating_loss "
     "price prices fee fees "
     "亏损额 成本 费用 支出 负债 债务 失业率 通胀 投诉量 投诉率 退货率 故障率 事故 不良贷款 坏账 "
     "逾期率 等待时间 价格 手续费"},
    {Colour::contrast,
     "but however although though yet nevertheless nonetheless despite except unfortunately_but "
     "但是 但 可是 不过 然而 只是 就是 虽然 尽管"},
    {Colour::urgency,
     "urgent urgently immediately asap emergency right_now right_away at_once straight_away "
     "critical deadline today tonight now this_minute this_morning this_afternoon this_evening "
     "hurry rush quickly_please as_soon_as_possible within_the_hour before_noon before_tomorrow "
     "tomorrow_morning last_chance running_out time_sensitive cannot_wait can_not_wait need_it_by "
     "top_priority priority stranded locked_out stolen hacked unauthorised unauthorized fire smoke "
     "burning sparks injured bleeding allergic ambulance police flight_leaves wedding funeral "
     "surgery without_delay no_time instantly stop_it_now 🚨 🆘 ⚠ "
     "急 很急 着急 紧急 加急 急用 急需 急死 十万火急 马上 立刻 立即 赶紧 赶快 尽快 火速 抓紧 快点 "
     "快一点 速度 等不及 来不及 今天之内 "
     "今天必须 现在就 立马 即刻 救命 被盗 盗刷 报警 起火 冒烟 着火 漏电 触电 截止 最后期限 赶时间 "
     "赶飞机 赶火车 催 催一下 加快"},
};

std::uint64_t key_of(std::string_view words) {
  if (static_cast<unsigned char>(words[0]) >= 0x80) return hash_text(words);
  std::uint64_t key = 0;
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t end = std::min(words.find('_', at), words.size());
    const std::uint64_t word = hash_text(stem(words.substr(at, end - at)));
    key = at == 0 ? word : hash_pair(key, word);
    at = end + 1;
  }
  return key;
}

}  // namespace

ToneWords::ToneWords() {
  for (const Group& group : groups) {
    std::string_view rest = group.words;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      colours_.emplace(key_of(rest.substr(0, end)), group.colour);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
}

const ToneWords& ToneWords::instance() {
  static const ToneWords words;
  return words;
}

Colour ToneWords::find(std::uint64_t words) const {
  const auto found = colours_.find(words);
  return found == colours_.end() ? Colour::none : found->second;
}

}  // namespace nlu
