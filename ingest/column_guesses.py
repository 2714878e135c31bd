"""First guesses at what the columns of an unknown table are, by their names and words in seven languages.

They only fill in a form: a person sees each beside its values, and changes or confirms it.
"""

import re
import unicodedata
from collections import abc

from ingest.mapping import MOST_WORDS, PAID_BACK, WORD_COLUMN, Mapping, mappable, needed
from ingest.survey import Seen, Survey, order_of, style_of
from lending.records import ORDERS, SALES_DAYS, WALLET_ENTRIES

# For each of Loam's columns the names by which shops and platforms call it, folded: English, Chinese, German, French,
# Spanish, Portuguese. The usual ones come first; a name counts where it is the whole of a column's, or a word of it.
NAMES = {
    "order_ref": (
        "order id", "order no", "order number", "order", "sale no", "sale id", "receipt no", "订单编号", "订单号",
        "单号",
        "bestellnummer", "auftragsnummer", "bestell nr", "numero de commande", "commande", "numero de pedido", "pedido",
        "numero do pedido", "id",
    ),
    "entry_ref": (
        "transaction id", "entry id", "reference", "transaction no", "流水号", "交易号", "交易流水号", "buchungsnummer",
        "transaktionsnummer", "referenz", "numero de transaction", "numero de operacion", "referencia",
        "numero da transacao", "id",
    ),
    "placed_at": (
        "order date", "placed at", "sold at", "sale date", "created at", "ordered", "date", "下单时间", "订单创建时间",
        "订单日期", "创建时间", "日期", "bestelldatum", "bestellt am", "datum", "date de commande", "fecha del pedido",
        "fecha", "data do pedido", "data",
    ),
    "booked_at": (
        "booked at", "booking date", "value date", "transaction date", "date", "time", "入账时间", "发生时间",
        "交易时间",
        "时间", "日期", "buchungstag", "buchungsdatum", "datum", "date operation", "date de l operation",
        "fecha de operacion", "fecha", "data da transacao", "data",
    ),
    "day": ("day", "date", "日期", "tag", "datum", "jour", "dia", "fecha", "data"),
    "orders": (
        "orders", "number of orders", "order count", "sales count", "订单数", "订单量", "bestellungen", "anzahl",
        "commandes", "nombre de commandes", "pedidos", "numero de pedidos",
    ),
    "gross": (
        "total", "order total", "total paid", "gross", "amount", "paid", "sales", "revenue", "实付金额", "实收金额",
        "订单金额", "总金额", "金额", "销售额", "gesamtbetrag", "gesamt", "betrag", "summe", "umsatz", "montant total",
        "montant", "importe total", "importe", "monto", "valor total", "valor",
    ),
    "amount": (
        "amount", "net amount", "value", "金额", "收支金额", "betrag", "umsatz", "montant", "importe", "monto", "valor",
    ),
    "balance": ("balance", "running balance", "余额", "账户余额", "saldo", "kontostand", "solde"),
    "buyer_ref": (
        "buyer", "customer", "customer id", "client", "buyer name", "email", "买家", "买家会员名", "客户", "kaufer",
        "kunde", "kundennummer", "acheteur", "comprador", "cliente",
    ),
    "counterparty_ref": (
        "counterparty", "payee", "payer", "from to", "对方", "对方账户", "交易对方", "empfanger", "auftraggeber",
        "beneficiaire", "contrepartie", "beneficiario", "contraparte",
    ),
    "refunded": (
        "refunded", "refund amount", "refund", "returned", "退款金额", "退款", "erstattet", "erstattung", "rembourse",
        "remboursement", "reembolsado", "reembolso", "devolucion", "devolucao",
    ),
    "refunded_at": (
        "refunded at", "refund date", "退款时间", "erstattet am", "date de remboursement", "fecha de reembolso",
    ),
    "fees": (
        "fees", "fee", "commission", "手续费", "服务费", "佣金", "gebuhr", "gebuhren", "provision", "frais", "comision",
        "tarifa", "taxa", "comissao",
    ),
    "currency": ("currency", "币种", "货币", "wahrung", "devise", "moneda", "divisa", "moeda"),
    "status": ("status", "order status", "state", "订单状态", "状态", "statut", "etat", "estado", "situacao"),
    "kind": (
        "type", "kind", "transaction type", "category", "类型", "交易类型", "业务类型", "art", "buchungsart", "typ",
        "tipo", "nature",
    ),
    "cancelled_at": ("cancelled at", "canceled at", "取消时间", "storniert am", "annule le", "cancelado en"),
    "settled_at": ("settled at", "paid out at", "payout date", "结算时间", "ausgezahlt am", "fecha de liquidacion"),
    "promised_by": ("promised by", "deliver by", "ship by", "承诺发货时间", "lieferung bis", "livraison prevue"),
    "delivered_at": ("delivered at", "delivered", "delivery date", "签收时间", "geliefert am", "livre le", "entregado"),
    "rating": ("rating", "stars", "评分", "bewertung", "note", "calificacion", "avaliacao"),
    "reviewed_at": ("reviewed at", "review date", "评价时间", "bewertet am"),
}  # fmt: skip

ORDER_WORDS = {
    "completed": (
        "completed complete paid shipped delivered fulfilled done success succeeded 交易成功 已完成 已付款 已发货 "
        "已签收 abgeschlossen bezahlt versendet geliefert erledigt termine terminee paye payee livre livree expedie "
        "completado pagado entregado enviado concluido pago entregue"
    ),
    "open": (
        "open pending processing unpaid new 待付款 待发货 处理中 未付款 offen unbezahlt attente pendiente pendente "
        "aberto abierto"
    ),
    "cancelled": (
        "cancelled canceled void voided expired 已取消 取消 storniert abgebrochen annule annulee cancelado anulado"
    ),
    PAID_BACK: (
        "refunded returned 已退款 退款成功 erstattet zuruckgegeben rembourse remboursee reembolsado devuelto devolvido"
    ),
    "refund": "refund 退款 erstattung remboursement reembolso devolucion devolucao",
}
ENTRY_WORDS = {
    "sale": "sale sales payment order income 收入 销售 交易付款 在线支付 verkauf zahlungseingang vente venta venda",
    "refund": "refund 退款 交易退款 erstattung remboursement reembolso devolucion devolucao",
    "purchase": "purchase 采购 支出 einkauf achat compra",
    "fee": "fee fees commission charge 手续费 服务费 佣金 收费 gebuhr provision frais comision tarifa taxa",
    "transfer": "transfer payout withdrawal 转账 提现 uberweisung auszahlung virement transferencia retiro saque",
    "loan_in": "loan 放款 贷款 darlehen auszahlungdarlehen pret prestamo emprestimo",
    "loan_repayment": "repayment 还款 tilgung",
}


def folded(text: str) -> str:
    """A name without case, accents, units in brackets and signs.

    >>> folded("Numéro_de commande (n°)"), folded("账户余额（元）")
    ('numero de commande', '账户余额')
    """
    text = re.sub(r"[(（\[].*?[)）\]]", " ", text)
    plain = "".join(
        letter for letter in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(letter)
    )
    return " ".join(re.findall(r"\w+", plain.replace("_", " ")))


def guess(seen: Survey, kind: str | None = None) -> Mapping:
    """A mapping with whatever can be guessed; what the file's values leave open stays empty.

    Args:
        seen: the table.
        kind: what its rows are, where somebody has said so.
    """
    kind = kind or _kind(seen)
    return written(seen, kind, _columns(seen, kind))


def written(seen: Survey, kind: str, columns: abc.Mapping[str, str]) -> Mapping:
    """A mapping of some columns with what their own values say of how they are written, and of what words mean.

    Args:
        seen: the table.
        kind: what its rows are.
        columns: for Loam's column the name of the table's.
    """
    found = {key: seen.column(name) for key, name in columns.items()}
    money = [key for key, column in mappable(kind).items() if column.kind == "money" and key in columns]
    days = [key for key, column in mappable(kind).items() if column.kind in ("time", "day") and key in columns]
    style = style_of(_values([found[key] for key in money])) if money else None
    words = found.get(WORD_COLUMN.get(kind, ""))
    return Mapping(
        kind=kind,
        columns=dict(columns),
        decimal=style.decimal if style else "",
        group=style.group if style else "",
        dates=(order_of(_values([found[key] for key in days])) if days else None) or "",
        words=_words(kind, words.values) if words else {},
    )


def _values(columns: list[Seen | None]) -> list[str]:
    return [value for column in columns if column is not None for value in column.values]


def _kind(seen: Survey) -> str:
    """The kind of record for which most of the needed columns are found; then orders."""
    found = {kind: _columns(seen, kind) for kind in (ORDERS.name, WALLET_ENTRIES.name, SALES_DAYS.name)}
    if "balance" in found[WALLET_ENTRIES.name] and "order_ref" not in _certain(seen):
        return WALLET_ENTRIES.name
    shares = {kind: sum(key in columns for key in needed(kind)) / len(needed(kind)) for kind, columns in found.items()}
    return max(shares, key=lambda kind: shares[kind])


def _certain(seen: Survey) -> set[str]:
    """Loam's columns that a column is called by one of its names but for the vaguest, the last one."""
    names = {folded(column.name) for column in seen.columns}
    return {key for key, known in NAMES.items() if names & set(known[:-1])}


def _columns(seen: Survey, kind: str) -> dict[str, str]:
    """For Loam's columns the best of the table's, each taken once; whole names go before words of a name."""
    names = {column.name: folded(column.name) for column in seen.columns}
    taken: dict[str, str] = {}
    for fits in (_is_whole, _is_word):
        for key in mappable(kind):
            if key in taken:
                continue
            left = [name for name in names if name not in taken.values()]
            known = (name for word in NAMES[key] for name in left if fits(word, names[name]))
            if (name := next(known, None)) is not None:
                taken[key] = name
    return {key: taken[key] for key in mappable(kind) if key in taken}


def _is_whole(word: str, name: str) -> bool:
    return word == name


def _is_word(word: str, name: str) -> bool:
    """Whether a word of two letters or more stands in a name; Chinese has no blanks between words."""
    if not word.isascii():
        return word in name
    return len(word) > 2 and f" {word} " in f" {name} "


def _words(kind: str, values: tuple[str, ...]) -> dict[str, str]:
    """What some words of a status or kind usually mean; those that nobody knows are left out."""
    if len(values) > MOST_WORDS:
        return {}
    known = ORDER_WORDS if kind == ORDERS.name else ENTRY_WORDS
    meanings = {word: meaning for meaning, words in known.items() for word in words.split()}
    return {value: meanings[folded(value)] for value in values if folded(value) in meanings}
