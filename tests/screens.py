"""Runs the desk's pages in this process, as one signed-in person, and reads what stands on them."""

from functools import cache

from sqlalchemy import update
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from components import guard
from db import decisions, holds, people, sign_ins, tables
from db.engine import open_session
from db.tables import table_of
from tests.desk import AS_OF, add_application, add_score, add_shop
from tests.server import ROOT

# Each AppTest looks through all installed packages for components, which takes as long as to run a page; none come.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)

# Names that something along the way could take for a missing value, a formula, a tag, a picture or an icon.
AWKWARD_NAMES = (
    "NA",
    "null",
    "=1+1",
    "<img src=x onerror=alert(1)>",
    "![](http://example.org/x.png)",
    "[a](http://example.org)",
    ":material/home:",
    "$x$ and $y$",
    ":red[x] `y` **z**",
    "www.example.org -> x@example.org",
)


class Screens:
    """The pages over a database, and who looks at them; `desk` is the made-up desk on it, if there is one."""

    def __init__(self, engine, monkeypatch, desk=None):
        self.engine = engine
        self.monkeypatch = monkeypatch
        self.desk = desk

    def sit_down(self, handle):
        """Let every page from now on be looked at by this person."""
        with open_session(self.engine, write=True) as session:
            self.use(sign_ins.sign_in(session, people.by_handle(session, handle).id))

    def use(self, token):
        """Let every page from now on come from the browser that has this token."""
        self.token = token
        self.monkeypatch.setattr(guard, "browser_token", lambda: token)

    def open(self, page, /, *, by="officer", **address):
        """What this person sees who types the page's address into a fresh browser; it raised nothing."""
        self.sit_down(by)
        screen = AppTest.from_file(ROOT / "components" / "shell.py", default_timeout=60)
        screen.switch_page(f"../pages/{page}.py")
        screen.query_params.update(address)
        return shown(screen)

    def add(self, name, *, ref, consented=True, score=None, days_ago=2, amount_minor=1_500_000, **shop):
        """Another shop with a waiting application; the numbers of both."""
        with open_session(self.engine, write=True) as session:
            shop_id = add_shop(session, f"S-{ref}", name=name, **shop)
            application_id = add_application(
                session, shop_id, f"A-{ref}", consented=consented, days_ago=days_ago, amount_minor=amount_minor
            )
            if score is not None:
                add_score(session, shop_id, grade=score)
        return shop_id, application_id

    def change_application(self, application_id, **values):
        """Put other values into an application's row."""
        rows = table_of(tables.Application)
        with open_session(self.engine, write=True) as session:
            session.execute(update(rows).where(rows.c.id == application_id).values(**values))

    def record(self, *, by="officer", **changes):
        """Answer the desk's first application, without a page."""
        return decisions.record(
            self.engine, self.desk.request(**changes), person_id=self.desk.id_of(by), decided_on=AS_OF
        )

    def release_by(self, handle):
        """Give the desk's first application back, without a page."""
        with open_session(self.engine, write=True) as session:
            holds.release(session, self.desk.application_id, person_id=self.desk.id_of(handle))

    def decisions(self):
        """The decisions on record."""
        return self._rows(tables.Decision)

    def events(self, *kinds):
        """The audit events of some kinds."""
        return [row for row in self._rows(tables.AuditEvent) if row.kind in kinds]

    def holds(self):
        """Who holds what: (application, person)."""
        return [(row.application_id, row.person_id) for row in self._rows(tables.Hold)]

    def _rows(self, table):
        with open_session(self.engine) as session:
            return session.execute(table_of(table).select()).all()


def shown(screen):
    """Run the page again as its widgets now stand; no part of it may raise anything."""
    screen.run()
    assert not screen.exception, screen.exception[0].value
    return screen


def press(screen, label):
    """Press the button of this label."""
    button_of(screen, label).click()
    return shown(screen)


def button_of(screen, label):
    (found,) = (each for each in screen.button if each.label == label)
    return found


def labels(screen):
    """The labels of all buttons."""
    return [each.label for each in screen.button]


def texts(screen):
    """Every text that stands on the page outside tables, one per line."""
    kinds = (screen.markdown, screen.caption, screen.text, screen.warning, screen.error, screen.info, screen.metric)
    found = [str(each.value) for kind in kinds for each in kind]
    return "\n".join([*found, *labels(screen), *(each.label for each in screen.get("page_link"))])


def everything(screen):
    """All texts and all cells of all tables."""
    cells = [str(cell) for table in screen.dataframe for row in table.value.to_numpy().tolist() for cell in row]
    return "\n".join([texts(screen), *cells])
