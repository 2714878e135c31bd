"""A lender with two branches, a shop in each, and people of every role and scope; all made up."""

from sqlalchemy import insert, update

from db import branches, people
from db.engine import open_session
from db.tables import Person, ShopBranch, table_of
from tests.desk import add_application, add_score, add_shop
from tests.loan_desk import LoanDesk

persons = table_of(Person)
shop_branches = table_of(ShopBranch)

OTHER_SHOP = "Hidden Valley Kilns"

# Handle, role, and whose branch: that of the desk's shop, the other one, or all.
STAFF = (
    ("here", "officer", "own"),
    ("there", "officer", "other"),
    ("everywhere", "officer", "all"),
    ("head-here", "manager", "own"),
    ("head-there", "manager", "other"),
    ("head", "manager", "all"),
    ("reader", "auditor", "all"),
    ("keeper", "administrator", "all"),
    ("gone", "officer", "own"),
)


class BranchDesk(LoanDesk):
    """`shop_id` belongs to the first branch, `other_shop_id` to the second. The first one's application is approved."""

    def __init__(self, engine):
        super().__init__(engine)
        with open_session(engine, write=True) as session:
            self.own, self.other = 1, branches.add(session, "North", person_id=None)
            where = {"own": self.own, "other": self.other, "all": None}
            for handle, role, scope in STAFF:
                row = {"handle": handle, "name": f"Made-up {handle}", "role": role, "branch_id": where[scope]}
                session.execute(insert(persons).values(**row, enabled=int(handle != "gone"), demo=0))
            self.other_shop_id = add_shop(session, "S2", name=OTHER_SHOP, region="Elsewhere", owner_ref="O2")
            branches.move_shop(session, self.other_shop_id, self.other, person_id=None)
            self.other_application_id = add_application(session, self.other_shop_id, "A2")
            self.other_score_run_id = add_score(session, self.other_shop_id)

    def staff(self, handle):
        with open_session(self.engine) as session:
            number = session.execute(persons.select().where(persons.c.handle == handle)).one().id
            try:
                return people.require_enabled(session, number, "be there")
            except people.NotAllowed:
                return people.Person(number, handle, handle, "officer", demo=False, branch_id=self.own)

    def enable(self, handle, *, enabled):
        with open_session(self.engine, write=True) as session:
            session.execute(update(persons).where(persons.c.handle == handle).values(enabled=int(enabled)))
