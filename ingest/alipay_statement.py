"""Alipay's statement of a merchant's account (账务明细), one row per movement of the wallet, newest first.

Lines with a `#` stand before and behind the table. Those behind it tell how many rows moved money in and out, and how
much: what the rows don't come to is a difference, and so is a missing total, since a file that was cut off has none.
What a row means is told by 业务类型, and for some kinds by 备注; what neither tells stays `other`, and is no sale.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest import alipay, export_cells
from ingest.alipay_balances import Balances
from ingest.alipay_totals import totals_in
from ingest.cells import Mask, Numbers
from ingest.export_records import Distinct, Ending, ExportFormat, Task, Translated
from ingest.export_rows import ExportRows
from ingest.rows import RawRows
from lending.records import Difference

COLUMNS = {
    "entry": ("账务流水号",),
    "time": ("发生时间",),
    "counterparty": ("对方账号", "对方账户"),
    "income": ("收入金额（+元）", "收入金额(+元)", "收入金额"),
    "expense": ("支出金额（-元）", "支出金额(-元)", "支出金额"),
    "balance": ("账户余额（元）", "账户余额(元)", "账户余额", "余额（元）", "余额(元)", "余额"),
    "type": ("业务类型",),
    "remark": ("备注",),
}
REQUIRED = ("entry", "time", "income", "expense", "balance", "type", "remark")
# Only remarks in these words are quoted in a report: others may hold what a person wrote.
KNOWN_REMARK = (
    r"^(?:售后退款-[0-9A-Z]+|提现到银行卡|余额宝-(?:自动)?转[入出](?:到余额)?|网商贷-(?:放款|还款)|消费者保证金[缴解][存冻]"
    r"|(?:淘宝客佣金(?:代扣款|退款)|天猫佣金|代扣返点积分|基础软件服务费|软件服务费|花呗支付服务费|信用卡支付服务费)"
    r"(?:[\[({（][0-9]+[\])}）])?(?:扣款)?)$"
)
MOST_KINDS_SHOWN = 200
EXPENSES, INCOMES = "支出合计", "收入合计"
GROSS = "收入 rows of 业务类型 交易付款 or 在线支付"
RECALL_ONLY = (
    "the wording of the 余额宝, 网商贷, 花呗支付服务费 and 保证金 rows in THIS layout is not evidenced; "
    "the layout, signs and footer are"
)
EMPTY_MONTH = "a month without movement: header and footer only, balance unknown"


class AlipayStatement:
    """Reads one statement."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._names = STATEMENT.names_in(task.file.header.names)
        self._sums = alipay.Sums()
        self._balances = Balances()
        self._buyers = Distinct()
        self._kinds: dict[str, str] = {}
        # Of all rows that could be cut, as the totals below the table count them.
        self._rows = {INCOMES: 0, EXPENSES: 0}
        self._moved = {INCOMES: 0, EXPENSES: 0}
        self._any_row = False
        self._last_line = task.file.header.line

    def translate(self, rows: RawRows) -> Sequence[Translated]:
        """Entries of the wallet, and of the fund what passed between the two.

        Raises:
            UnreadableFileError: where a spreadsheet has destroyed the numbers of entries.
        """
        work = alipay.cleaned(ExportRows(self._task.file.name, rows, self._names))
        amounts, _ = alipay.amounts_of(work)
        work.refuse(~work.has("balance"), "balance", "empty, but each row needs it")
        balances = work.read_amounts("balance", export_cells.CNY, below_zero=True)
        for name, mask in ((INCOMES, amounts > 0), (EXPENSES, amounts < 0)):
            self._rows[name] += int(mask.sum())
            self._moved[name] += abs(int(amounts[mask].sum()))
        self._any_row = self._any_row or rows.row_count > 0
        if len(rows.lines):
            self._last_line = int(rows.lines[-1])
        kinds = _kinds(work, amounts)
        self._note_kinds(work, kinds)
        count = len(amounts)
        who = alipay.counterparties(work, "counterparty", "")
        moved = alipay.Movements(kinds, amounts, np.full(count, alipay.WALLET), who, balances)
        return alipay.entries(self._task, work, moved)

    def _note_kinds(self, work: ExportRows, kinds: Numbers) -> None:
        """Which wording was taken for which kind, up to some two hundred of them."""
        quoted = pa.array(alipay.says(work.cells["remark"], KNOWN_REMARK))
        words = pc.dictionary_encode(pc.if_else(quoted, work.cells["remark"], work.cells["type"]))
        places, rows = np.unique(words.indices.to_numpy(), return_index=True)
        for place, row in zip(places.tolist(), rows.tolist(), strict=True):
            if len(self._kinds) >= MOST_KINDS_SHOWN:
                return
            kind = alipay.name_of(int(kinds[row]))
            self._kinds.setdefault(words.dictionary[place].as_py(), _SHOWN.get(kind, kind))

    def count(self, translated: Translated, rows: pa.Table, keep: Mask) -> None:
        """Add up entries that passed all checks."""
        kinds, amounts = translated.figures["kind"][keep], translated.figures["amount"][keep]
        if not len(kinds):
            return
        moments = rows["booked_at"].to_numpy().astype(np.int64)
        self._sums.add(kinds, amounts, moments)
        self._balances.add(moments, amounts, rows["balance_minor"].to_numpy(), translated.raw.lines[keep])
        buyers = rows["counterparty_ref"].combine_chunks()
        self._buyers.add(buyers.filter(pa.array(alipay.is_kind(kinds, "sale"))))

    def remaining(self) -> Sequence[Translated]:
        """Nothing: each row is an entry."""
        return ()

    def finish(self) -> Ending:
        """The totals below the table and the last balance, where the rows don't come to them."""
        file = self._task.file
        totals = totals_in(file.notes)
        found: list[Difference] = []
        for name in (EXPENSES, INCOMES):
            if name in totals:
                found += totals[name].differences(file.name, self._rows[name], self._moved[name])
            else:
                line = max(self._last_line, *(note.line for note in file.notes), file.header.line)
                found.append(Difference(file.name, line, name, None, self._moved[name], alipay.CURRENCY))
        found += self._balances.differences(file.name, self._names["balance"], alipay.CURRENCY)
        return Ending(differences=tuple(found), warnings=tuple(self._balances.warnings()))

    def summary(self) -> dict[str, Any]:
        """What the statement adds up to."""
        sums, ends = self._sums, self._balances.ends()
        everything = tuple(alipay.KINDS)
        return {
            "currency": self._task.currency,
            "timezone": self._task.time_zone,
            "data_rows": sums.count,
            "row_order": self._balances.order,
            "orders": sums.rows["sale"],
            "gross_minor": sums.came_in("sale"),
            "gross_definition": GROSS,
            "refunds_minor": sums.went_out("refund"),
            "fees_minor": sums.went_out("fee"),
            "fee_credits_minor": sums.came_in("fee_back"),
            "internal_transfers_minor": {
                alipay.CURRENCY: {
                    "out": sums.went_out("fund_in")[alipay.CURRENCY],
                    "in": sums.came_in("fund_out")[alipay.CURRENCY],
                }
            },
            "withdrawals_minor": sums.went_out("withdrawal"),
            "loan_disbursed_minor": sums.came_in("loan_in"),
            "loan_repaid_minor": sums.went_out("loan_out"),
            "margin_deposit_minor": sums.went_out("deposit_margin"),
            "total_in_minor": sums.came_in(*everything),
            "total_out_minor": {alipay.CURRENCY: -sums.went_out(*everything)[alipay.CURRENCY]},
            "rows_in": sums.rows_in,
            "rows_out": sums.rows_out,
            "footer_must_match": True,
            "unclassified_rows": sums.rows[alipay.OTHER],
            "opening_balance_minor": None if ends is None else {alipay.CURRENCY: ends[0]},
            "closing_balance_minor": None if ends is None else {alipay.CURRENCY: ends[1]},
            **sums.span(),
            "cancelled_orders": None,
            "distinct_buyers": self._buyers.count(),
            "kinds": dict(self._kinds),
            "recall_only": RECALL_ONLY,
            "note": "" if self._any_row else EMPTY_MONTH,
            "encoding": "gbk (decode as gb18030)" if self._task.file.head.encoding == "gb18030" else "utf-8",
            "line_ending": alipay.line_ending(self._task.file),
        }


# Under which name a report shows a kind, where it is another one.
_SHOWN = {"fund_in": "internal", "fund_out": "internal"}


def _kinds(work: ExportRows, amounts: Numbers) -> Numbers:
    """What each row is; the first rule that holds decides."""
    named, remark = work.cells["type"], work.cells["remark"]
    came_in, went_out = amounts > 0, amounts < 0
    fund = alipay.says(remark, "余额宝") & ~alipay.says(remark, "收益")
    fee = alipay.says(remark, "佣金|服务费|代扣返点积分")
    return alipay.kinds_of(
        [
            ("sale", alipay.says(named, "^(交易付款|在线支付)$") & came_in),
            ("refund", alipay.says(named, "^交易退款$") & went_out),
            ("fund_in", fund & went_out),
            ("fund_out", fund & came_in),
            ("loan_in", alipay.says(remark, "^网商贷-放款") & came_in),
            ("loan_out", alipay.says(remark, "^网商贷-还款") & went_out),
            ("deposit_margin", alipay.says(remark, "保证金")),
            ("withdrawal", alipay.says(named, "^提现$") & went_out),
            ("fee_back", fee & came_in),
            ("fee", fee & went_out),
        ],
        len(amounts),
    )


STATEMENT = ExportFormat(
    name="alipay_merchant_statement",
    platform="alipay",
    title="Alipay's statement of a merchant's account",
    currency=alipay.CURRENCY,
    time_zone=alipay.TIME_ZONE,
    columns=COLUMNS,
    required=REQUIRED,
    reader=AlipayStatement,
    is_note=alipay.is_comment,
)
