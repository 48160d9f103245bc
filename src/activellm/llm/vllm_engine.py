"""vLLM's engine inside this process: the way to use a GPU fully for very many questions.

https://docs.vllm.ai; scheduling and paged attention: Kwon et al., "Efficient Memory Management for
Large Language Model Serving with PagedAttention" (SOSP 2023), sections 4 and 5.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from activellm.llm.engine import Answer, Question
from activellm.llm.protocol import FloatArray
from activellm.llm.threads import choose_threads
from activellm.llm.vllm_library import (
    check_folder,
    failed,
    load_library,
    own_state,
    quiet,
    set_environment,
)

_GPU_SHARE = 0.8
"""Of the GPU's memory; the rest is for the encoder and the classifier."""
_SCHEMAS = {"backend": "guidance", "disable_any_whitespace": True}
"""Where white space is free, a small model writes nothing else."""
_MOST_WANTED = 128
"""Tokens whose log-probability vLLM gives in one request."""


class VllmEngine:
    """A loaded model: bf16 (or f16) on a GPU, f32 on a CPU.

    Weights are read from safetensors only, and no code of the model's is run. Nothing is sent to
    vLLM's makers.

    Args:
        source: A folder with a config.json, or a hub id.
        context: Tokens that prompt and answer may have together.
        threads: For the CPU; None to choose by what is free.

    Raises:
        QueryModelError: If it cannot be loaded here.
        MissingExtraError: If vLLM is not installed.
    """

    def __init__(self, source: str, context: int, threads: int | None = None) -> None:
        check_folder(source)
        set_environment()
        self._where = source
        with quiet():
            self._vllm, on_gpu = load_library(source)
            self._threads = None if on_gpu else choose_threads(threads, sleeping=False).count
            with self._computing(), own_state():
                self._engine = self._load(source, context, on_gpu)
        self._parts: dict[str, int] = {}
        self._found: dict[int, dict[int, float]] = {}

    def _load(self, source: str, context: int, on_gpu: bool) -> Any:
        try:
            model = self._vllm.LLM(
                model=source,
                load_format="safetensors",
                trust_remote_code=False,
                dtype="auto" if on_gpu else "float32",
                max_model_len=context,
                gpu_memory_utilization=_GPU_SHARE,
                enable_prefix_caching=True,
                enforce_eager=not on_gpu,
                logprobs_mode="raw_logprobs",
                seed=0,
                use_tqdm_on_load=False,
                structured_outputs_config=_SCHEMAS,
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, the user gets its reason
            raise failed("vLLM cannot load this model", source, error) from None
        self._decode = model.get_tokenizer().decode
        return model.llm_engine

    @contextmanager
    def _computing(self) -> Iterator[None]:
        """On a CPU with our own number of threads inside this block only."""
        import torch

        before = torch.get_num_threads()
        torch.set_num_threads(self._threads or before)
        try:
            yield
        finally:
            torch.set_num_threads(before)

    @property
    def busy(self) -> bool:
        """Whether there are questions without an answer."""
        return bool(self._engine.has_unfinished_requests())

    def add(self, number: int, question: Question) -> None:
        """Take a question; one that wants very many tokens becomes several requests.

        Raises:
            QueryModelError: If vLLM refuses it.
        """
        wanted = question.wanted
        pieces = [
            wanted[start : start + _MOST_WANTED] for start in range(0, len(wanted), _MOST_WANTED)
        ] or [wanted]
        self._parts[str(number)] = len(pieces)
        for piece_number, piece in enumerate(pieces):
            parameters = self._parameters(question, piece)
            prompt = {"prompt_token_ids": list(question.prompt)}
            try:
                self._engine.add_request(f"{number}.{piece_number}", prompt, parameters)
            except Exception as error:  # noqa: BLE001 - whatever it is, the user gets its reason
                self.drop([number])
                raise failed("vLLM refused a question", self._where, error) from None

    def _parameters(self, question: Question, wanted: Sequence[int]) -> Any:
        make = partial(self._vllm.SamplingParams, detokenize=False)
        if wanted:
            return make(max_tokens=1, temperature=0.0, logprob_token_ids=list(wanted))
        if question.read:
            return make(max_tokens=1, temperature=0.0, prompt_logprobs=0)
        schema = None
        if question.json_schema is not None:
            from vllm.sampling_params import StructuredOutputsParams

            schema = StructuredOutputsParams(json=dict(question.json_schema))
        drawn = question.temperature > 0 and not question.plain
        return make(
            max_tokens=question.max_tokens,
            min_tokens=question.max_tokens if question.plain else 0,
            temperature=question.temperature,
            seed=question.seed,
            top_k=40 if drawn else 0,
            top_p=0.95 if drawn else 1.0,
            structured_outputs=schema,
        )

    def step(self) -> Sequence[tuple[int, Answer]]:
        """Compute a little of everything; the questions that are done with it.

        Raises:
            QueryModelError: If vLLM failed.
        """
        try:
            with self._computing():
                outputs = self._engine.step()
        except Exception as error:  # noqa: BLE001 - whatever it is, the user gets its reason
            raise failed("vLLM failed", self._where, error) from None
        done = []
        for output in outputs:
            if output.finished and (answer := self._answer(output)):
                done.append(answer)
        return done

    def _answer(self, output: Any) -> tuple[int, Answer] | None:
        """The answer to a question; None if that takes further requests."""
        name, _, _ = output.request_id.partition(".")
        number, said = int(name), output.outputs[0]
        listed = self._found.setdefault(number, {})
        if said.logprobs:
            listed |= {token: float(one.logprob) for token, one in said.logprobs[0].items()}
        self._parts[name] -= 1
        if self._parts[name]:
            return None
        del self._parts[name]
        read = _read(output.prompt_token_ids, output.prompt_logprobs)
        stopped = said.finish_reason == "stop"
        text = self._decode(list(said.token_ids), skip_special_tokens=True)
        answer = Answer(text, len(said.token_ids), stopped, self._found.pop(number), read)
        return number, answer

    def drop(self, numbers: Sequence[int]) -> None:
        """Forget questions that nobody waits for any more."""
        for number in numbers:
            parts = self._parts.pop(str(number), 0)
            self._found.pop(number, None)
            self._engine.abort_request([f"{number}.{part}" for part in range(parts)])


def _read(tokens: Sequence[int], listed: Sequence[Any] | None) -> FloatArray:
    """The log-probability of each token after the first, shape (tokens - 1,), if they are there."""
    if listed is None:
        return np.zeros(0)
    pairs = zip(tokens[1:], listed[1:], strict=True)
    return np.array([row[token].logprob for token, row in pairs], dtype=np.float64)
