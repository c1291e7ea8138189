#include "nlu/torch/shipped_tone.h"

#include <string>
#include <string_view>
#include <vector>

namespace nlu {
namespace {

enum Sentiment : std::size_t { negative, neutral, positive };
enum Urgency : std::size_t { low, high };

struct Group {
  Sentiment sentiment;
  Urgency urgency;
  std::string_view texts;  // One a line.
};

// Written for Usher: what customers say to shops, banks, carriers, hotels and telephone companies,
// and what is written about companies.
constexpr Group groups[] = {
    {negative, low, R"(
my parcel arrived broken
the box was open and half of it was missing
this is the second time you sent me the wrong size
I have been waiting for three weeks and nobody tells me anything
your app crashes every time I open it
the delivery man threw the package over the fence
I'm really disappointed with the quality
the colour looks nothing like the picture
worst customer service I have ever had
nobody answered my emails
I was promised a call back and never got one
the food was cold and tasteless
the driver was rude to me
you charged me twice for one order
I regret buying this
it stopped working after two days
this chatbot is useless
you don't understand me at all
that is not what I asked
no, that didn't help
I'm tired of repeating myself
the zipper broke the first time I used it
the soup was so salty that we could not eat it
the room smelled of smoke and the sheets were dirty
the staff ignored us for half an hour
the line drops every evening
the internet has been slow for weeks
your prices have become ridiculous
I would not recommend this to anyone
a complete waste of money
not worth the price
it is not as good as I hoped
the instructions make no sense
the refund is still not on my account
I feel cheated
you lied to me about the delivery date
the website is confusing and slow
the size chart is wrong
the screen has a scratch
two buttons are missing on the shirt
the coffee machine leaks
I sent it back a month ago and heard nothing
your colleague hung up on me
every agent tells me something different
I had to explain it four times
the fees are hidden and unfair
my card was declined and I was so embarrassed
the transfer failed again
the interest rate you advertised was not what I got
I'm not happy with how this was handled
I don't like the new design
the portions have become tiny
it took forever to arrive
the seat was uncomfortable and the flight was late
they lost my suitcase
the battery lasts barely two hours
sound quality is poor
cheap plastic that falls apart
never again
what a joke
this is unacceptable
I expected better from you
sadly the dress does not fit and the fabric itches
not satisfied at all
you have let me down once again
I want to complain about a driver
I'm going to leave a bad review
I'm thinking about closing my account because of this
the update made everything worse
the voucher did not work and I paid the full price
the phone gets hot and shuts down
I cannot log in and your help page is no help
my data was shown to another customer, that is a scandal
a stain on the sofa already
nothing works as described
the technician never came
they closed the branch in our town, which is a pity
the taste was off
the noodles were soggy and the sauce was missing
the wrong dish again
The company posted a loss for the third quarter in a row.
Profit fell sharply on weak demand.
The group cut its forecast for the year.
Net sales dropped from 42 million to 31 million.
Operating margin narrowed to 3 % from 7 %.
The firm will lay off two hundred people.
Shares tumbled after the profit warning.
The regulator fined the bank for misleading its clients.
The maker recalled thousands of cars over faulty brakes.
Orders decreased by a fifth compared to last year.
Customers complain about long delays.
The lender set aside more money for bad loans.
Costs rose faster than sales.
The merger was called off.
The plant will be shut down in spring.
Analysts downgraded the stock.
Hackers stole the data of a million customers.
The dividend was cancelled.
The airline loses passengers to its rivals.
Turnover was down, and so was the order backlog.
)"},
    {negative, high, R"(
my card was stolen, block it now
someone took money from my account, stop it immediately
I'm locked out of my account and need it today
my flight leaves in two hours and my ticket is not valid, help
the charger is smoking, what do I do right now
I'm stranded at the airport with no hotel
there is a gas smell from the heater you installed
I need this fixed today or I cancel
my wedding is tomorrow and the dress is still not here
call me back immediately, this is outrageous
this is an emergency, the pipe burst and water is everywhere
your driver had an accident with my parcel, call me at once
I have been hacked, please act fast
cancel this fraud payment right away
the internet is down and I have an exam in one hour
the medicine has not come and I need it tonight
my daughter is allergic and the cake had nuts in it
get me a human now, I have had enough
if nobody calls me within the hour I go to the police
the elevator in your hotel is stuck and we are inside
I cannot pay at the till, my card fails, hurry up
URGENT!!! the wrong amount was transferred
the heating is out and it is freezing, we have a baby here
it must be solved before noon or I lose my visa
how much longer, I can't wait any more, do something now
the alarm does not stop, please send someone at once
my phone was taken, lock the sim card quickly
you delivered to the wrong house and the goods spoil in the heat, hurry
)"},
    {neutral, high, R"(
I need to change the address before it is sent this afternoon
please reply as soon as possible
can you deliver today, it is urgent
I need the invoice by noon
please call me right now
is there an express option, I need it tomorrow morning
my appointment is in one hour, can I move it
how do I block my card immediately
I must speak to someone at once
ASAP please
quick question, I board in ten minutes
the deadline is today, where do I upload the form
I need an answer within the hour
can you hurry the order up
please treat this with priority
need it today at the latest
transfer must arrive before the weekend, what is the fastest way
please stop the payment, I typed the wrong number just now
emergency number please
I have to leave in five minutes
)"},
    {neutral, low, R"(
where is my order
what are your opening hours
I want to change my delivery address
my order number is 48213
can I pay by invoice
do you ship to Austria
how much is the express delivery
I'd like to return the blue jacket
the small one, please
yes
no
okay
next Tuesday at three
tell me more about the premium plan
which sizes do you have
how do I reset my password
is this available in green
I need a receipt for my tax return
can you send the parcel to my office
what does the warranty cover
please talk to a person
how long does the transfer take
what is the limit of my card
I want to open an account for my son
where is the nearest branch
I would like to book a table for four
two pizzas and a salad
how many points do I have
change my seat to the window
at what time does the train leave
hello
hi there
good morning
bye
my name is Robin Field
it's for my mother
I'm calling about invoice 7731
the second one
both of them
I don't know
not yet
nothing else
can you repeat that
what documents do I need
I lost my receipt, can I still return it
is it possible to cancel the order
cancel my order
I want a refund
I would like to complain, where do I do that
what happens if I pay late
how do I block my card
is the lamp fragile
does the jacket get warm
the address is 5 Mill Lane
add a charger to my order
do I need a passport
is there parking at the hotel
how does the loyalty programme work
when will the shoes be back in stock
I want to update my phone number
what is the interest rate now
how many gigabytes are left
can I keep my number when I switch
what's the difference between basic and plus
please send me the contract
I bought it last month
it was delivered yesterday
the parcel is at my neighbour's
I have two questions
it is the black one with the zip
do you have gift cards
I paid by card
I moved house in May
I am looking for a present for my brother
is breakfast included
let me think about it
maybe later
one more thing
could you explain the fees
I received the parcel
I got your message
The company will publish its report on 12 March.
The new office is in the centre of the city.
The board consists of seven members.
The agreement covers deliveries to three ports.
The meeting will be held in April.
The value of the contract was not disclosed.
The group employs about 900 people in five countries.
The shares are traded on the main list.
The company makes pumps and valves.
The bank has 40 branches.
The seller is a family business from the north.
The new model comes in four colours.
The factory is located near the harbour.
The firm appointed a new head of sales.
Trading starts at nine in the morning.
The parties will sign the papers in May.
The order comprises twelve units.
The subsidiary changed its name.
)"},
    {positive, low, R"(
thank you so much, that was quick
great service
it arrived a day early, wonderful
I love the new jacket
perfect, thanks
that solved my problem
you are very helpful
the driver was so friendly
excellent quality for the price
works like a charm
my daughter is delighted
the best pizza in town
I'm really happy with my order
well packed and fast delivery
the staff were kind and patient
I will buy here again
highly recommended
five stars
this bot is surprisingly good
awesome
you made my day
the sofa looks even better than in the picture
it fits perfectly
everything went smoothly
finally a company that answers quickly
the fabric is soft and the colour is beautiful
good value
I'm impressed
so easy to use
the app is clear and fast
the room was spotless and the breakfast delicious
we had a lovely evening
fresh, hot and on time
thanks a lot for your patience
that's exactly what I needed
super, it works again
the refund came within a day, thank you
nice
cool, thanks
very satisfied
the technician was punctual and knew what he was doing
I appreciate your help
what a pleasant surprise
the coffee is excellent
I have never had a better phone
you saved my holiday
the new design is much nicer
glad I switched to you
no complaints, everything was fine
not bad at all
I could not be happier
it's better than I expected
the team did a fantastic job
the voice quality is brilliant
keep up the good work
the interest is good and opening the account was simple
reliable as ever
cheaper than elsewhere and just as good
a real bargain
the cake was gorgeous and everybody loved it
my grandmother is over the moon
sorted, thank you
yes that helped, thanks
amazing how fast you replied
I like it
the sound is clear and the battery lasts for days
comfortable seats and a smooth flight
solid and well made
it was a pleasure to talk to you
The company doubled its profit.
Sales rose by 14 % to 36 million.
Operating profit increased to 5.2 million from 3.1 million a year earlier.
The group won a large order from a Spanish utility.
Shares jumped after strong results.
Demand is growing in all markets.
The bank raised its forecast.
The firm signed a partnership that opens a new market.
The order book is at a record level.
The margin improved thanks to lower costs.
The company will hire a hundred engineers.
The product received an award for its design.
Customers praise the short waiting times.
The loss narrowed and cash flow turned positive.
The dividend was raised for the fifth year.
Debt was reduced by a third.
The plant is running at full capacity again.
Analysts upgraded the stock.
Traffic grew and the number of passengers reached a record.
The regulator approved the new medicine.
The start-up secured new funding.
Net sales totalled 18 million, up from 12 million.
)"},
    {positive, high, R"(
great, but I need it today, please hurry
thank you, and please send it right away
lovely, can you do it immediately
I love it, please reserve one at once before they are gone
you have been so kind, I just need the answer within the hour
)"},
    {negative, low, R"(
包裹到的时候已经坏了
等了三个星期还没有人回复我
客服态度太差了
又发错货了，真是无语
衣服质量很差，洗一次就掉色
味道一般，分量也少
送来的时候都凉了
骑手态度恶劣
打电话没人接
说好的退款一直没到账
再也不会买了
完全是浪费钱
你根本听不懂我说什么
这个机器人一点用都没有
我问的不是这个
页面老是卡住，登录不了
收费不合理
房间很脏，还有异味
网速慢得要命
尺码不对，颜色也跟图片不一样
不好吃，太油了
少送了一份饮料
汤都洒了
米饭是硬的
等了两个小时才到
很失望
不满意
不推荐
东西太少，不值这个价
包装破了，里面的杯子碎了
用了两天就坏了
说明书看不懂
被你们骗了
手续费太高
每个客服说的都不一样
我已经说了四遍了
肉不新鲜，有一股怪味
地址写错了也不打电话，直接放门口丢了
太咸了，没法吃
面都坨了
备注了不要辣还是放了辣椒
态度冷淡，爱理不理
差评
没有以前好吃了
越来越差
电池不到两小时就没电
刚下单就降价，心里不舒服
航班又延误，没有人解释
行李丢了
我要投诉
公司第三季度继续亏损
净利润同比下降三成
受需求疲软影响，销售额下滑
该银行因违规被处罚
公司宣布裁员两百人
股价大跌
订单减少，工厂停产
评级被下调
汽车因刹车问题被召回
成本上升，毛利率下降
)"},
    {negative, high, R"(
我的卡被盗刷了，马上冻结
账户里的钱不见了，赶紧帮我处理
充电器冒烟了，怎么办，快点
家里漏水了，快派人来
今天必须解决，不然我就投诉
航班两小时后起飞，票还没出，急死了
明天就结婚了，礼服还没到
我被锁在门外，快来人
孩子过敏了，蛋糕里有花生
钱转错了，立刻帮我撤回
催了好几次了，到底什么时候送，快饿死了
手机被偷了，马上停机
再不处理我就报警了
网络断了，我一小时后要考试，快修
)"},
    {neutral, high, R"(
麻烦尽快回复
很急，今天能送到吗
请马上给我打电话
我十分钟后登机，怎么改座位
发票中午之前要
能加急吗
着急用，明天早上能到吗
请立即取消刚才的转账
帮我催一下订单
今天是截止日期，在哪里上传资料
快点可以吗，我赶时间
)"},
    {neutral, low, R"(
我的订单到哪了
你们几点开门
我想改一下收货地址
订单号是48213
可以货到付款吗
能寄到海南吗
快递费多少钱
我想退那件蓝色外套
要小号的
好的
是的
不用了
下周二下午三点
有绿色的吗
怎么重置密码
转账要多久
我的额度是多少
最近的网点在哪
订一张四个人的桌子
两份饺子一份汤
你好
早上好
再见
我叫王小明
第二个
两个都要
不知道
还没有
请转人工
需要什么材料
可以开发票吗
取消订单
我要退款
怎么投诉
保修多长时间
什么时候有货
还剩多少流量
利率是多少
含早餐吗
我想一想
收到了
昨天到的
我在上海
给我妈妈买的
这两个有什么区别
多少钱
可以换货吗
怎么冻结银行卡
公司将于三月发布年报
会议定于四月举行
新办公室位于市中心
该集团在五个国家有员工九百人
双方将在五月签署协议
公司主要生产水泵和阀门
)"},
    {positive, low, R"(
谢谢，太快了
服务很好
提前一天就到了，开心
很喜欢这件衣服
问题解决了，谢谢
你真有用
骑手很有礼貌
质量不错，价格也便宜
孩子特别喜欢
味道很好，分量足
还会再来
强烈推荐
五星好评
包装很仔细，送得也快
客服耐心又专业
很满意
和图片一样漂亮
大小正合适
一切都很顺利
房间干净，早餐丰富
热乎乎的，很好吃
超出预期
用起来很方便
性价比高
辛苦了，谢谢小哥
真不错
好吃，下次还点
汤很鲜，菜也新鲜
完美
太棒了
终于修好了，谢谢师傅
退款很快就到了，点赞
没有什么可挑剔的
挺好的
比我想的好
声音清楚，电池耐用
座位舒服
一如既往的好
回购很多次了
实惠，量大
公司净利润翻番
销售额同比增长两成
公司中标一个大项目
股价上涨
订单创新高
毛利率提高，成本下降
评级被上调
新产品获奖
公司扭亏为盈
分红连续五年提高
需求强劲，产能满负荷
)"},
    {positive, high, R"(
太好了，麻烦今天就发，急用
谢谢，请马上安排
很喜欢，快帮我留一件，马上付款
)"},
};

template <class LabelOf>
std::vector<LabelledText> texts(LabelOf label_of) {
  std::vector<LabelledText> result;
  for (const Group& group : groups) {
    std::string_view rest = group.texts;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      if (end > 0) result.push_back({std::string(rest.substr(0, end)), label_of(group)});
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return result;
}

}  // namespace

std::vector<LabelledText> shipped_sentiments() {
  return texts([](const Group& group) -> std::size_t { return group.sentiment; });
}

std::vector<LabelledText> shipped_urgencies() {
  return texts([](const Group& group) -> std::size_t { return group.urgency; });
}

}  // namespace nlu
