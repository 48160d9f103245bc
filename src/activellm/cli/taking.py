"""How a command takes the options of a dataclass."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import Any, get_type_hints


def takes(*groups: type[Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the options of these dataclasses; it receives them as instances, in order."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        own = list(inspect.signature(command, eval_str=True).parameters.values())[len(groups) :]
        hints = {group: get_type_hints(group, include_extras=True) for group in groups}
        shared = [
            inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=field.default,
                annotation=hints[group][field.name],
            )
            for group in groups
            for field in dataclasses.fields(group)
        ]
        own = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]

        @functools.wraps(command)
        def run(**values: Any) -> Any:
            made = [
                group(**{field.name: values.pop(field.name) for field in dataclasses.fields(group)})
                for group in groups
            ]
            return command(*made, **values)

        run.__signature__ = inspect.Signature([*shared, *own])  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in [*shared, *own]}
        return run

    return decorate
