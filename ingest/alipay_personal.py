"""Alipay's export for a person (交易明细), one row per trade, without balances.

What a row did to the owner's money:

- 收入 came in and 支出 went out. A 支出 that is closed (交易关闭) was paid; its refund stands in a row of its own.
- 不计收支 is neither by itself: 商品说明 and 交易分类 tell whether it went to Yu'ebao or came from it, was paid back,
  repaid a credit, or was taken to a bank. What is closed never moved anything. What nothing tells becomes no entry.
- 收/付款方式 tells from which account: the wallet (余额), the fund (余额宝), or a card or a credit, which are kept as
  a bank account is.

No row counts as a sale: a person's income may be anything. The totals stand before the table.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest import alipay, export_cells
from ingest.alipay import CURRENCY
from ingest.alipay_totals import totals_in
from ingest.cells import Mask, Numbers
from ingest.export_records import Ending, ExportFormat, Task, Translated
from ingest.export_rows import ExportRows
from ingest.rows import RawRows
from lending.records import Difference

COLUMNS = {
    "entry": ("交易订单号", "交易号"),
    "time": ("交易时间", "交易创建时间"),
    "category": ("交易分类", "类型"),
    "counterparty": ("交易对方",),
    "account": ("对方账号",),
    "words": ("商品说明", "商品名称"),
    "direction": ("收/支",),
    "amount": ("金额", "金额（元）", "金额(元)"),
    "method": ("收/付款方式",),
    "status": ("交易状态",),
}
REQUIRED = ("entry", "time", "words", "direction", "amount", "status")
INCOME, EXPENSE, NEUTRAL = "收入", "支出", "不计收支"
DIRECTIONS = {INCOME: INCOME, EXPENSE: EXPENSE, NEUTRAL: NEUTRAL, "其他": NEUTRAL, "/": NEUTRAL, "": NEUTRAL}
NAMES = (INCOME, EXPENSE, NEUTRAL)
MEANINGS = (
    "", "expense_really_spent", "yuebao_in", "yuebao_out", "yuebao_yield", "huabei_repayment", "mybank_loan_repayment",
    "withdrawal",
)  # fmt: skip
"""What the words of a row can tell, as the report names it."""
_WORDS_BELOW = re.compile(
    r"(#|-{5,}|共\s*[0-9]+\s*笔|[已待]?[收支][入出]\s*[:：]|不计收支\s*[:：]|导出时间|用户\s*[:：])"
)
COUNT = re.compile(r"共\s*([0-9]{1,9})\s*笔记录")
NOTE = "no balance column; repayments and transfers have direction 不计收支, the direction is only in 商品说明"
NO_TOTALS = "The file tells no totals (共…笔记录), so nobody can see whether rows were taken out."


class AlipayPersonal:
    """Reads one export for a person."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._names = PERSONAL.names_in(task.file.header.names)
        self._sums = alipay.Sums()
        self._by_direction: Counter[str] = Counter()
        self._by_meaning: Counter[str] = Counter()
        self._unclear = 0
        # Of all rows that could be cut, as the totals before the table count them.
        self._rows: Counter[str] = Counter()
        self._moved: Counter[str] = Counter()

    def translate(self, rows: RawRows) -> Sequence[Translated]:
        """Entries of wallet, fund and other accounts.

        Raises:
            UnreadableFileError: where a spreadsheet has destroyed the numbers of trades.
        """
        work = alipay.cleaned(ExportRows(self._task.file.name, rows, self._names))
        work.refuse(~work.has("amount"), "amount", "empty, but each row needs it")
        minor = work.read_amounts("amount", export_cells.CNY)
        directions = _directions(work)
        for place, name in enumerate(NAMES):
            self._rows[name] += int((directions == place).sum())
            self._moved[name] += int(minor[directions == place].sum())
        meanings = _meanings(work, directions)
        moved = _moved(work, minor, directions, meanings)
        if moved.known is not None:
            unclear = work.keep() & ~moved.known
            self._unclear += int(unclear.sum())
            self._by_direction[NEUTRAL] += int(minor[unclear].sum())
        return alipay.entries(self._task, work, moved)

    def count(self, translated: Translated, rows: pa.Table, keep: Mask) -> None:
        """Add up entries that passed all checks."""
        figures = {name: values[keep] for name, values in translated.figures.items()}
        if not rows.num_rows:
            return
        self._sums.add(figures["kind"], figures["amount"], rows["booked_at"].to_numpy().astype(np.int64))
        for place, name in enumerate(NAMES):
            self._by_direction[name] += int(figures["minor"][figures["direction"] == place].sum())
        for place, name in enumerate(MEANINGS):
            self._by_meaning[name] += int(figures["minor"][figures["meaning"] == place].sum())

    def remaining(self) -> Sequence[Translated]:
        """Nothing: each row is an entry."""
        return ()

    def finish(self) -> Ending:
        """The totals before the table, where the rows don't come to them."""
        file = self._task.file
        notes = (*file.preamble, *file.notes)
        totals = totals_in(notes)
        found: list[Difference] = []
        for note in notes:
            count = COUNT.search(note.text)
            if count is not None and int(count[1]) != self._rows.total():
                found.append(Difference(file.name, note.line, "共…笔记录", int(count[1]), self._rows.total(), "rows"))
        for name in NAMES:
            if name in totals:
                found += totals[name].differences(file.name, self._rows[name], self._moved[name])
        told = any(COUNT.search(note.text) for note in notes)
        return Ending(differences=tuple(found), warnings=() if told else (NO_TOTALS,))

    def summary(self) -> dict[str, Any]:
        """What the export adds up to."""
        file, sums, meant = self._task.file, self._sums, self._by_meaning
        names = file.header.names
        trailing = len(names) == 13 and not names[-1]
        return {
            "currency": self._task.currency,
            "timezone": self._task.time_zone,
            "data_rows": sums.count + self._unclear,
            "fields_per_row": len(names),
            "fields_note": "12 columns and a trailing comma" if trailing else None,
            "header_line": file.header.line,
            "income_minor": {CURRENCY: self._by_direction[INCOME]},
            "expense_minor": {CURRENCY: self._by_direction[EXPENSE]},
            "neutral_minor": {CURRENCY: self._by_direction[NEUTRAL]},
            "unclear_rows": self._unclear,
            **{f"{name}_minor": {CURRENCY: meant[name]} for name in MEANINGS if name},
            **sums.span(),
            "closing_balance_minor": None,
            "note": NOTE,
            "encoding": "gbk" if file.head.encoding == "gb18030" else file.head.encoding,
            "line_ending": alipay.line_ending(file),
        }


def _directions(work: ExportRows) -> Numbers:
    """The direction of each row as its place in `NAMES`; others are refused."""
    encoded = pc.dictionary_encode(work.cells["direction"])
    known = [NAMES.index(DIRECTIONS[text]) if text in DIRECTIONS else -1 for text in encoded.dictionary.to_pylist()]
    found: Numbers = np.array(known, dtype=np.int64)[encoded.indices.to_numpy()]
    work.refuse(found < 0, "direction", "no known direction; it is 收入, 支出 or 不计收支")
    return found


def _meanings(work: ExportRows, directions: Numbers) -> Numbers:
    """What a row is by its words, as the place in `MEANINGS`; closed rows only mean what was paid."""
    words = work.cells["words"]
    closed = alipay.says(work.cells["status"], "关闭")
    neutral = (directions == NAMES.index(NEUTRAL)) & ~closed
    fund = alipay.says(words, "余额宝")
    repaid = alipay.says(words, "还款")
    rules = {
        "expense_really_spent": (directions == NAMES.index(EXPENSE)) & ~closed,
        "yuebao_yield": neutral & fund & alipay.says(words, "收益发放"),
        "yuebao_in": neutral & fund & alipay.says(words, "转入"),
        "yuebao_out": neutral & fund & alipay.says(words, "转出"),
        "huabei_repayment": neutral & repaid & alipay.says(words, "花呗"),
        "mybank_loan_repayment": neutral & repaid & alipay.says(words, "网商贷"),
        "withdrawal": neutral & alipay.says(words, "^提现"),
    }
    places = [np.int64(MEANINGS.index(name)) for name in rules]
    found: Numbers = np.select(list(rules.values()), places, np.int64(0))
    return found


def _moved(work: ExportRows, minor: Numbers, directions: Numbers, meanings: Numbers) -> alipay.Movements:
    """What each row did to which account."""
    words, status = work.cells["words"], work.cells["status"]
    closed = alipay.says(status, "关闭")
    neutral = (directions == NAMES.index(NEUTRAL)) & ~closed
    income = (directions == NAMES.index(INCOME)) & ~closed
    expense = directions == NAMES.index(EXPENSE)

    def means(*names: str) -> Mask:
        return np.isin(meanings, [MEANINGS.index(name) for name in names])

    back = neutral & (alipay.says(words, "^退款") | alipay.says(status, "^退款成功"))
    lent = neutral & alipay.says(words, "网商贷.*放款")
    added = neutral & alipay.says(words, "^充值")
    gained = means("yuebao_yield")
    into, out_of = means("yuebao_in"), means("yuebao_out")
    repaid = means("huabei_repayment", "mybank_loan_repayment")
    taken = means("withdrawal")
    kinds = alipay.kinds_of(
        [
            ("purchase", expense),
            ("fund_in", into),
            ("fund_out", out_of),
            ("loan_out", repaid),
            ("withdrawal", taken),
            ("loan_in", lent),
            ("refund", back & (meanings == 0)),
            ("top_up", added),
        ],
        len(minor),
    )
    came_in = income | gained | out_of | ((lent | back | added) & (meanings == 0))
    went_out = expense | into | repaid | taken
    amounts = np.where(went_out, -minor, np.where(came_in, minor, 0))
    known = came_in | went_out | (closed & (directions >= 0))
    accounts = np.where(gained, alipay.FUND, _accounts(work, into | out_of))
    figures = {"minor": minor, "direction": directions, "meaning": meanings}
    who = alipay.counterparties(work, "counterparty", "account")
    return alipay.Movements(kinds, amounts, accounts, who, known=known, figures=figures)


def _accounts(work: ExportRows, between: Mask) -> Numbers:
    """The account that each row moved: beside the fund that which it moved money from or to."""
    if "method" not in work.cells:
        return np.full(len(between), alipay.WALLET)
    method = work.cells["method"]
    fund = alipay.says(method, "^余额宝") & ~between
    elsewhere = work.has("method") & ~alipay.says(method, "^余额")
    elsewhere |= between & alipay.says(work.cells["words"], "银行卡")
    return np.where(fund, alipay.FUND, np.where(elsewhere, alipay.ELSEWHERE, alipay.WALLET))


def _is_note(fields: Sequence[str]) -> bool:
    """Words below the table, as the export from the website has them."""
    return bool(_WORDS_BELOW.match(fields[0].strip()))


PERSONAL = ExportFormat(
    name="alipay_personal",
    platform="alipay",
    title="Alipay's export for a person",
    currency=CURRENCY,
    time_zone=alipay.TIME_ZONE,
    columns=COLUMNS,
    required=REQUIRED,
    reader=AlipayPersonal,
    is_note=_is_note,
)
