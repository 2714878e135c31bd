"""The words of which the demo's shops, owners and places are made. The shops are made up; the provinces are real."""

import numpy as np

STYLES = {
    "Grey": "青", "Paper": "纸", "Copper": "铜", "Wooden": "木", "Silver": "银", "Quiet": "静", "Amber": "琥珀",
    "Morning": "晨", "Bamboo": "竹", "Blue": "蓝", "Stone": "石", "Red": "红", "White": "白", "Little": "小",
    "Old": "老", "Salt": "盐", "Cloud": "云", "River": "河", "Snow": "雪", "Pine": "松", "Jade": "玉", "Golden": "金",
    "Iron": "铁", "Round": "圆", "Seven": "七", "Winter": "冬", "Plain": "素", "Green": "绿", "Evening": "晚",
    "Distant": "远", "Clay": "陶", "Brown": "棕", "Early": "早", "Lucky": "福", "Velvet": "绒", "Sunny": "晴",
}  # fmt: skip

THINGS = {
    "Tile": "瓦", "Lantern": "灯", "Wren": "鹪", "Kettle": "壶", "Bridge": "桥", "Sparrow": "雀", "Boat": "舟",
    "Gate": "门", "Bell": "铃", "Fox": "狐", "Crane": "鹤", "Drum": "鼓", "Fern": "蕨", "Moon": "月", "Pear": "梨",
    "Ladder": "梯", "Otter": "獭", "Willow": "柳", "Button": "扣", "Thimble": "箍", "Basket": "篮", "Heron": "鹭",
    "Plum": "梅", "Wheel": "轮", "Umbrella": "伞", "Spoon": "勺", "Turtle": "龟", "Kite": "筝", "Window": "窗",
    "Pebble": "砾", "Teapot": "盏", "Swallow": "燕", "Anchor": "锚", "Acorn": "橡", "Goose": "鹅", "Needle": "针",
}  # fmt: skip

MARKETPLACES = ("Lantern Street", "Nine Bridges")

# Region, city or county, and whether it counts as rural.
PLACES = (
    ("Zhejiang", "Hangzhou", False), ("Zhejiang", "Yiwu", False), ("Zhejiang", "Anji", True),
    ("Fujian", "Quanzhou", False), ("Fujian", "Anxi", True), ("Guangdong", "Guangzhou", False),
    ("Guangdong", "Shenzhen", False), ("Guangdong", "Jieyang", False), ("Jiangsu", "Suzhou", False),
    ("Jiangsu", "Shuyang", True), ("Shandong", "Jinan", False), ("Shandong", "Cao County", True),
    ("Sichuan", "Chengdu", False), ("Sichuan", "Pujiang", True), ("Yunnan", "Kunming", False),
    ("Yunnan", "Fengqing", True), ("Henan", "Zhengzhou", False), ("Henan", "Xixia", True),
    ("Hebei", "Qinghe", True), ("Guizhou", "Meitan", True), ("Gansu", "Lanzhou", False),
    ("Jiangxi", "Jingdezhen", False),
)  # fmt: skip


def name_pairs(rng: np.random.Generator, count: int, *, taken: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """Different pairs of a style and a thing, none of them already taken.

    Raises:
        ValueError: where the lists hold fewer pairs than asked for.
    """
    free = [(style, thing) for style in STYLES for thing in THINGS if (style, thing) not in taken]
    if count > len(free):
        raise ValueError(f"the lists of names make {len(free)} shops, not {count}")
    return [free[place] for place in rng.permutation(len(free))[:count]]


def shop_name(style: str, thing: str, trade: str, trade_chinese: str | None) -> str:
    """The name over the door, with the Chinese one beside it where the shop has one.

    >>> shop_name("Grey", "Tile", "Teas", "茶铺")
    'Grey Tile Teas 青瓦茶铺'
    """
    name = f"{style} {thing} {trade}"
    return name if trade_chinese is None else f"{name} {STYLES[style]}{THINGS[thing]}{trade_chinese}"
