"""A command that ends with an exit code of its own has told why already."""

from __future__ import annotations

import pytest
import typer

from activellm.cli.main import _guarded


def test_an_exit_is_no_error_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    def command() -> None:
        raise typer.Exit(1)

    with pytest.raises(typer.Exit) as ended:
        _guarded(command)()
    assert ended.value.exit_code == 1
    assert capsys.readouterr().err == ""
