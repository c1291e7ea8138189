#include "nlu/torch/common_phrases.h"

namespace nlu {
namespace {

constexpr PhraseGroup groups[] = {
    {"where is the order", R"(where is my order
where's my stuff
where has my parcel got to
my parcel has not arrived
I still haven't received my order
my package never came
the delivery was due yesterday and nothing came
I have been waiting two weeks for my order
it's been ten days and still no parcel
can you track my order
track my delivery please
what is the status of my order
could you check the status of order 48213
order 48213 status
has my order been dispatched
did you ship my order
is my order on the way
has it been sent out
my tracking number shows nothing
the tracking has not been updated for days
tracking says delivered but I have nothing
I'd like an update on my order
any news about my purchase
what is happening with my order
my order is late
my delivery is overdue
why is my order taking so long
is my parcel lost
I want to find out where my delivery is
I ordered a chair and it has not come
what's going on with the shoes I bought
can you tell me whether my things have left the warehouse
follow my shipment
我的订单在哪里
我的包裹怎么还没到
帮我查一下订单
查询订单状态
订单48213到哪了
我买的东西发货了吗
快递一直没有更新
物流信息查不到
东西还没收到
等了一个星期还没有到)"},
    {"when does the order come", R"(when will my order arrive
when does my parcel come
when can I expect my delivery
what day will my order be delivered
when will the shirt I ordered get here
how long until my package arrives
will it arrive before Friday
will my order be here by Christmas
is my order coming today
will my delivery come tomorrow
what is the estimated arrival of my order
when is my stuff arriving
when are you going to deliver my order
expected delivery date of order 48213
how much longer do I have to wait for my parcel
what time will the courier bring my package
我的包裹什么时候到
我的订单哪天能送到
快递今天会到吗
还要等多久才能收到
我下的单几号能到)"},
    {"delivery in general", R"(how long does delivery take
how many days does shipping take
what are your delivery times
how fast do you ship
how quickly do you deliver
what is the usual delivery time
do you have express shipping
is next day delivery possible
do you deliver at the weekend
which delivery company do you use
who delivers your parcels
can I choose the delivery day
do you offer evening delivery
do you deliver to a parcel station
tell me about your shipping options
what delivery methods are there
how do you ship large furniture
how soon would I get it if I ordered now
when do orders usually go out
can I collect my order in the store instead
is there a pick up option
delivery information please
一般多久发货
送货需要几天
你们用什么快递
可以加急吗
周末送货吗
可以自己去取吗
有哪些配送方式)"},
    {"shipping costs", R"(how much does shipping cost
what do you charge for delivery
what are the delivery charges
is delivery free
do you have free shipping
how much do I need to spend for free delivery
what is the postage
is there a delivery fee
what does it cost to send something
how much is express delivery
shipping fee for heavy items
do I pay for shipping
what is the minimum order for free shipping
邮费是多少
运费怎么算
包邮吗
多少钱可以免运费
送货要收费吗)"},
    {"delivery abroad", R"(do you ship internationally
do you deliver abroad
can you send to Spain
do you ship to Canada
is delivery to Switzerland possible
which countries do you deliver to
can I order from Norway
do you deliver to Italy
shipping to Ireland
do you send parcels outside the country
will I have to pay import duty
are there customs fees
do you ship worldwide
do you deliver to islands
do you deliver to my area
can you deliver to Scotland
你们送到国外吗
可以寄到加拿大吗
哪些国家可以送
要交关税吗
能送到我们这里吗)"},
    {"send something back", R"(I want to return something
I would like to return my order
how do I return an item
can I send it back
how can I send this back
I want to send back the shoes
I want to give it back
I don't like it, can I return it
the dress does not fit, I want to return it
it is too big and I want to send it back
it looks different from the picture, I'd like to return it
I changed my mind and want to return it
I don't need it any more, can I bring it back
what is the return process
start a return
return please
I need a return label
where do I get a return label
how do I make a return
return order 48213
I want my money back for this
I want to return it for a refund
can I return it and get my money back
please refund me, I don't want to keep it
is it possible to take these back
I ordered too many and want to return one
not happy with the product, want to return
bought this last week, can I still return it
how many days do I have to return something
what's your return policy
is the return free
the lamp isn't what I expected, I want to send it back
I'd like to bring back a shirt
I received it but I don't want it
where do I send my return
how do I get a refund for something I bought
I want to get rid of it and have my money back
can I ship it back to you
how long can I return things
please take it back
I'd like a refund because it doesn't suit me
it's the wrong size, I just want to return it
我要退货
我想把东西退了
怎么退货
可以退货吗
不喜欢，想退掉
收到了但是不合适，要退
退货怎么办理
几天之内可以退
我想退掉这双鞋
申请退货
尺寸不对我要退)"},
    {"when the refund comes", R"(where is my refund
when will I get my refund
I have not received my refund
my refund has not arrived
how long does a refund take
when do I get my money back
I returned it two weeks ago and have no money yet
I sent the shoes back, when do you pay me
I sent it back but the money is still not in my account
has my refund been processed
what is the status of my refund
did you receive my return
have you got my returned parcel
was my return received
you still owe me money for the order I sent back
I cancelled my order and still have not been refunded
I cancelled, when do I get the money
why haven't I been refunded
my refund is late
only part of my refund arrived
when will the money be on my card
check my refund please
refund status
refund for order 48213
have you paid out my refund
I am still waiting for my refund
how will I be refunded
which account does the refund go to
the refund still isn't showing on my bank statement
you promised a refund and I never saw it
我的退款什么时候到
退款还没到账
退款要多久
钱什么时候退给我
退货已经寄出了，什么时候退钱
你们收到我的退货了吗
我取消了订单，钱退了吗
查一下退款进度)"},
    {"another size or colour", R"(I want to exchange it
can I exchange this for another size
I need a bigger size
can I swap it for a larger one
it's too small, can I have a bigger one
it is too tight, I need a large
I'd like to change it for a medium
could I get this in a different colour instead
I want the blue one instead of the red
I got a medium but I need a large
can you send me a smaller size instead
exchange order 48213
how do I exchange an item
I would like a different size
I want to swap the shirt
can I trade it for another colour
the shoes don't fit, I'd like size 9 instead
wrong size chosen, please exchange
swap for size L
I'd prefer the green one, can we exchange
the colour doesn't match, can I have another
exchange please
I ordered the wrong size
the dress is too long, I need a shorter one
is it possible to switch to another size
replace it with a bigger one
I took the wrong colour, can I swap it
can I get a size up
don't want my money back, only a different size
我想换货
可以换一个尺码吗
太小了，想换大一号
能换个颜色吗
想换成蓝色的
换大码
怎么换货
我想换小一点的
颜色不喜欢，想换)"},
    {"broken or faulty", R"(my item arrived broken
it arrived damaged
the glass is broken
the lamp is broken
the lamp does not work
it stopped working after one day
the product is defective
there is a hole in the shirt
the seam has come apart
there is a scratch on the table
there's a stain on it
the fabric is torn
the zip is broken
it has a crack
it came in pieces
the box was crushed and the contents broken
the parcel was damaged
the package arrived wet and everything is dirty
the handle came off
a button is missing
it fell apart when I washed it
the colour came off the first time
it won't switch on
it doesn't turn on
it's faulty
I received a damaged product
I want to report a damaged item
I got a broken one
one of the cups is chipped
the leg is bent
bad quality, it ripped after a day
my order came damaged, what do I do
it smells bad and looks used
the thing you sent me is already broken
the cushion came with a tear in it
东西坏了
收到的商品有破损
灯不亮
衣服上有个洞
杯子碎了
收到就是坏的
有污渍
质量有问题
拉链坏了
包装破了，里面也坏了)"},
    {"wrong or incomplete", R"(you sent me the wrong item
I got the wrong product
this is not what I ordered
I received something else
I received the wrong colour
you sent the wrong size
I ordered red but got blue
I ordered a large and you sent me a small
there is something missing in my parcel
one item is missing
my order is incomplete
parts are missing
I only got one of the two I ordered
I ordered three but only two came
half of my order is missing
the screws were not in the box
the cable is missing
someone else's order is in my box
the wrong thing came
the box was empty
there was nothing in the package
I got a different one than on the picture
the delivery is incomplete
发错了
收到的不是我买的
颜色发错了
少发了一件
包裹里少了东西
尺寸发错了
缺少配件
我买了两个只收到一个)"},
    {"deliver somewhere else", R"(I want to change my delivery address
can I change the address of my order
the address on my order is wrong
I gave the wrong address
I made a mistake in the address
I entered my old address
please send it to another address
can you deliver it to my office
send my parcel to my work
I have moved, please use my new address
I moved house
I typed the wrong house number
the postcode in my order is wrong
the street is wrong
can my parcel go to my neighbour
can it be delivered to my parents instead
deliver my order to a different place
redirect my parcel
update the shipping address
change delivery address for order 48213
I need it sent somewhere else
I won't be at home, can you deliver it to another address
can you send my order to a pickup point instead
I forgot the flat number in the address
the order should go to my new home
correct the address on my order
another delivery address please
I have to change where it is delivered
deliver order 48213 to a new address
can you reroute my parcel
the zip code I gave is wrong
I mistyped my street
I moved, the parcel will go to the wrong place
different address for my delivery
please fix the address, there's a typo
can I still edit the shipping address
ship it to my girlfriend's place instead
我想改地址
收货地址写错了
改一下送货地址
请寄到另一个地址
可以送到公司吗
我搬家了，地址要改
门牌号填错了
换个地址收货)"},
    {"cancel the order", R"(I want to cancel my order
please cancel my order
cancel order 48213
how do I cancel an order
can I still cancel
can I cancel my purchase
I ordered by mistake
I ordered it twice by accident
I placed the order by mistake
I don't want the order any more
I no longer need it, please cancel
stop my order
don't send it
please do not ship my order
I changed my mind, cancel the order please
I found it cheaper, cancel my order
undo my order
take back my order
withdraw my order
I'd like to call off my order
can you stop the shipment
it's taking too long, cancel it
cancel the order I just placed
cancel my last order
remove my order
I want to cancel before it ships
annul my order
取消订单
我要取消订单
我不想要了，取消吧
下错单了
拍错了想取消
还没发货，可以取消吗
订单48213取消
不要发货了
重复下单了，取消一个)"},
    {"what it is made of", R"(what is it made of
what material is the shirt
is it real leather
is it pure cotton
is it wool
which fabric is the dress
is it waterproof
is the wood solid
where is it made
is it vegan
is it organic
does it contain plastic
is the blanket warm
is the chair comfortable
is it soft
is it thick or thin
is it see through
is it suitable for allergies
is it safe for children
is the fabric stretchy
tell me more about the lamp
can you tell me about this product
I have a question about the chair
how heavy is it
how bright is the lamp
does it need batteries
which bulb do I need
does it come with a plug
can I use it outside
是什么材料的
是纯棉的吗
防水吗
这是真皮的吗
在哪里生产的
会不会掉色
介绍一下这个产品
我想问一下这个商品)"},
    {"how to care for it", R"(how do I wash it
can I put it in the washing machine
is it machine washable
can it be tumble dried
can I iron it
does it shrink in the wash
how do I clean it
how should I look after it
what temperature can I wash it at
does it need dry cleaning
washing instructions please
can I bleach it
how do I get stains out of the shirt
care instructions for the dress
怎么洗
可以机洗吗
可以熨吗
会缩水吗
怎么清洁
可以烘干吗)"},
    {"size and fit", R"(what size should I take
which size do I need
does it run small
does the dress run large
is it true to size
do you have a size guide
how big is it
how long is it
how wide is the table
how tall is the lamp
what are the dimensions
what are the measurements of the shirt
what size is it
would a medium fit me
I am 180 cm tall, which size
is the fit loose or slim
size chart
有什么尺码
多大尺寸
我应该买什么码
偏大还是偏小
多高多宽
尺寸是多少)"},
    {"in stock", R"(is it in stock
do you have this in stock
is the shirt still available
do you have it in blue
do you have this in size L
does it come in black
is it available in other colours
which colours are there
when will it be back in stock
is it sold out
will you get more of them
when is the dress available again
do you have the lamp in white
do you still have the chair
are there any left
how many do you have left
do you sell pillows
do you have bags
do you sell towels
have you got any coats
can I get it in the store
有货吗
还有现货吗
什么时候补货
有红色的吗
有大号吗
还有别的颜色吗
你们卖枕头吗)"},
    {"price", R"(how much is it
what does it cost
how much is the lamp
what is the price of the shirt
how much does the dress cost
how expensive is it
what do you charge for it
price please
多少钱
这个多少钱
价格是多少)"},
    {"unhappy with the service", R"(I want to complain
I have a complaint
I want to file a complaint
your service is awful
your customer service is terrible
this is the worst service ever
I'm really unhappy with your service
I am so disappointed
I'm very angry
this is unacceptable
this is ridiculous
I am fed up
nobody answers my emails
no one picks up the phone
I have called five times and nobody answered
I waited an hour on the phone
I've been on hold forever
nobody replies to me
you never answer
you don't care about your customers
I will never buy here again
I'm not going to shop with you again
I'll write a bad review
you lied to me
I was promised a call back that never came
everyone tells me something different
nobody helps me
I'm being ignored
how can you treat people like that
what kind of company is this
this is a scam
you are a bunch of cheats
I feel ripped off
you keep sending me advertising though I said no
what a terrible experience
I have never been treated so badly
your company is useless
this shop is a joke
where can I complain
I'm really annoyed with you
I am not satisfied at all
this shop is a disgrace
you should be ashamed of your service
I expected more from a company like yours
very bad experience with your shop
worst customer support I have ever had
I'm sick of being passed from one person to the next
you treat your customers badly
I have been lied to
how can a shop be so badly organised
I am losing my patience with you
I want to speak my mind about how I was treated
我要投诉
我要投诉你们
服务太差了
太让人失望了
从来没有人接电话
邮件没人回
我非常生气
以后再也不来买了
你们太不负责任了
骗人的店
等了半天没人理)"},
    {"unhappy with driver or staff", R"(your driver was rude
the courier was unfriendly
the delivery man shouted at me
the driver threw the parcel
the courier left my package outside in the rain
the driver didn't ring the bell
the courier did not even try to deliver
the postman said I was not home but I was
the delivery driver damaged my gate
your courier left it with a stranger
the delivery company is terrible
your staff are rude
the shop assistant was very impolite
the woman on the phone was rude
the cashier ignored me
your employee insulted me
the salesman was arrogant
one of your people was really unpleasant
the man at the till was so rude
I want to complain about an employee
I want to complain about the courier
the person I spoke to was not helpful at all
快递员态度很差
送货的人很没礼貌
快递把东西扔在门口
店员态度不好
你们的员工很不礼貌
客服态度太差)"},
    {"opening hours", R"(when are you open
what are your opening hours
what time do you open
what time do you close
are you open today
are you open on Sunday
are you open on Saturdays
are you open at Easter
are you open on public holidays
until when are you open
how late are you open tonight
when does the shop open
when does the store close
is the store open now
are you still open
business hours
opening times
hours of your store
what time does the shop shut
can I come at eight in the evening
when is customer service available
when can I call you
until what time can I phone
when is someone at the phone
what are the hours of the hotline
is anybody there at the weekend
几点开门
几点关门
营业时间
周末开门吗
今天营业吗
节假日开门吗
客服几点上班
什么时候可以打电话)"},
    {"where the store is", R"(where is your store
where are you located
where can I find your shop
what is the address of your store
do you have a shop near me
do you have a store in London
is there a branch in Berlin
how do I get to your shop
how do I find you
do you have a physical store
can I see the products somewhere
can I visit your showroom
can I try it on in a store
is there parking
which station is near the shop
is the store easy to reach by bus
do you have other branches
directions to the store
nearest store
店在哪里
你们的地址是什么
有实体店吗
怎么去你们店
附近有店吗
可以去店里看吗)"},
    {"a human please", R"(I want to speak to someone
let me speak to a human
can I talk to a person
I want to talk to a real person
connect me with an agent
transfer me to a human
I want a human
human
agent please
representative
customer service please
real person please
speak to a representative
can I chat with an employee
get me someone who can help
get me a manager
I want to speak to your supervisor
can someone call me back
please call me
can I speak with your customer support
is there a person I can talk to
no more bots, give me a person
I don't want to talk to a robot
I don't want to chat with a computer
you don't understand, get me a human
you are no help, let me talk to somebody
put me through to someone
hand me over to a colleague
I need human help
may I talk to one of your staff
I would prefer to talk to a real person
someone from customer care please
转人工
人工客服
我要找人工
我想和真人说话
找客服
请让真人跟我聊
叫你们经理来
不要机器人
可以给我打电话吗)"},
    {"ways to pay", R"(how can I pay
which payment methods do you accept
what payment options are there
do you accept credit cards
do you take Visa
can I pay with Mastercard
can I pay with PayPal
do you accept Amex
can I pay by bank transfer
can I pay cash
can I pay on delivery
can I pay on invoice
can I buy on account
do you take Apple Pay
can I use Google Pay
can I pay with Klarna
can I pay in instalments
can I pay later
can I pay monthly
do you offer financing
can I spread the cost
can I pay in dollars
which currencies do you take
is there a charge for credit cards
can I pay by debit card
can I pay with two cards
do I have to pay in advance
when do I have to pay
when will you take the money from my card
is it safe to pay on your website
is my card data secure
is your checkout secure
do you save my card details
is paying online safe here
my payment failed
my card was rejected
the payment does not go through
why was my card declined
I can't pay at checkout
怎么付款
支持支付宝吗
可以用微信支付吗
可以刷信用卡吗
能分期付款吗
可以货到付款吗
付款安全吗
有哪些付款方式
付款失败了)"},
    {"charged wrongly", R"(I was charged twice
you charged me too much
I have been billed twice
there is a payment on my card I don't know
I paid twice
the amount on my statement is wrong
you took money twice
why did you charge me more
you debited the wrong amount
扣了两次钱
多收了我的钱
重复扣款)"},
    {"invoice", R"(I need an invoice
can I have a receipt
send me the invoice please
I need a copy of my invoice
where is my invoice
I did not get an invoice
where can I download the invoice
I lost my receipt
can you send the receipt again
invoice for order 48213
receipt for my order
I need a bill for my company
can you issue an invoice with VAT
I need a VAT invoice
please send the bill by email
I need proof of purchase
I need a receipt for my taxes
I need an invoice for my accountant
can I get the invoice as a PDF
the invoice has the wrong name
please put my company name on the invoice
no receipt in the parcel
my boss needs an invoice
could you email me the receipt
duplicate of the invoice
我要发票
请开发票
发票怎么开
能再发一次发票吗
没有收到发票
我需要收据
开公司发票
电子发票)"},
    {"voucher", R"(my voucher does not work
my discount code is not working
the coupon code is invalid
the code is not accepted
it says the code is invalid
my promo code has expired
it won't accept my code
the discount was not applied
I did not get my discount
my code was rejected
how do I use a voucher
how do I redeem my coupon
where do I enter the code
where can I enter my discount code
how do I redeem a gift card
my gift card does not work
my gift card is not accepted
what is the balance of my gift card
how much money is on my gift card
how long is the gift card valid
can I use two vouchers
can I use my voucher for sale items
I forgot to use my voucher
can I add the code after ordering
I have a gift card, how do I use it
can I use a gift card online
the welcome discount did not come
problem with a voucher
I have a 10 percent code that gives an error
why can't I use my coupon
code says not valid
help with a discount code
优惠券不能用
折扣码无效
优惠码怎么用
礼品卡怎么使用
优惠没有减
在哪里输入优惠码
礼品卡余额
优惠券过期了
红包用不了)"},
    {"discounts wanted", R"(do you have any discounts
are there any offers
when is your next sale
do you have a student discount
can I get a discount
is there a discount for new customers
do you have Black Friday deals
could you give me a better price
do you have a loyalty programme
how do I collect points
有折扣吗
能便宜点吗
有学生优惠吗
什么时候打折)"},
    {"cannot sign in", R"(I can't log in
I cannot sign in
login does not work
I can't get into my account
I forgot my password
I need to reset my password
how do I change my password
my password does not work
it says my password is wrong
I don't get the password email
the reset link does not work
my account is locked
my account has been blocked
why is my account disabled
I am locked out
unlock my account
it doesn't recognise my email
it says my email does not exist
I forgot my username
I don't remember which email I used
I don't have access to my old email
trouble signing in
can't access my account
log in problem
the login page shows an error
I don't get a verification code
the code to log in does not come
somebody hacked my account
your website won't let me in
forgot login
登录不了
忘记密码
怎么重置密码
账号被锁了
密码不对
收不到验证码
进不去我的账户
我的邮箱登录不了
用户名忘了)"},
    {"a new account", R"(how do I create an account
I want to register
can I order without an account
sign me up
do I need an account
how can I become a customer
怎么注册
我想开一个账户)"},
    {"close the account", R"(delete my account
I want to close my account
please remove my data
how do I delete my profile
what data do you have about me
I don't want you to keep my data
how do you protect my personal data
注销账户
删除我的资料)"},
    {"newsletter", R"(unsubscribe me from the newsletter
how do I subscribe to your newsletter
stop sending me emails
I get too many emails from you
取消订阅
不要再给我发广告)"},
    {"subscription", R"(I want to cancel my subscription
how do I end my membership
upgrade my plan
downgrade my plan
what is included in the premium plan
pause my subscription
取消会员
升级套餐)"},
    {"change what was ordered", R"(can I add something to my order
I want to change my order
can I remove one item from my order
I want two instead of one
can I change the size in my order before it ships
combine my two orders
可以修改订单吗
我想加一件
订单里的数量要改)"},
    {"no confirmation", R"(I did not get an order confirmation
did my order go through
I have no confirmation email
was my order placed
没收到确认邮件
我的订单成功了吗)"},
    {"buy something", R"(I want to order a lamp
I'd like to buy a shirt
can I order by phone
how do I place an order
how do I order
how does ordering work
I'd like to make a purchase
can I buy over the phone
where is my basket
how do I put it in my cart
I want two of these
can I purchase it here in the chat
the checkout page is empty
I would like to get a new jacket
我想买一件衬衫
怎么下单)"},
    {"warranty", R"(how long is the warranty
is there a guarantee
can you repair it
my warranty has expired
do you repair lamps
do you sell spare parts
保修多久
可以维修吗)"},
    {"gifts", R"(can you wrap it as a gift
do you offer gift wrapping
can I add a card with a message
I want to buy a gift card
可以包装成礼物吗
我想买礼品卡)"},
    {"hello", R"(hello
hi
hey
hi there
hello there
hey there
good morning
good afternoon
good evening
good day
morning
evening all
hiya
howdy
greetings
yo
hello bot
hi everyone
hello, anyone there
hi, are you there
hey, how are you
hello, how are you doing
hallo
hola
heya
helloo
hi shop
nice to meet you
你好
您好
嗨
哈喽
早上好
晚上好
下午好
有人吗
在吗
你好呀)"},
    {"goodbye", R"(bye
goodbye
bye bye
see you
see you later
see ya
talk to you later
have a nice day
have a great weekend
have a good one
good night
take care
cheerio
farewell
until next time
that's all, bye
I have to go
I'm off now
got to run
gotta go
cya
ciao
so long
bye for now
thanks, bye
that was all, goodbye
catch you later
see you soon
cu
ttyl
再见
拜拜
回头见
下次再聊
晚安
我先走了
没事了，再见)"},
    {"thanks", R"(thanks
thank you
thank you so much
thanks a lot
many thanks
thx
ty
tysm
cheers
ta
much appreciated
I appreciate it
that's kind of you
that is very kind
you've been very helpful
great, thanks
perfect, thank you
that helped a lot
thanks for your help
thank you for the quick answer
thanks a million
awesome, thank you
brilliant, cheers
grateful for your help
you're the best
nice one
谢谢
谢谢你
非常感谢
多谢
太感谢了
谢谢帮忙
辛苦了)"},
    {"yes", R"(yes
yeah
yep
yup
y
ya
sure
of course
okay
ok
k
right
correct
exactly
that's right
that is correct
that's it
absolutely
definitely
certainly
indeed
go ahead
please do
do it
sounds good
fine by me
that's fine
alright
all right
yes please
yes, that's correct
I agree
agreed
I confirm
confirmed
true
sure thing
why not
you got it
perfect, do that
great
uh huh
yes, go on
that works for me
是
是的
对
对的
好
好的
可以
没错
当然
行
嗯
没问题
确认
同意
就这样)"},
    {"no", R"(no
nope
nah
n
no thanks
no thank you
not really
no way
not at all
never
absolutely not
certainly not
of course not
not correct
that's wrong
that is not right
that's not correct
incorrect
wrong
no, that's not it
I don't think so
please don't
don't do that
rather not
I disagree
I'd rather not
no, not that
not that one
negative
definitely not
not now
no, that's not what I meant
不
不是
不对
不用
不用了
不要
没有
不行
错了
不可以
不需要
不同意)"},
    {"never mind", R"(never mind
nevermind
nvm
forget it
forget about it
stop
stop it
stop this
quit
abort
abort this
exit
leave it
let's leave it
leave it for now
drop it
cancel
cancel that
cancel this
cancel this process
I changed my mind, forget it
I don't want to continue
let's not do this
let's stop here
end this
that's enough, stop
it doesn't matter
doesn't matter any more
not important any more
I'd rather do it later
I'll do it another time
maybe later
scratch that
go back to the start
I want to stop now
don't bother
no need any more
skip the whole thing
I give up
I no longer want to do this
算了
不用管了
停
停止
取消
别弄了
不弄了
我不想继续了
退出
先不办了
没关系，算了)"},
    {"say it again", R"(can you repeat that
repeat please
say that again
could you say that again please
what did you say
what was that
pardon
pardon me
sorry, what
come again
once more please
one more time
again please
I missed that
I didn't catch that
I didn't get that
what was the question
what was the question again
what did you ask
please repeat the question
please repeat the last message
tell me again
show me that again
can you write that again
I did not understand, say it again
huh, what did you ask me
再说一遍
请重复一下
你说什么
刚才说什么
没听清
没看清楚，再说一次
什么意思，再说一遍
刚才的问题是什么)"},
    {"robot or person", R"(are you a robot
are you a bot
are you human
are you a real person
are you real
am I talking to a bot
am I talking to a human
am I chatting with a machine
am I speaking with a real person
is this a bot
is this a chatbot
is this a computer
is this automated
is there a real person behind this
are you an AI
is that an AI writing
are you artificial intelligence
are you a machine or a person
you are a bot, right
you're not human, are you
who are you
who am I talking to
who is this
who's there
what is your name
what's your name
what should I call you
do you have a name
what are you
with whom am I speaking
did a human write this
r u a robot
are you ChatGPT
你是机器人吗
你是真人吗
你是谁
你叫什么名字
我在和谁说话
是人还是机器
这是机器人吗
你是人工智能吗)"},
    {"what can you do", R"(what can you do
what can you help me with
how can you help me
what do you do
help
help me
I need help
I need some help
can you help me
please help
what can I ask you
what are you able to do
which questions can I ask
which topics do you know
what are your functions
what are my options
show me the options
show me the menu
menu
how does this chat work
how does this work
how do I use this
what is this chat for
what is this
what services do you offer here
commands
list what you can do
I don't know what to do here
what else can you do
give me an overview
你会什么
你能做什么
你可以帮我什么
帮助
帮帮我
我需要帮助
怎么用
有什么功能
能问你什么
菜单)"},
};

}  // namespace

std::span<const PhraseGroup> common_phrases() { return groups; }

}  // namespace nlu
