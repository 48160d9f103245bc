"""From the setting `oracle` to whoever labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from activellm.annotation.contract import Oracle
    from activellm.cli.console import Screen
    from activellm.cli.options import PageOptions
    from activellm.project import Project


def oracle_for(project: Project, page: PageOptions, screen: Screen) -> Oracle:
    """The oracle that the project's settings name, speaking through the screen."""
    from activellm.annotation import OracleOptions, open_oracle

    def announce(url: str) -> None:
        screen.console.print("\nLabel here (the link is for you alone, press Ctrl-C to pause):")
        screen.console.print(f"  {url}\n", style="bold", soft_wrap=True)

    spec = project.settings.oracle
    if spec == "terminal":
        screen.pause()
    options = OracleOptions(port=page.port, open_browser=page.browser, announce=announce)
    return open_oracle(spec, options)
