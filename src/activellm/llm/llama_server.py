"""llama.cpp inside this process, through xllamacpp: load, tokenise, next tokens, answers."""

from __future__ import annotations

import queue
import secrets
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx2

from activellm.errors import MissingExtraError, QueryModelError
from activellm.llm.scoring import Tokens, shared_prefix
from activellm.llm.threads import ThreadChoice, choose_threads, sleeping_waiters

_TOP = 500
"""So many likely next tokens come with every request; others are asked for one by one."""
_ALL = 1_000_000
"""More tokens than any vocabulary has; half a second for one of 50,000."""
_FORCE = 1000.0
"""Added to the logit of the token to be generated. Reported log-probabilities are without it."""
_PIECE = 256
"""Tokens computed in one go, which is how long a running computation cannot be stopped."""


def _load_library() -> tuple[Any, bool]:
    """xllamacpp, and whether its waiting threads sleep."""
    with sleeping_waiters() as sleeping:
        try:
            import xllamacpp
        except ImportError:
            raise MissingExtraError("A query model in a GGUF file", "local") from None
    return xllamacpp, sleeping


class LlamaServer:
    """A loaded GGUF model.

    Args:
        path: The file.
        context: Tokens that prompt and answer may have together; its memory is taken at once.
        threads: The user's wish; None to choose by what is free.

    Attributes:
        threads: How many it runs on, and why.
        computed: Prompt tokens that scoring has really computed, those reused left out.

    Raises:
        QueryModelError: If llama.cpp cannot load the file.
        MissingExtraError: If xllamacpp is not installed.
    """

    def __init__(self, path: Path, context: int, threads: int | None = None) -> None:
        library, sleeping = _load_library()
        self.where = str(path)
        self.threads: ThreadChoice = choose_threads(threads, sleeping=sleeping)
        self.computed = 0
        self._held: Tokens = ()
        self._key = secrets.token_urlsafe()
        try:
            self._server = library.Server(self._parameters(library, path, context))
        except RuntimeError:
            raise QueryModelError(
                "llama.cpp cannot load this file.",
                where=self.where,
                remedy="Is it whole, and is there enough memory?",
            ) from None
        self._http = httpx2.Client(
            base_url=self._server.listening_address,
            headers={"Authorization": f"Bearer {self._key}"},
            trust_env=False,
        )
        weakref.finalize(self, self._http.close)
        self.tokens = lru_cache(maxsize=4096)(self._tokens)

    def _parameters(self, library: Any, path: Path, context: int) -> Any:
        parameters = library.CommonParams()
        parameters.model.path = str(path)
        parameters.n_ctx = context
        parameters.n_parallel = 1
        parameters.cpuparams.n_threads = self.threads.count
        parameters.cpuparams_batch.n_threads = self.threads.count
        parameters.verbosity = -1
        parameters.warmup = False
        parameters.cache_ram_mib = 0
        parameters.use_jinja = False
        parameters.chat_template = "chatml"  # never the file's own, which is a program
        parameters.ui = False
        parameters.endpoint_slots = False
        parameters.api_keys = [self._key]  # other users of this machine can reach the port
        return parameters

    def _tokens(self, text: str, *, control: bool = False, first: bool = False) -> Tokens:
        """The tokens of a text.

        Args:
            text: The text.
            control: Whether control words in it count as such.
            first: Whether the model's mark for the beginning goes before it, if it has one.
        """
        answer = self._http.post(
            "/tokenize", json={"content": text, "parse_special": control, "add_special": first}
        )
        answer.raise_for_status()
        return tuple(answer.json()["tokens"])

    def next_logprobs(
        self, prompt: Tokens, wanted: Sequence[int], *, reuse: bool = True
    ) -> dict[int, float]:
        """Log-probability of each wanted token as the next one, by the full, unbiased softmax.

        Args:
            prompt: All tokens before.
            wanted: At least one token.
            reuse: Whether the part that is the same as in the last call may be kept.
        """
        found: dict[int, float] = {}
        for token in wanted:
            if token in found:
                continue
            top = 1 if found or len(wanted) == 1 else _TOP
            entry = self._forced(prompt, token, top, reuse)
            if entry is None:
                found[token] = self._listed(prompt, token)
                continue
            found[token] = entry["logprob"]
            likely = {other["id"]: other["logprob"] for other in entry["top_logprobs"]}
            found = {one: likely[one] for one in wanted if one in likely} | found
            reuse = True
        return found

    def each_logprob(self, text: Tokens) -> list[float]:
        """Log-probability of each token of a text after the first; the cache holds what is read."""
        return [
            self.next_logprobs(text[:place], [text[place]], reuse=place > 1)[text[place]]
            for place in range(1, len(text))
        ]

    def _read(self, prompt: Tokens, reuse: bool) -> None:
        """Compute a long prompt in pieces, between which Ctrl-C can stop it.

        Args:
            prompt: All its tokens.
            reuse: Whether what it has in common with the last prompt is kept.
        """
        known = shared_prefix([prompt, self._held]) if reuse else 0
        for end in range(known + _PIECE, len(prompt), _PIECE):
            piece = list(prompt[:end])
            result = self._ask({"prompt": piece, "max_tokens": 0, "cache_prompt": reuse})
            self.computed += result["timings"]["prompt_n"]
            reuse = True
        self._held = prompt

    def _listed(self, prompt: Tokens, token: int) -> float:
        """Log-probability of a token that ends inside a character, from the list beside another.

        Made the next token itself, nothing is reported of it: llama.cpp waits for the whole sign.
        """
        other = self.tokens("a")[-1]
        for top in (_TOP, _ALL):
            entry = self._forced(prompt, other, top, True) or {"top_logprobs": []}
            for likely in entry["top_logprobs"]:
                if likely["id"] == token:
                    return float(likely["logprob"])
        raise QueryModelError("llama.cpp did not score the token asked for.", where=self.where)

    def _forced(self, prompt: Tokens, token: int, top: int, reuse: bool) -> dict[str, Any] | None:
        """What is reported of `token` when it is made the next one; None if nothing is."""
        self._read(prompt, reuse)
        reuse = reuse or len(prompt) > _PIECE
        result = self._ask(
            {
                "prompt": list(prompt),
                "max_tokens": 1,
                "temperature": 0.0,
                "n_probs": top,
                "logit_bias": [[token, _FORCE]],
                "cache_prompt": reuse,
            }
        )
        self.computed += result["timings"]["prompt_n"]
        if not result["choices"][0]["logprobs"]:
            return None
        entry: dict[str, Any] = result["choices"][0]["logprobs"]["content"][0]
        if entry["id"] != token:
            raise QueryModelError("llama.cpp did not score the token asked for.", where=self.where)
        return entry

    def generate(self, prompt: Tokens, settings: Mapping[str, Any]) -> tuple[str, str, int]:
        """Continue the prompt: the text, why it ended ("stop", "length"), and its tokens."""
        pieces: list[str] = []
        last: dict[str, Any] = {}

        def take(chunk: dict[str, Any]) -> None:
            last.update(chunk)
            if chunk.get("choices"):
                pieces.append(chunk["choices"][0]["text"])

        self._read(prompt, reuse=True)
        self._ask({"prompt": list(prompt), "stream": True, **settings}, take)
        self._checked(last)
        tokens = last.get("usage", {}).get("completion_tokens", 0)
        return "".join(pieces), last["choices"][0]["finish_reason"], tokens

    def _ask(
        self, request: dict[str, Any], take: Callable[[dict[str, Any]], None] | None = None
    ) -> dict[str, Any]:
        """Send a request and wait for it in such a way that Ctrl-C gets through at once.

        The call itself runs in a thread of its own, for signals are not seen inside it; when the
        wait ends early, the thread stops at the next token. It must end before Python does.
        """
        done: queue.SimpleQueue[dict[str, Any] | BaseException] = queue.SimpleQueue()
        given_up = threading.Event()

        def receive(chunk: dict[str, Any]) -> bool:
            if not given_up.is_set() and take is not None:
                take(chunk)
            return given_up.is_set()

        def work() -> None:
            try:
                callback = receive if take else None
                done.put(self._server.handle_completions(request, callback) or {})
            except Exception as error:  # noqa: BLE001 - raised again where it is waited for
                done.put(error)

        threading.Thread(target=work, name="llama.cpp").start()  # waited for at exit
        try:
            result = done.get()
        finally:
            given_up.set()
        if isinstance(result, BaseException):
            raise result
        return self._checked(result)

    def _checked(self, result: dict[str, Any]) -> dict[str, Any]:
        if "error" in result:
            raise QueryModelError(
                f"llama.cpp refused: {result['error'].get('message', 'no reason given')}.",
                where=self.where,
            )
        return result
