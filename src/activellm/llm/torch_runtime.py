"""A causal language model in torch: tokens, answers, and scores with a shared prefix."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from activellm.errors import MissingExtraError, QueryModelError
from activellm.llm.gguf_header import read_header
from activellm.llm.hub_tokens import HubTokens
from activellm.llm.protocol import FloatArray, Messages
from activellm.llm.scoring import Tokens
from activellm.llm.threads import choose_threads

_BATCH = {"cpu": 8, "cuda": 64}


class TorchRuntime:
    """A loaded model with its tokeniser.

    Args:
        model: A transformers causal language model in evaluation mode.
        tokenizer: Its fast tokeniser.
        template: The chat template that it carries, "" for a base model.
        where: The model's name, for messages.
        threads: How many to compute with on the CPU.
    """

    def __init__(self, model: Any, tokenizer: Any, template: str, where: str, threads: int) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._texts = HubTokens(tokenizer, template, where)
        self._threads = threads
        self._prefix: tuple[Tokens, Any] = ((), None)

    @classmethod
    def load(cls, source: str, *, threads: int | None = None) -> TorchRuntime:
        """Load a folder, a GGUF file or a hub model: bf16 on a GPU, f32 on the CPU.

        Weights are read from safetensors or GGUF only, and no code of the model's is run.

        Raises:
            QueryModelError: If it cannot be loaded.
            MissingExtraError: If torch or transformers is not installed.
        """
        try:
            import torch
            import transformers
        except ImportError:
            raise MissingExtraError("A query model run by transformers", "local") from None
        path = Path(source)
        place: dict[str, Any] = {"pretrained_model_name_or_path": source}
        if source.endswith(".gguf"):
            place = {"pretrained_model_name_or_path": str(path.parent), "gguf_file": path.name}
        device = "cuda" if torch.cuda.is_available() else "cpu"
        with _quiet(transformers):
            try:
                tokenizer = transformers.AutoTokenizer.from_pretrained(**place)
                model = transformers.AutoModelForCausalLM.from_pretrained(
                    **place,
                    dtype=torch.bfloat16 if device == "cuda" else torch.float32,
                    use_safetensors=True,
                )
            except (OSError, ValueError, ImportError, RuntimeError) as error:
                raise _load_failed(source, error) from None
        template = str(tokenizer.chat_template or "")
        if "gguf_file" in place:
            _mend_tokenizer(tokenizer, read_header(path).pre_tokenizer)
        count = choose_threads(threads, sleeping=False).count
        return cls(model.eval().to(device), tokenizer, template, source, count)

    @contextlib.contextmanager
    def _computing(self) -> Iterator[None]:
        """Without gradients, and with our own number of threads inside this block only."""
        import torch

        before = torch.get_num_threads()
        torch.set_num_threads(self._threads)
        try:
            with torch.inference_mode():
                yield
        finally:
            torch.set_num_threads(before)

    @property
    def context_length(self) -> int:
        """Tokens that the model was trained to hold."""
        return int(getattr(self._model.config, "max_position_embeddings", 0) or 2048)

    @property
    def batch_size(self) -> int:
        """How many prompts are computed together."""
        return _BATCH.get(self._model.device.type, _BATCH["cpu"])

    def tokens(self, text: str, *, control: bool = False, first: bool = False) -> Tokens:
        """The tokens of a text; as in `LlamaServer.tokens`."""
        return self._texts.tokens(text, control=control, first=first)

    def written(self, messages: Messages) -> Tokens:
        """The conversation in the model's chat format; as in `HubTokens.written`."""
        return self._texts.written(messages)

    def generate(
        self,
        prompt: Tokens,
        max_tokens: int,
        temperature: float,
        seed: int,
        *,
        plain: bool = False,
    ) -> tuple[str, int, bool]:
        """Continue the prompt: the text, its tokens, and whether it ended by itself.

        With `plain` it may not end by itself, and draws from the whole distribution.
        """
        import torch
        from transformers import GenerationConfig

        ends = self._ends()
        likely = {"top_k": 0, "top_p": 1.0} if plain else {"top_k": 40, "top_p": 0.95}
        sampling = {"do_sample": True, "temperature": temperature, **likely}
        settings = GenerationConfig(
            max_new_tokens=max_tokens,
            min_new_tokens=max_tokens if plain else None,
            eos_token_id=ends or None,
            pad_token_id=self._pad,
            **(sampling if temperature > 0 else {"do_sample": False}),
        )
        given = torch.tensor([prompt], device=self._model.device)
        # A seed of our own that leaves the process's random state as it was.
        with torch.random.fork_rng(), self._computing():
            torch.manual_seed(seed)
            out = self._model.generate(
                given, attention_mask=torch.ones_like(given), generation_config=settings
            )
        new = out[0, len(prompt) :].tolist()
        stopped = bool(new) and new[-1] in ends
        text = self._tokenizer.decode(new, skip_special_tokens=True)
        return text, len(new), stopped

    @property
    def _pad(self) -> int:
        pad = self._tokenizer.pad_token_id
        return int(pad if pad is not None else next(iter(self._ends()), 0))

    def _ends(self) -> list[int]:
        """The tokens that end an answer."""
        known = self._model.generation_config.eos_token_id
        ends = known if isinstance(known, list) else [known]
        return sorted({one for one in [*ends, self._tokenizer.eos_token_id] if one is not None})

    def keep_prefix(self, prefix: Tokens) -> None:
        """Compute a common beginning once, for the calls of `score` that follow."""
        import torch

        if prefix == self._prefix[0]:
            return
        cache = None
        if prefix:
            given = torch.tensor([prefix], device=self._model.device)
            with self._computing():
                cache = self._model(given, use_cache=True, logits_to_keep=1).past_key_values
        self._prefix = (prefix, cache)

    def score(self, prompts: Sequence[Tokens], sequences: Sequence[Tokens]) -> list[FloatArray]:
        """Log-probabilities of token sequences after each prompt, shape (sequences,) each.

        All prompts begin with the kept prefix, and go on after it.
        """
        prefix, kept = self._prefix
        rest = [prompt[len(prefix) :] for prompt in prompts]
        ids, mask = _left_padded(rest, self._pad)
        mask = np.concatenate([np.ones((len(rest), len(prefix)), dtype=np.int64), mask], axis=1)
        with self._computing():
            cache = copy.deepcopy(kept)
            if cache is not None:
                cache.batch_repeat_interleave(len(rest))
            logits, cache = self._forward(ids, mask, cache, keep=1)
            first = logits[:, -1].cpu().numpy()
            scores = np.stack([first[:, sequence[0]] for sequence in sequences], axis=1)
            longer = [index for index, sequence in enumerate(sequences) if len(sequence) > 1]
            if longer:
                tails = [sequences[index] for index in longer]
                scores[:, longer] += self._tails(tails, mask, cache)
        return list(scores.astype(np.float64))

    def token_logprobs(self, texts: Sequence[Tokens]) -> list[FloatArray]:
        """Log-probability of each token after the first, shape (tokens - 1,) for each text."""
        import torch

        width = max(map(len, texts))
        ids = torch.tensor([[*text, *[self._pad] * (width - len(text))] for text in texts])
        known = torch.arange(width) < torch.tensor([[len(text)] for text in texts])
        ids, known = ids.to(self._model.device), known.to(self._model.device)
        with self._computing():
            logits = self._model(ids, attention_mask=known.long(), use_cache=False).logits
            logits = logits[:, :-1].float()
            picked = logits.gather(-1, ids[:, 1:, None])[..., 0] - logits.logsumexp(-1)
            found = picked.cpu().numpy().astype(np.float64)
        return [row[: len(text) - 1] for row, text in zip(found, texts, strict=True)]

    def _tails(self, sequences: Sequence[Tokens], mask: Any, cache: Any) -> FloatArray:
        """Log-probabilities of all tokens but the first, shape (prompts, sequences)."""
        prompts, count = mask.shape[0], len(sequences)
        cache.batch_repeat_interleave(count)
        width = max(map(len, sequences)) - 1
        ids = np.full((count, width), self._pad)
        known = np.zeros((count, width), dtype=np.int64)
        targets = np.zeros((count, width), dtype=np.int64)
        for row, sequence in enumerate(sequences):
            ids[row, : len(sequence) - 1] = sequence[:-1]
            targets[row, : len(sequence) - 1] = sequence[1:]
            known[row, : len(sequence) - 1] = 1
        whole = np.concatenate(
            [np.repeat(mask, count, axis=0), np.tile(known, (prompts, 1))], axis=1
        )
        logits, _ = self._forward(np.tile(ids, (prompts, 1)), whole, cache, keep=width)
        rows = logits.cpu().numpy().reshape(prompts, count, width, -1)
        picked = np.take_along_axis(rows, targets[None, :, :, None], axis=3)[..., 0]
        total: FloatArray = (picked * known).sum(axis=2)
        return total

    def _forward(self, ids: Any, mask: Any, cache: Any, *, keep: int) -> tuple[Any, Any]:
        """Log-probabilities at the last `keep` places, and the cache.

        Args:
            ids: The new tokens, shape (rows, width).
            mask: 1 for what is there, old and new, shape (rows, old + width).
            cache: What is computed already.
            keep: How many places are wanted.
        """
        import torch

        places = np.maximum(mask.cumsum(axis=1) - 1, 0)[:, -ids.shape[1] :]
        device = self._model.device
        out = self._model(
            torch.tensor(ids, device=device),
            attention_mask=torch.tensor(mask, device=device),
            position_ids=torch.tensor(places, device=device),
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=keep,
        )
        return out.logits.float().log_softmax(-1), out.past_key_values


def _left_padded(rows: Sequence[Tokens], pad: int) -> tuple[Any, Any]:
    """Token rows of one width, padded on the left, with the mask of what is there."""
    width = max(map(len, rows))
    ids = np.full((len(rows), width), pad)
    mask = np.zeros((len(rows), width), dtype=np.int64)
    for row, tokens in enumerate(rows):
        ids[row, width - len(tokens) :] = tokens
        mask[row, width - len(tokens) :] = 1
    return ids, mask


def _mend_tokenizer(tokenizer: Any, pre_tokenizer: str) -> None:
    """Cut texts as the model's own tokeniser does, where transformers does not from a GGUF.

    SmolLM's cuts out every digit first; without that, white space before a digit is tokenised
    differently, and scores differ by up to 0.3.
    """
    if pre_tokenizer != "smollm":
        return
    from tokenizers.pre_tokenizers import ByteLevel, Digits
    from tokenizers.pre_tokenizers import Sequence as Steps

    tokenizer.backend_tokenizer.pre_tokenizer = Steps(
        [Digits(individual_digits=True), ByteLevel(add_prefix_space=False, use_regex=True)]
    )


@contextlib.contextmanager
def _quiet(transformers: Any) -> Iterator[None]:
    """No progress bars and no warnings on the terminal inside this block."""
    logging = transformers.utils.logging
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    from transformers import modeling_gguf_pytorch_utils as gguf_loader

    bar, gguf_loader.tqdm = gguf_loader.tqdm, lambda items, **_: items
    try:
        yield
    finally:
        gguf_loader.tqdm = bar
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def _load_failed(source: str, error: Exception) -> QueryModelError:
    """What a user sees when transformers cannot load something: the first line of its reason."""
    reason = (str(error).strip() or type(error).__name__).splitlines()[0][:300].rstrip(".")
    return QueryModelError(
        f"transformers cannot load this model: {reason}.",
        where=source,
        remedy="Name a folder with a config.json, a GGUF file, or a hub id that can be reached.",
    )
