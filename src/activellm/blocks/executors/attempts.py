"""One block in a worker process, and what it tells the process that asked."""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from activellm.blocks.contract import Block, BlockWork
from activellm.blocks.executors.deaths import MOST_DEATHS, too_many
from activellm.blocks.storing import note_attempt, write_block
from activellm.errors import ActiveLLMError, UsageError


def attempt(work: BlockWork, block: Block, folder: Path) -> str:
    """Do a block and write its result; empty if that went well, else what was wrong, as JSON."""
    try:
        write_block(work, block, folder)
    except ActiveLLMError as error:
        words = {"what": error.what, "where": error.where, "remedy": error.remedy}
        return json.dumps({"usage": error.exit_code == UsageError.exit_code, **words})
    except OSError as error:
        return json.dumps({"system": [error.errno, error.strerror, error.filename]})
    except Exception:  # noqa: BLE001  # a bug, with the traceback of the process that met it
        return json.dumps({"bug": traceback.format_exc()})
    return ""


class Counted:
    """A work that counts in its folder how often each block was begun, and gives up in the end.

    For workers that are started again by others, who would do so for ever.

    Args:
        work, folder: As for `BlockExecutor.run`.
    """

    def __init__(self, work: BlockWork, folder: Path) -> None:
        self.what, self._work, self._folder = work.what, work, folder

    def key(self) -> Mapping[str, Any]:
        """See `BlockWork.key`."""
        return self._work.key()

    def do(self, block: Block) -> Any:
        """See `BlockWork.do`.

        Raises:
            ActiveLLMError: If the block was begun too often.
        """
        if note_attempt(self._folder, block) > MOST_DEATHS:
            raise too_many()
        return self._work.do(block)


def raise_trouble(trouble: str) -> None:
    """Raise here what went wrong in a worker; nothing if it is empty.

    Raises:
        ActiveLLMError: What the work raised: a UsageError where it was one.
        OSError: What the system said.
        RuntimeError: A bug, with the worker's traceback.
    """
    if not trouble:
        return
    told = json.loads(trouble)
    if "bug" in told:
        raise RuntimeError(f"A worker failed.\n{told['bug']}")
    if "system" in told:
        raise OSError(*told["system"])
    kind = UsageError if told.pop("usage") else ActiveLLMError
    raise kind(told.pop("what"), **told)
