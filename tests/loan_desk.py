"""A desk whose application was approved, and the steps of its loan; for tests."""

from datetime import timedelta

from db import decisions
from db.loan_acts import ActRequest, record
from lending.loan_life import CHECKS, Act
from tests.desk import AS_OF, Desk

WHY = "as the bank's statement shows"


class LoanDesk(Desk):
    """Olive approved 15,000 over 6 months at 9 %; the others look after the loan."""

    def __init__(self, engine, *, by="officer"):
        super().__init__(engine)
        self.keys = iter(range(1, 1_000))
        decisions.record(engine, self.request(), person_id=self.id_of(by), decided_on=AS_OF)
        self.loan_id = None

    def act(self, kind, *, by="second", today=AS_OF, day=None, amount_minor=None, reason="", key=None, **details):
        """Record a step; of the loan once there is one."""
        subject = {"loan_id": self.loan_id} if self.loan_id else {"application_id": self.application_id}
        request = ActRequest(
            key or f"step-{next(self.keys)}", Act(kind, day or today, amount_minor, reason), details=details, **subject
        )
        recorded = record(self.engine, request, person_id=self.id_of(by), today=today)
        self.loan_id = recorded.loan_id or self.loan_id
        return recorded

    def make_ready(self):
        """Everything that must be looked at before money is paid out."""
        self.act("accept")
        for check in CHECKS:
            self.act("check", check=check)

    def disburse(self):
        """The loan, paid out today."""
        self.make_ready()
        return self.act("disburse")


def later(days):
    """A day so long after the desk's own."""
    return AS_OF + timedelta(days=days)
