"""Send an exported model to the Hugging Face hub: private, and only what was shown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from activellm.errors import ActiveLLMError, MissingExtraError, UsageError
from activellm.project.folder import Project
from activellm.project.publishing import file_names

_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_REPLACED = ["*.onnx", "*.safetensors", "*.npz"]
"""What an earlier push may have left there and that would not belong to this model any more."""

_REASONS = {
    401: "the token is not valid",
    403: "the token may not write there",
    404: "there is no such place, or the token may not see it",
    409: "something changed there in the meantime",
    413: "it is too large",
    429: "there were too many requests; wait a few minutes",
}


def check_push(project: Project, repository: str) -> None:
    """Refuse a push that must not be, before anything is written or sent.

    Raises:
        UsageError: If the project keeps its texts in, or the name is none of the hub.
        MissingExtraError: If huggingface-hub is not installed.
    """
    if project.settings.local_only:
        raise UsageError(
            "This project was made with --local-only, and a trained model can give away texts that "
            "it was trained on, so it is not pushed.",
            where="--push",
            remedy="Export without --push. Who is responsible for the texts decides whether the "
            "folder may leave, and uploads it by hand.",
        )
    if not _REPOSITORY.fullmatch(repository):
        raise UsageError(
            f"{repository!r} is no repository of the hub.",
            where="--push",
            remedy="Write it like OWNER/NAME.",
        )
    try:
        import huggingface_hub  # noqa: F401
    except ImportError:
        raise MissingExtraError("Pushing to the hub", "hub") from None


def push(folder: Path, repository: str, *, public: bool = False) -> str:
    """Upload an exported folder as one commit; gives the address of the repository.

    The token is HF_TOKEN, or the one that `hf auth login` keeps.

    Args:
        folder: What `publish` wrote.
        repository: OWNER/NAME; made if it is not there.
        public: Whether everybody may see it. Otherwise it is made private, and one that is public
            already is refused.

    Raises:
        UsageError: If there is no token, or the repository is public and should not be.
        ActiveLLMError: If the hub cannot be reached or refuses.
    """
    from huggingface_hub import HfApi, get_token
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled
    from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]

    if get_token() is None:
        raise UsageError(
            "There is no token for the hub.",
            where="--push",
            remedy="Set HF_TOKEN, or log in once: hf auth login.",
        )
    disable_progress_bars()
    api = HfApi(library_name="activellm")
    try:
        made = api.create_repo(repository, private=not public, exist_ok=True)
        if not public and not _is_private(api.model_info(repository)):
            raise UsageError(
                f"{repository} is there already, and everybody can see it.",
                where="--push",
                remedy="Add --public, or name another repository.",
            )
        api.upload_folder(
            repo_id=repository,
            folder_path=folder,
            allow_patterns=file_names(folder),
            delete_patterns=_REPLACED,
            commit_message="Upload a classifier made with ActiveLLM",
        )
    except HfHubHTTPError as error:
        status = getattr(error.response, "status_code", None)
        reason = _REASONS.get(status or 0, f"it answered {status}" if status else "it failed")
        raise _not_pushed(repository, reason) from None
    except OfflineModeIsEnabled:
        raise _not_pushed(repository, "HF_HUB_OFFLINE is set") from None
    except ActiveLLMError:
        raise
    except Exception as error:  # noqa: BLE001  # those of its HTTP client share no other class
        raise _not_pushed(repository, type(error).__name__) from None
    return str(made)


def _is_private(info: Any) -> bool:
    return bool(getattr(info, "private", False))


def _not_pushed(repository: str, reason: str) -> ActiveLLMError:
    return ActiveLLMError(
        f"Pushing to {repository} failed: {reason}.",
        where="--push",
        remedy="The exported folder is kept; run the same command again.",
    )
