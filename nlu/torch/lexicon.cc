#include "nlu/torch/lexicon.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "nlu/torch/features.h"
#include "nlu/torch/hashing.h"

namespace nlu {
namespace {

// A line is a meaning; '_' joins two words. The order is part of feature_version: add at the end.
constexpr std::string_view lines[] = {
    "refund money_back reimburse reimbursement repay credited my_money cash_back 退款 退钱 返还",
    "return send_back sending_back sent_back bring_back take_back give_back rma 退货 退回 寄回",
    "exchange swap replace replacement substitute trade 换货 更换 换一个 调换",
    "order purchase bought buy basket cart ordered 订单 下单 购买",
    "parcel package shipment box delivery consignment packet 包裹 快递 快件 货物",
    "deliver ship dispatch arrive send despatch post courier carrier shipping mail 配送 发货 送货 "
    "派送 运送",
    "where track locate whereabouts follow trace find 哪里 哪儿 在哪 跟踪 查询 追踪",
    "status progress update state happening stage going_on 状态 进度 进展 情况",
    "late delay overdue slow behind still_not waiting took_too long not_arrived 迟到 延迟 晚了 "
    "太慢 还没 迟迟",
    "missing lost disappeared vanished gone never_arrived never_came not_received 丢了 丢失 没收到 "
    "不见",
    "broken damaged defective faulty cracked smashed scratched torn dent crushed shattered ripped "
    "defect leaking stain 坏了 破损 损坏 破了 有问题 瑕疵",
    "not_work malfunction stopped_working does_not died dead fails failing fault 不能用 故障 "
    "没反应",
    "wrong incorrect mistaken mixed_up another_item different_item not_what mistake error 错了 "
    "发错 不对 错误",
    "cancel abort call_off stop_order stop_the annul revoke withdraw 取消 撤销 不要了",
    "change modify edit update amend alter switch correct adjust 修改 更改 改一下 变更 更新",
    "address street house postcode zip postal location city town moved moving new_place apartment "
    "flat 地址 街道 门牌 邮编 搬家",
    "pay payment paid checkout transaction charge debit billed 支付 付款 结账 付钱",
    "card visa mastercard paypal credit_card debit_card klarna apple_pay amex wallet bank_transfer "
    "instalment 信用卡 支付宝 微信 银行卡 花呗",
    "twice double charged_twice overcharged too_much extra_charge duplicate 两次 多收 重复",
    "invoice receipt bill proof_of vat tax 发票 收据 账单 税",
    "discount voucher coupon promo code promotion sale deal offer rebate gift_card cheaper bargain "
    "special reduction 优惠 折扣 优惠券 打折 促销 红包",
    "price cost much expensive cheap how_much fee pricing rate 价格 多少钱 费用 贵 便宜",
    "size fit small large tight big sizing loose medium xl measurement wide narrow 尺码 尺寸 大小 "
    "号码 太大 太小",
    "colour color blue red black white green shade yellow grey gray pink brown 颜色 蓝色 红色 黑色 "
    "白色 绿色",
    "material fabric cotton wool leather made_of waterproof polyester washable ingredient 材质 "
    "面料 棉 皮",
    "stock available availability sold_out in_stock restock out_of run_out back_in carry sell 库存 "
    "有货 缺货 现货 补货",
    "product item article goods model thing merchandise 商品 产品 货品 东西",
    "shirt jacket shoe dress trouser coat sweater jeans boot sneaker hat bag sock clothes jumper "
    "skirt 衬衫 外套 鞋子 裙子 裤子 大衣",
    "complain complaint unacceptable terrible awful disappointed unhappy poor ridiculous "
    "disgusting angry frustrated worst upset dissatisfied rude furious annoyed appalling joke "
    "disgrace fed_up shameful useless horrible 投诉 不满 太差 糟糕 失望 生气 差劲",
    "human person agent representative someone somebody operator real_person employee staff "
    "colleague speak_to talk_to advisor adviser rep supervisor manager live 人工 客服 真人 转人工 "
    "专员",
    "talk speak chat conversation discuss speaking 聊 说话 谈谈 沟通",
    "contact phone call ring telephone email hotline reach number 联系 电话 打电话 邮箱 邮件",
    "open opening close closed hour closing weekend sunday saturday holiday business_hour till "
    "shut 营业 开门 关门 时间 几点 周末 周日",
    "store shop branch outlet location showroom nearest 商店 门店 店铺 实体店",
    "account login log_in sign_in profile register sign_up signup username registration 账户 账号 "
    "登录 注册",
    "password reset forgot forgotten locked locked_out 密码 忘记 重置",
    "delete erase remove close_my deactivate gdpr 删除 注销",
    "subscribe newsletter unsubscribe mailing spam opt_out marketing 订阅 退订",
    "warranty guarantee repair fix mend service_centre 保修 维修 修理 质保",
    "hello hi hey morning afternoon evening greeting howdy hiya yo 你好 您好 早上好 嗨 晚上好",
    "bye goodbye later see_you farewell ciao night take_care 再见 拜拜 回头见",
    "thank thanks cheers appreciate grateful thx ty helpful thankful brilliant 谢谢 多谢 感谢",
    "yes yeah yep sure ok okay correct right exactly definitely yup indeed absolutely of_course "
    "fine affirmative confirm 是的 对的 好的 可以 没错 确认",
    "no nope nah not_really negative never wrong 不是 不对 不用 没有",
    "not without nothing none never hardly 没 没有 不能",
    "stop never_mind nevermind forget_it leave_it quit abort 算了 停止 不用了",
    "help assist support need_help aid assistance 帮助 帮忙 帮我",
    "bot robot chatbot machine computer automated ai virtual artificial real 机器人 智能 人工智能",
    "can_you able what_can capable abilities do_you you_do feature 会什么 能做 功能",
    "who_are your_name you_are name 你是谁 名字 叫什么",
    "how_long days week when long soon fast time quick time_frame eta expected 多久 几天 什么时候 "
    "多长 何时",
    "abroad international country overseas europe worldwide austria switzerland france usa foreign "
    "england canada 国外 国际 海外 国家",
    "express overnight next_day fast faster same_day rush priority urgent hurry quickly urgently "
    "asap 加急 急 特快 次日 当天",
    "pick_up collect pickup collection click_and 自取 取货 代收",
    "customs duty import 关税 海关",
    "gift present wrap wrapping birthday 礼物 包装 生日",
    "policy rule terms condition period allowed deadline 政策 规则 规定 条款 期限",
    "label form slip printed print printer qr 标签 单子 打印",
    "reason because why changed_mind do_not want 为什么 原因",
    "recommend suggest advice advise recommendation suggestion best which 推荐 建议 哪个",
    "compare difference better versus vs between 比较 区别 对比",
    "review rating star feedback opinion 评价 评论 反馈 评分",
    "job career hiring vacancy salary apply_for apprenticeship employment 工作 招聘 薪水 职位",
    "weather rain sunny forecast temperature snow 天气 下雨 气温",
    "flight hotel airline travel ticket airport train passport visa trip 航班 机票 酒店 旅行 火车",
    "loan mortgage interest savings overdraft invest stock_market share crypto bitcoin 贷款 利率 "
    "股票 存款",
    "cook recipe dinner restaurant pizza bake cake food soup 做饭 菜谱 餐厅 披萨",
    "music song movie film play_some netflix series album 音乐 歌 电影 播放",
    "football match game score team won league soccer 足球 比赛 球队",
    "joke funny story laugh poem 笑话 故事 好笑",
    "president capital history planet math science 总统 首都 历史 数学",
    "doctor sick medicine headache hospital pain symptom 医生 生病 药 头疼",
    "data privacy personal information store_my secure security safe gdpr 隐私 数据 安全 个人信息",
    "quantity more another_one add extra additional pieces units 数量 增加 再来",
    "repeat again say_again pardon once_more rephrase what_did 重复 再说 没听清",
    "correction actually i_meant meant rather instead sorry_i typo 其实 我是说 更正",
    "loyalty points reward member membership club bonus 积分 会员 奖励",
    "sustainable environment recycling eco organic fair_trade vegan carbon 环保 可持续 有机",
    "wholesale bulk business company reseller b2b corporate 批发 企业 公司",
    "part piece incomplete accessory component screw item_missing 配件 零件 缺少 少了",
    "received got arrived came delivered receive turned_up 收到 到了 送到",
    "urgent emergency immediately right_now at_once 马上 立刻 紧急",
    "wash clean care laundry iron dry instruction manual assemble use 清洗 保养 使用 说明书",
    "neighbour neighbor mailbox letterbox doorstep signed left_it safe_place 邻居 信箱 门口 签收",
    "date day tomorrow today reschedule monday friday slot 日期 明天 今天 改期",
    "confirmation confirmed verify email_confirmation got_no 确认 验证",
    "shipping_cost delivery_cost free_shipping free_delivery postage free shipping_fee 运费 包邮 "
    "邮费 免费",
};

std::uint64_t key_of(std::string_view entry) {
  if (static_cast<unsigned char>(entry[0]) >= 0x80) return hash_text(entry);
  const std::size_t joint = entry.find('_');
  const std::uint64_t first = hash_text(stem(entry.substr(0, joint)));
  if (joint == std::string_view::npos) return first;
  return hash_pair(first, hash_text(stem(entry.substr(joint + 1))));
}

}  // namespace

Lexicon::Lexicon() {
  int meaning = 0;
  for (std::string_view line : lines) {
    while (!line.empty()) {
      const std::size_t end = std::min(line.find(' '), line.size());
      if (end > 0) {
        std::vector<int>& meanings = meanings_[key_of(line.substr(0, end))];
        if (meanings.empty() || meanings.back() != meaning) meanings.push_back(meaning);
      }
      line.remove_prefix(std::min(end + 1, line.size()));
    }
    ++meaning;
  }
}

const Lexicon& Lexicon::instance() {
  static const Lexicon lexicon;
  return lexicon;
}

std::span<const int> Lexicon::find(std::uint64_t words) const {
  const auto at = meanings_.find(words);
  if (at == meanings_.end()) return {};
  return at->second;
}

}  // namespace nlu
