"""Platforms' files that hold nothing for the record: known by their headers, and why they are left alone."""

from pathlib import Path

from ingest.delimited import read_head
from ingest.text import UnreadableFileError

# Names that a header has, all of them, and what the file is.
_KNOWN: tuple[tuple[frozenset[str], str], ...] = (
    (
        frozenset({"支付宝交易号", "商户订单号", "订单金额（元）", "商家实收（元）"}),
        "Alipay's 业务明细, which lists orders and no movements of cash; export 账务明细 in its place",
    ),
    (
        frozenset({"类型", "收入笔数", "支出笔数"}),
        "the summary (汇总) of an Alipay statement; the statement itself (明细) has what counts",
    ),
    (
        frozenset({"子订单编号", "主订单编号", "商品标题"}),
        "Taobao's list of single items (ExportItemList), which has no amounts; export the order report",
    ),
    (
        frozenset({"订单编号", "标题", "价格", "购买数量"}),
        "Taobao's list of single items (ExportOrderDetailList); export the order report in its place",
    ),
    (
        frozenset({"Payout Date", "Charges", "Refunds", "Reserved Funds"}),
        "Shopify's list of payouts; export the transactions, which they are made of",
    ),
)


def why(path: Path) -> str:
    """What a file is that is known and not read; empty for all others."""
    try:
        head = read_head(path)
    except UnreadableFileError:
        return ""
    headers = [{name.replace("(", "（").replace(")", "）") for name in line.names} for line in head.header_lines()]
    return next((what for names, what in _KNOWN for header in headers if names <= header), "")
