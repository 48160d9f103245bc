"""A progress bar's last column: the time left as the work tells it, else by the bar's own speed."""

from __future__ import annotations

from rich.progress import Task, TimeRemainingColumn
from rich.text import Text


class Remaining(TimeRemainingColumn):
    """The field "left" of a task, in seconds, where it is set."""

    def render(self, task: Task) -> Text:
        """See `rich.progress.ProgressColumn`."""
        from activellm.report.words import duration

        left = task.fields.get("left")
        if left is None:
            return super().render(task)
        return Text(f"{duration(left)} left", style="progress.remaining")
