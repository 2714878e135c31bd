"""A loan lived day by day in plain Python: nothing is shared with the code that it checks.

Days are whole numbers, money whole minor units. Each morning the loan is looked at as it was left the evening before.
"""

import random
from dataclasses import dataclass, field
from fractions import Fraction


@dataclass
class Line:
    due: int
    principal: int
    interest: int
    fee: int

    def owed(self):
        return self.principal + self.interest + self.fee


@dataclass
class History:
    """One loan, as a generator of random lives makes it up."""

    number: int
    disbursed: int
    principal: int
    by_sales: bool
    schedules: list  # of (day on which it takes hold, lines)
    payments: list  # of (day, amount)
    closed: int | None = None
    written_off: int | None = None


@dataclass
class Morning:
    """What an officer finds when the desk opens."""

    state: str
    outstanding: int
    overdue: int
    overdue_principal: int
    ahead: int
    past_due: int
    lost: int = 0


@dataclass
class Life:
    history: History
    mornings: dict = field(default_factory=dict)
    recovered: list = field(default_factory=list)
    first_late: dict = field(default_factory=dict)
    changed_too_late: bool = False
    """Whether it was to be restructured after it had been repaid, which no desk does."""

    def live(self, last):
        history, pool, lost = self.history, 0, 0
        changes = dict(history.schedules[1:])
        open_lines = [Line(*line) for line in history.schedules[0][1]]
        whole = sum(line.owed() for line in open_lines)
        start = history.principal
        paid_in = 0
        sharing = history.by_sales
        state = "active"
        for day in range(history.disbursed, last + 1):
            if day > history.disbursed:
                morning = self.look(day, state, open_lines, pool, sharing, start, whole, paid_in, lost)
                self.mornings[day] = morning
                if state == "active":
                    for limit in (0, 30, 90):
                        if morning.past_due > limit:
                            self.first_late.setdefault(limit, day)
            self.changed_too_late |= day in changes and state == "paid" and history.closed != day
            if day in changes and state == "active":
                open_lines = [Line(*line) for line in changes[day]]
                whole = sum(line.owed() for line in open_lines)
                start = sum(line.principal for line in open_lines)
                paid_in = 0
                # Each payment of a share has repaid something: nothing of it is left for the new schedule.
                pool = 0 if sharing else pool
                sharing = False
            for when, amount in history.payments:
                if when == day:
                    if state == "written_off":
                        self.recovered.append((day, amount))
                    else:
                        pool += amount
                        paid_in += amount
            if state == "active":
                pool = self.settle(day, open_lines, pool, sharing)
                if not any(line.owed() for line in open_lines) and not sharing:
                    state = "paid"
                if sharing and paid_in >= whole:
                    state = "paid"
                if state == "active" and day == history.written_off:
                    state, lost = "written_off", self.left(open_lines, sharing, start, whole, paid_in)
                elif state == "active" and day == history.closed:
                    state = "paid"
        return self

    def settle(self, day, lines, pool, sharing):
        """Give money to what is due by tonight, the oldest first; to everything if it covers everything."""
        if sharing:
            return pool
        everything = pool >= sum(line.owed() for line in lines)
        for line in lines:
            if line.due <= day or everything:
                for part in ("fee", "interest", "principal"):
                    given = min(pool, getattr(line, part))
                    setattr(line, part, getattr(line, part) - given)
                    pool -= given
        return pool

    def left(self, lines, sharing, start, whole, paid_in):
        if not sharing:
            return sum(line.principal for line in lines)
        return start - int(Fraction(min(paid_in, whole) * start, whole) + Fraction(1, 2))

    def look(self, day, state, lines, pool, sharing, start, whole, paid_in, lost):
        if state != "active":
            return Morning(state, 0, 0, 0, 0, 0, lost)
        left = self.left(lines, sharing, start, whole, paid_in)
        if not sharing:
            late = [line for line in lines if line.due < day and line.owed()]
            return Morning(
                state, left, sum(line.owed() for line in late), sum(line.principal for line in late), pool,
                day - late[0].due if late else 0,
            )  # fmt: skip
        asked = asked_principal = 0
        oldest = None
        for line in lines:
            if line.due < day:
                asked += line.owed()
                asked_principal += line.principal
                if oldest is None and asked > paid_in:
                    oldest = line.due
        return Morning(
            state, left, max(asked - paid_in, 0), max(asked_principal - (start - left), 0), max(paid_in - whole, 0),
            0 if oldest is None else day - oldest,
        )  # fmt: skip


def spread(rng, total, count):
    """An amount in so many parts that add up to it."""
    cuts = sorted(rng.randint(0, total) for _ in range(count - 1))
    return [high - low for low, high in zip([0, *cuts], [*cuts, total], strict=True)]


def schedule(rng, start, principal):
    count = rng.randint(1, 8)
    step = rng.choice([7, 10, 30, 31])
    return [
        (start + step * number, part, rng.choice([0, 0, rng.randint(0, principal // 10)]), rng.choice([0, 0, 5]))
        for number, part in enumerate(spread(rng, principal, count), start=1)
    ]


def random_history(rng, number):
    """A loan with any mishap: late, short, ahead, doubled, on the day of a change, after the end, written off."""
    disbursed = rng.randint(100, 200)
    principal = rng.randint(1, 100_000)
    by_sales = rng.random() < 0.3
    lines = schedule(rng, disbursed, principal)
    if by_sales:
        # Milestones whose principal follows from the sum, as the advance is to the whole.
        fee = rng.randint(0, principal // 5)
        sums = [sum(part) for part in zip(*[iter(spread(rng, principal + fee, len(lines)))], strict=True)]
        lines, running = [(due, 0, 0, amount) for (due, *_), amount in zip(lines, sums, strict=True)], 0
        told = []
        for due, _, _, amount in lines:
            before = int(Fraction(running * principal, principal + fee) + Fraction(1, 2))
            running += amount
            share = int(Fraction(running * principal, principal + fee) + Fraction(1, 2)) - before
            told.append((due, share, 0, amount - share))
        lines = told
    schedules = [(disbursed, lines)]
    for _ in range(rng.choice([0, 0, 0, 1, 2])):
        start = schedules[-1][0] + rng.randint(5, 120)
        schedules.append((start, schedule(rng, start, rng.randint(1, principal))))
    payments = []
    for _, due_lines in schedules:
        for due, *parts in due_lines:
            luck = rng.random()
            if luck < 0.5:
                payments.append((max(due + rng.choice([-20, -3, 0, 0, 1, 9, 31, 95]), disbursed), sum(parts) or 1))
            elif luck < 0.8:
                payments.append((due + rng.randint(0, 60), rng.randint(1, 2 * sum(parts) + 1)))
    if rng.random() < 0.1:
        payments.append((disbursed + rng.randint(1, 100), rng.choice([principal, 2 * principal])))
    rng.shuffle(payments)
    history = History(number, disbursed, principal, by_sales, schedules, payments)
    ending = rng.random()
    if ending < 0.15:
        history.written_off = disbursed + rng.randint(20, 300)
    elif ending < 0.25:
        history.closed = disbursed + rng.randint(20, 300)
    return history


def random_histories(seed, count):
    rng = random.Random(seed)
    numbers = iter(rng.sample(range(1, 10 * count), count))
    found = []
    while len(found) < count:
        history = random_history(rng, 0)
        changes = [start for start, _ in history.schedules[1:]]
        if not changes or not Life(history).live(max(changes)).changed_too_late:
            history.number = next(numbers)
            found.append(history)
    return found
