"""Labels from a person at a page in the browser, served by this process."""

from __future__ import annotations

import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, Self

from activellm.annotation.answering import waiting
from activellm.annotation.contract import AnnotationLog, QueueItem
from activellm.annotation.desk import Desk
from activellm.annotation.oracles import no_argument
from activellm.annotation.seats import Seats
from activellm.annotation.web.access import OneBrowser
from activellm.annotation.web.api import Page
from activellm.annotation.web.app import create_app
from activellm.annotation.web.closing import Closing
from activellm.annotation.web.server import bind, hosts_of, run
from activellm.errors import UsageError
from activellm.progress import Progress, silent
from activellm.task import Task

if TYPE_CHECKING:
    from activellm.annotation.oracles import OracleOptions


class BrowserOracle:
    """Serves the annotation page on this machine until everything is answered.

    Asked again, for another round, it takes the same port and lets the same browser in: a page that
    is still open goes on by itself.

    After the last answer the page counts `grace` seconds down, in which the annotator can look
    back; then `answer` returns. Ctrl-C stops it; what was answered is kept.

    Args:
        port: The port; None or 0 for a free one.
        open_browser: Whether to open the page in the machine's browser, where there is a screen.
        host: A loopback address.
        announce: Told the page's address. It holds a token that lets one browser in.
        annotator: Under which name the answers are kept.
        grace: Seconds for second thoughts after the last answer.

    Raises:
        UsageError: If nobody would learn the address.
    """

    name: ClassVar[str] = "browser"

    def __init__(
        self,
        port: int | None = None,
        open_browser: bool = True,
        host: str = "127.0.0.1",
        *,
        announce: Callable[[str], None] | None = None,
        annotator: str = "annotator",
        grace: float = 15.0,
    ) -> None:
        if announce is None and not open_browser:
            raise UsageError(
                "Nobody would learn the address of the page.",
                remedy="Pass announce=print, or open_browser=True.",
            )
        self.port = port
        self.open_browser = open_browser
        self.host = host
        self.announce = announce
        self.annotator = annotator
        self.grace = grace
        self.warnings: tuple[str, ...] = ()
        self._access: OneBrowser | None = None
        self._last_port: int | None = None
        self._opened = False

    @classmethod
    def from_spec(cls, argument: str, options: OracleOptions, /) -> Self:
        """Make it from "browser".

        Raises:
            UsageError: If something follows a colon.
        """
        no_argument(cls.name, argument)
        return cls(
            options.port,
            options.open_browser,
            announce=options.announce,
            annotator=options.annotator,
        )

    def answer(
        self,
        queue: Sequence[QueueItem],
        task: Task,
        log: AnnotationLog,
        *,
        notice: str = "",
        progress: Progress = silent,
    ) -> None:
        """Serve the page until everything is answered, or the annotator ends it.

        Raises:
            UsageError: If the port is taken.
            KeyboardInterrupt: On Ctrl-C, after the server has stopped.
        """
        if not waiting(queue, log):
            return
        with self._listen() as listener:
            hosts = hosts_of(listener)
            if self._access is None:
                self._access = OneBrowser(
                    lambda token: self._tell(f"http://{hosts[0]}/start?token={token}"),
                    self.annotator,
                    cookie=f"activellm-{listener.getsockname()[1]}",
                )
            access = self._access
            closing = Closing(self.grace)
            desk = Desk(queue, task, log, team=False)
            seats = Seats(desk, oracle=self.name, progress=progress)
            page = Page(seats, closing=closing, said=notice)
            app = create_app(page, access=access, hosts=hosts)
            self._opened = access.let_in
            if not access.let_in:
                access.invite()
            run(app, listener, lambda: closing.over)

    def _listen(self) -> socket.socket:
        """The port of the last time, if it is still free; else the one asked for."""
        if self._last_port is not None:
            try:
                return bind(self.host, self._last_port)
            except UsageError:
                self._access = None
        listener = bind(self.host, self.port)
        self._last_port = listener.getsockname()[1]
        return listener

    def _tell(self, url: str) -> None:
        if self.announce is not None:
            self.announce(url)
        if self.open_browser and not self._opened and _has_screen():
            self._opened = True  # a later link is for another browser than the one that opens here
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


def _has_screen() -> bool:
    """Whether a browser has somewhere to open: text browsers would take over the terminal."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
