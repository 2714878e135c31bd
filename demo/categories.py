"""What a shop sells decides its ticket, its season, and how much comes back."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Category:
    """One trade of the marketplace.

    Shares are of sales, 0-1. `months` are January to December against an average month, without 11.11.
    """

    name: str
    trade: str
    trade_chinese: str
    weight: float
    """How often a shop is of this trade, against the others."""
    ticket: float
    """The usual order, in whole units of the currency."""
    refund_share: float
    refund_share_after_1111: float
    trade_buyers: float
    """How likely a shop of this trade sells to a few firms rather than to the public."""
    peak_1111: float
    """Sales on 11 November against an ordinary day."""
    cost_share: float
    months: tuple[float, ...]


# Refunds: food and home 1-4 %, electronics 3-6 %, clothing 10-30 %, women's clothing after 11.11 40-60 %.
CATEGORIES = (
    Category("tea", "Teas", "茶铺", 15, 460, 0.012, 0.02, 0.10, 4.5, 0.55,
             (1.25, 0.80, 1.05, 1.35, 1.20, 0.95, 0.80, 0.80, 0.95, 0.95, 0.95, 0.95)),
    Category("snacks", "Snacks", "零食铺", 12, 260, 0.013, 0.02, 0.05, 4.5, 0.68,
             (1.45, 0.95, 0.90, 0.90, 0.95, 0.95, 0.85, 0.90, 1.05, 1.00, 1.00, 1.10)),
    Category("honey", "Honey", "蜂蜜", 9, 300, 0.014, 0.02, 0.05, 4.0, 0.50,
             (1.15, 0.95, 0.95, 0.90, 0.95, 0.85, 0.85, 0.85, 1.05, 1.15, 1.20, 1.15)),
    Category("linen", "Linen", "家纺", 10, 540, 0.030, 0.06, 0.05, 6.5, 0.62,
             (1.00, 0.75, 0.95, 1.00, 1.00, 0.90, 0.85, 1.05, 1.20, 1.20, 1.10, 1.00)),
    Category("tools", "Tools", "五金", 10, 620, 0.025, 0.04, 0.40, 4.0, 0.70,
             (0.80, 0.70, 1.15, 1.15, 1.10, 1.05, 1.00, 1.00, 1.05, 1.05, 1.00, 0.95)),
    Category("ceramics", "Ceramics", "瓷坊", 8, 500, 0.028, 0.05, 0.20, 5.0, 0.50,
             (1.10, 0.80, 0.95, 1.00, 1.00, 0.95, 0.90, 0.95, 1.05, 1.05, 1.10, 1.15)),
    Category("pet food", "Pet Food", "宠粮", 8, 380, 0.016, 0.03, 0.05, 5.5, 0.72,
             (0.95, 0.90, 1.00, 1.00, 1.00, 1.05, 1.00, 1.00, 1.00, 1.05, 1.05, 1.00)),
    Category("phone parts", "Phone Parts", "手机配件", 10, 280, 0.042, 0.06, 0.35, 5.0, 0.70,
             (0.95, 0.85, 1.00, 1.00, 1.00, 1.05, 1.00, 1.00, 1.10, 1.05, 1.00, 1.00)),
    Category("knitwear", "Knitwear", "针织", 7, 520, 0.130, 0.28, 0.05, 7.0, 0.55,
             (1.30, 1.00, 0.95, 0.75, 0.60, 0.50, 0.50, 0.70, 1.10, 1.45, 1.65, 1.50)),
    Category("shoes", "Shoes", "鞋坊", 6, 480, 0.160, 0.28, 0.05, 6.5, 0.60,
             (1.00, 0.80, 1.10, 1.15, 1.05, 0.90, 0.85, 0.90, 1.10, 1.15, 1.05, 0.95)),
    Category("women's clothing", "Dresses", "女装", 5, 420, 0.260, 0.56, 0.03, 8.0, 0.50,
             (0.85, 0.75, 1.05, 1.20, 1.25, 1.20, 1.00, 0.95, 1.00, 1.00, 0.95, 0.80)),
)  # fmt: skip


def category(name: str) -> Category:
    """The category of that name.

    Raises:
        KeyError: for a name that is not in the list.
    """
    return {each.name: each for each in CATEGORIES}[name]
