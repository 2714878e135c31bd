"""Alipay's flow of funds (资金流水), one row per movement of the wallet, with its kind in 账务类型.

The file tells no totals; a line with a `#` behind the table is all that shows that it was not cut off. 转账 may be
anything, so it stays `other`, and is no sale. 理财申购 and 理财赎回 move money into the fund and out of it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest import alipay, export_cells
from ingest.alipay_balances import Balances
from ingest.cells import Mask, Numbers
from ingest.export_records import Ending, ExportFormat, Task, Translated
from ingest.export_rows import ExportRows
from ingest.rows import RawRows

COLUMNS = {
    "entry": ("支付宝流水号",),
    "time": ("入账时间",),
    "type": ("账务类型",),
    "income": ("收入（+元）", "收入(+元)", "收入"),
    "expense": ("支出（-元）", "支出(-元)", "支出"),
    "balance": ("账户余额（元）", "账户余额(元)", "账户余额"),
    "account": ("对方账户", "对方账号"),
    "counterparty": ("对方名称",),
    "remark": ("备注",),
}
REQUIRED = ("entry", "time", "type", "income", "expense", "balance")
MOST_TYPES_SHOWN = 20
UNSIGNED = (
    "支出 is written WITHOUT a sign here; other exports write it with a minus: take the absolute value. "
    "Header names seen; the wording of the # lines is recall"
)


class AlipayFundFlow:
    """Reads one flow of funds."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._names = FUND_FLOW.names_in(task.file.header.names)
        self._sums = alipay.Sums()
        self._balances = Balances()
        self._unclassified: set[str] = set()
        self._unsigned = False

    def translate(self, rows: RawRows) -> Sequence[Translated]:
        """Entries of the wallet, and of the fund what passed between the two.

        Raises:
            UnreadableFileError: where a spreadsheet has destroyed the numbers of entries.
        """
        work = alipay.cleaned(ExportRows(self._task.file.name, rows, self._names))
        amounts, signed = alipay.amounts_of(work)
        self._unsigned = self._unsigned or bool(((amounts < 0) & ~signed).any())
        work.refuse(~work.has("balance"), "balance", "empty, but each row needs it")
        balances = work.read_amounts("balance", export_cells.CNY, below_zero=True)
        kinds = _kinds(work, amounts)
        if len(self._unclassified) < MOST_TYPES_SHOWN:
            others = pc.unique(work.cells["type"].filter(pa.array(alipay.is_kind(kinds, alipay.OTHER))))
            self._unclassified.update(others[:MOST_TYPES_SHOWN].to_pylist())
        who = alipay.counterparties(work, "counterparty", "account")
        moved = alipay.Movements(kinds, amounts, np.full(len(amounts), alipay.WALLET), who, balances)
        return alipay.entries(self._task, work, moved)

    def count(self, translated: Translated, rows: pa.Table, keep: Mask) -> None:
        """Add up entries that passed all checks."""
        kinds, amounts = translated.figures["kind"][keep], translated.figures["amount"][keep]
        if not len(kinds):
            return
        moments = rows["booked_at"].to_numpy().astype(np.int64)
        self._sums.add(kinds, amounts, moments)
        self._balances.add(moments, amounts, rows["balance_minor"].to_numpy(), translated.raw.lines[keep])

    def remaining(self) -> Sequence[Translated]:
        """Nothing: each row is an entry."""
        return ()

    def finish(self) -> Ending:
        """The last balance, where the rows don't come to it, and whether the file seems whole."""
        file = self._task.file
        differences = self._balances.differences(file.name, self._names["balance"], alipay.CURRENCY)
        warnings = self._balances.warnings()
        if self._incomplete:
            warnings.append("No line with # stands behind the table, so the file may be cut off: it is incomplete.")
        return Ending(differences=tuple(differences), warnings=tuple(warnings))

    @property
    def _incomplete(self) -> bool:
        return self._task.file.cut_off or not self._task.file.notes

    def summary(self) -> dict[str, Any]:
        """What the flow adds up to."""
        sums, ends, file = self._sums, self._balances.ends(), self._task.file
        types = "、".join(sorted(self._unclassified)[:MOST_TYPES_SHOWN])
        return {
            "currency": self._task.currency,
            "timezone": self._task.time_zone,
            "data_rows": sums.count,
            "row_order": self._balances.order,
            "orders": sums.rows["sale"],
            "gross_minor": sums.came_in("sale"),
            "refunds_minor": sums.went_out("refund"),
            "fees_minor": sums.went_out("fee"),
            "fee_credits_minor": sums.came_in("fee_back"),
            "fund_in_minor": sums.went_out("fund_in"),
            "fund_out_minor": sums.came_in("fund_out"),
            "withdrawals_minor": sums.went_out("withdrawal"),
            "unclassified_rows": sums.rows[alipay.OTHER],
            "unclassified_note": f"账务类型 {types} is ambiguous: never sales, ask" if types else None,
            "incomplete": self._incomplete,
            "opening_balance_minor": None if ends is None else {alipay.CURRENCY: ends[0]},
            "closing_balance_minor": None if ends is None else {alipay.CURRENCY: ends[1]},
            **sums.span(),
            "note": UNSIGNED if self._unsigned else "",
            "encoding": file.head.encoding,
            "line_ending": alipay.line_ending(file),
        }


def _kinds(work: ExportRows, amounts: Numbers) -> Numbers:
    """What each row is; the first rule that holds decides."""
    named = work.cells["type"]
    came_in, went_out = amounts > 0, amounts < 0
    fund = alipay.says(named, "余额宝") & ~alipay.says(named, "收益")
    fee = alipay.says(named, "服务费|佣金")
    return alipay.kinds_of(
        [
            ("sale", alipay.says(named, "^(在线支付|交易付款)$") & came_in),
            ("refund", alipay.says(named, "退款") & went_out),
            ("fund_in", (alipay.says(named, "^理财申购$") | fund) & went_out),
            ("fund_out", (alipay.says(named, "^理财赎回$") | fund) & came_in),
            ("loan_in", alipay.says(named, "网商贷.*放款") & came_in),
            ("loan_out", alipay.says(named, "网商贷.*还款") & went_out),
            ("deposit_margin", alipay.says(named, "保证金")),
            ("withdrawal", alipay.says(named, "^提现") & went_out),
            ("fee_back", (alipay.says(named, "^退费") | fee) & came_in),
            ("fee", (alipay.says(named, "^收费") | fee) & went_out),
        ],
        len(amounts),
    )


FUND_FLOW = ExportFormat(
    name="alipay_fund_flow",
    platform="alipay",
    title="Alipay's flow of funds",
    currency=alipay.CURRENCY,
    time_zone=alipay.TIME_ZONE,
    columns=COLUMNS,
    required=REQUIRED,
    reader=AlipayFundFlow,
    is_note=alipay.is_comment,
)
