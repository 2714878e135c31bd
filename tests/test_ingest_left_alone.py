"""Platforms' files that are known and not read: each is named with what to bring in its place."""

import pytest

from ingest import left_alone
from ingest.exports import recognise
from tests.made_up_exports import SOUND

BUSINESS = "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,订单金额（元）,商家实收（元）,备注"
SUMMARY = "类型,收入笔数,收入金额（+元）,支出笔数,支出金额（-元）,总金额（元）"
ITEMS = "子订单编号,主订单编号,商家编码,外部系统编号,商品标题,物流单号,物流公司"
DETAILS = "订单编号,标题,价格,购买数量,外部系统编号,商品属性,套餐信息,备注,订单状态,商家编码"
PAYOUTS = "Payout Date,Status,Charges,Refunds,Adjustments,Reserved Funds,Fees,Retried Amount,Total,Currency"


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (BUSINESS, "业务明细"),
        (BUSINESS.replace("（", "(").replace("）", ")"), "业务明细"),
        (SUMMARY, "汇总"),
        (ITEMS, "ExportItemList"),
        (DETAILS, "ExportOrderDetailList"),
        (PAYOUTS, "payouts"),
    ],
)
@pytest.mark.parametrize("codec", ["gb18030", "utf-16"])
def test_a_file_that_holds_nothing_for_the_record_is_named(tmp_path, header, said, codec):
    path = tmp_path / "x.csv"
    path.write_bytes(f"#支付宝\n#账号：[2088]\n{header}\n1,2\n".encode(codec))
    assert said in left_alone.why(path)
    assert recognise(path) is None


@pytest.mark.parametrize("text", [*SOUND.values(), "", "a,b\n1,2\n"])
def test_a_file_that_is_read_is_never_left_alone(tmp_path, text):
    path = tmp_path / "x.csv"
    path.write_text(text, encoding="utf-8")
    assert left_alone.why(path) == ""
