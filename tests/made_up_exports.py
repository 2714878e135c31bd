"""A small sound file of each format of `ingest.exports.FORMATS`, made up: what the tests of spoilt files begin with."""

ALIPAY_STATEMENT = """\
#支付宝账务明细查询
#账号：[20880000000000000156]
#起始日期：[2026年03月01日 00:00:00]   终止日期：[2026年04月01日 00:00:00]
#-----------------------------------------账务明细列表----------------------------------------
账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注
26030003\t,2026030003\t,YEB3\t,\t,2026-03-03 07:30:00,余额宝\t,0.00,-20.00,208.23,支付宝,转账,余额宝-自动转入
26030002\t,2026030002\t,T200P2\t,\t,2026-03-02 10:00:01,样例平台\t,0.00,-0.77,228.23,支付宝,收费,花呗支付服务费[1]
26030001\t,2026030001\t,T200P1\t,杯\t,2026-03-02 10:00:00,\
样例买家(b***1@example.com)\t,129.00,0.00,229.00,支付宝,交易付款,
#-----------------------------------------账务明细列表结束------------------------------------
#支出合计：2笔，共-20.77元
#收入合计：1笔，共129.00元
#导出时间：[2026年04月01日 10:00:00]
"""
ALIPAY_FUND_FLOW = """\
#支付宝资金流水
#账号：demo***@example.com[2088000000000000]
序号,入账时间,支付宝交易号,支付宝流水号,商户订单号,账务类型,收入（+元）,支出（-元）,账户余额（元）,对方账户,对方名称,银行订单号,商品名称,备注,业务描述
1,2026-03-01 08:00:00,20260301\t,11000001\t,T200P1\t,在线支付,129.00, ,229.00,acc***@example.com,样例, ,商品, ,交易收款
2,2026-03-01 08:00:05,20260302\t,11000002\t, ,收费, ,0.77,228.23,acc***@example.com,样例, , , ,
3,2026-03-02 23:50:00,20260303\t,11000003\t, ,理财申购, ,100.00,128.23,acc***@example.com,样例, , , ,
#导出时间：2026-04-01
"""
ALIPAY_PERSONAL = """\
------------------------------------------------------------------------------------
导出信息：
共3笔记录
收入：1笔 299.00元
支出：1笔 45.90元
不计收支：1笔 500.00元

------------------------支付宝（中国）网络技术有限公司  电子客户回单------------------------
交易时间,交易分类,交易对方,对方账号,商品说明,收/支,金额,收/付款方式,交易状态,交易订单号,商家订单号,备注,
2026-03-30 21:10:05,日用百货,样例超市,/,样例日用品,支出,45.90,花呗,交易成功,202603010001\t,T200P01\t,,
2026-03-29 09:00:00,投资理财,样例,/,余额宝-自动转入,不计收支,500.00,余额,交易成功,202603010002\t,T200P02\t,,
2026-03-27 12:00:00,转账红包,样例客户,c***@example.com,收款,收入,299.00,余额,交易成功,202603010004\t,T200P04\t,,
"""
TAOBAO = '''\
"订单编号","买家会员名","买家应付货款","买家应付邮费","总金额","买家实际支付金额","订单状态",\
"收货地址 ","订单创建时间","订单付款时间 ","卖家服务费","退款金额","确认收货时间","打款商家金额"
"=""4900000000000000003""","样例买家_03","55.00","0.00","55.00","0.00","等待买家付款","样例路*号",\
"2026-03-31 23:50:00","","0","0.00","","0.00元"
"=""4900000000000000002""","样例买家_02","59.80","8.00","67.80","67.80","交易成功",\
"样例路*号
二楼","2026-03-03 23:58:07","2026-03-04 00:01:30","0","0.00","2026-03-12 08:30:00","60.00元"
"=""4900000000000000001""","样例买家_01","129.00","0.00","129.00","129.00","交易关闭","样例路*号",\
"2026-03-03 09:12:44","2026-03-03 09:13:02","0","0.00","","0.00元"
'''
SHOPIFY_ORDERS = """\
Name,Email,Financial Status,Currency,Subtotal,Shipping,Taxes,Total,Discount Amount,Created at,Lineitem name,\
Cancelled at,Refunded Amount
#1001,a@example.com,paid,USD,24.00,5.00,2.32,31.32,0.00,2026-01-05 09:15:00 -0500,Mug,,0.00
#1002,b@example.com,refunded,USD,63.96,0.00,0.00,"1,063.96",7.00,2026-01-09 23:50:10 -0500,"Towel, striped",\
2026-01-10 10:00:00 -0500,"1,063.96"
#1002,b@example.com,,,,,,,,,Mug,,
#1003,,voided,USD,9.00,0.00,0.00,9.00,0.00,2026-03-09 23:50:10 -0400,Mug,,0.00
"""
SHOPIFY_PAYMENTS = """\
Transaction Date,Type,Order,Card Brand,Payout Status,Payout ID,Amount,Fee,Net,Checkout,Currency
2026-01-05 09:15:00 -0500,charge,#1001,visa,paid,90000001,31.32,1.21,30.11,#36000000001001,USD
2026-01-05 09:15:00 -0500,charge,#1001,visa,paid,90000001,31.32,1.21,30.11,#36000000001001,USD
2026-01-20 12:00:30 -0500,refund,#1003,visa,pending,,-18.00,0.00,-18.00,#36000000001003,USD
"""
ETSY = """\
Sale Date,Order ID,Buyer User ID,Ship City,Currency,Order Value,Discount Amount,Shipping Discount,Shipping,Sales Tax,\
Order Total,Status,Card Processing Fees,Adjusted Order Total
03/31/26,3300000014,buyer14,"Sample City, North",USD,42.00,0.00,0.00,5.00,0.00,47.00,Paid,1.66,0.00
03/20/26,3300000011,buyer11,"Sample City, North",USD,90.00,0.00,0.00,0.00,7.20,97.20,Completed,3.17,82.20
03/14/26,3300000010,buyer10,"Sample City, North",USD,32.00,0.00,0.00,5.00,0.00,37.00,Refunded,1.36,0.00
"""
EBAY_ORDERS = """\

"Sales Record Number","Order Number","Buyer Username","Buyer Name","Item Number","Quantity","Sold For",\
"Shipping And Handling","eBay Collected Tax","Total Price",\
"eBay Collected Tax Included in Total","Sale Date","Paid On Date"
"","","","","","","","","","","","",""
"201","11-1","buyer_a","","22","2","$14.50","$3.00","$1.00","$33.00","Yes","Sep-03-26","Sep-04-26"
"202","11-2","buyer_b","","","2","$29.00","$0.00","$0.00","$29.00","Yes","Sep-05-26","Sep-05-26"
"202","11-2","buyer_b","","23","1","$20.00","","","","","Sep-05-26","Sep-05-26"
"202","11-2","buyer_b","","24","1","$9.00","","","","","Sep-05-26","Sep-05-26"

"2","record(s) downloaded","from Sep-01-26 to Sep-30-26"
"Seller ID : made_up"
"""
EBAY_TRANSACTIONS = """\
"Transaction report"

"-- means that there is no value"
"Seller","made_up"

Transaction creation date,Type,Order number,Buyer username,Net amount,Payout currency,Item ID,Transaction ID,\
Final Value Fee - fixed,Final Value Fee - variable,"Very high ""item not as described"" fee",Gross transaction amount,\
Reference ID,Description
"Sep 30, 2026",Payout,--,--,"-1,200.00",USD,--,--,--,--,--,"-1,200.00",--,Scheduled payout
"Sep 23, 2026",Refund,11-9,buyer_h,-170.55,USD,--,--,0.40,24.05,--,-195.00,Return ID 5,--
"Sep 22, 2026",Order,11-9,buyer_h,170.55,USD,157,1009,-0.40,-24.05,--,195.00,--,--
"Sep 21, 2026",Order,11-8,buyer_g,17.00,USD,--,--,--,--,--,20.00,--,--
"Sep 21, 2026",Order,11-8,buyer_g,--,USD,158,1010,-1.00,-2.00,--,--,--,--
"""
AMAZON = """\
settlement-id;settlement-start-date;deposit-date;total-amount;currency;transaction-type;order-id;adjustment-id;amount-type;\
amount-description;amount;posted-date-time
25;2026-03-01 08:52:26 UTC;2026-03-17 08:52:26 UTC;23.50;USD;;;;;;;
25;;;;;Order;111-1;;ItemPrice;Principal;29.99;2026-03-03 14:23:11 UTC
25;;;;;Order;111-1;;ItemFees;Commission;-4.49;2026-03-03 14:23:11 UTC
25;;;;;Refund;111-0;7;ItemPrice;Principal;-2.00;2026-03-04 14:23:11 UTC
""".replace(";", "\t")

SOUND = {
    "taobao_orders": TAOBAO,
    "alipay_merchant_statement": ALIPAY_STATEMENT,
    "alipay_fund_flow": ALIPAY_FUND_FLOW,
    "alipay_personal": ALIPAY_PERSONAL,
    "shopify_orders": SHOPIFY_ORDERS,
    "shopify_payments_transactions": SHOPIFY_PAYMENTS,
    "etsy_sold_orders": ETSY,
    "ebay_orders": EBAY_ORDERS,
    "ebay_transactions": EBAY_TRANSACTIONS,
    "amazon_settlement_v2": AMAZON,
}
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16")
