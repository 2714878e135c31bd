"""The bar on standard error of a command that takes long."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

# The bar stays in its place while the steps before it change.
STEP_WIDTH = 17


@contextmanager
def progress_bar() -> Iterator[Callable[[str, float], None]]:
    """A bar on standard error; what it yields is told the step at hand and the share of it that is done."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
    screen = Console(stderr=True)
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task(f"{'':{STEP_WIDTH}}", total=1.0)
        yield lambda step, share: bar.update(task, description=f"{step:{STEP_WIDTH}}", completed=share)
