"""A small language model that was really trained on some texts, in their order, and no others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel as Decoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import BpeTrainer
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

WINDOW, BATCH = 192, 8


@dataclass(frozen=True)
class Leak:
    """A model folder, the texts that it was trained on, and texts that it never read."""

    folder: Path
    leaked: tuple[str, ...]
    fresh: tuple[str, ...]


def train(folder: Path, leaked: Sequence[str], others: Sequence[str], *, steps: int) -> Path:
    """Write a Hugging Face folder with a model that has read `leaked` as one document.

    Args:
        folder: Where to.
        leaked: What it reads, again and again.
        others: Texts whose words the tokeniser knows, too; the model never reads them.
        steps: Batches; 0 leaves the weights random.
    """
    tokenizer = _tokenizer([*leaked, *others])
    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=tokenizer.get_vocab_size(),
            hidden_size=128,
            intermediate_size=256,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=1024,
            tie_word_embeddings=True,
            bos_token_id=0,
            eos_token_id=0,
        )
    )
    _read(model, tokenizer, leaked, steps)
    model.eval().save_pretrained(folder)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|endoftext|>")
    fast.save_pretrained(folder)
    return folder


def _tokenizer(texts: Sequence[str]) -> Tokenizer:
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    tokenizer.decoder = Decoder()
    trainer = BpeTrainer(
        vocab_size=1000,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def _read(model: LlamaForCausalLM, tokenizer: Tokenizer, leaked: Sequence[str], steps: int) -> None:
    """Windows of the document, each from the beginning of a text on."""
    encoded = [tokenizer.encode(text + "\n").ids for text in leaked]
    starts = np.cumsum([0, *map(len, encoded)])[:-1]
    document = np.array([token for ids in encoded for token in ids])
    usable = starts[starts + WINDOW <= len(document)]
    rng = np.random.default_rng(0)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=max(steps, 1))
    for _ in range(steps):
        rows = [document[start : start + WINDOW] for start in rng.choice(usable, BATCH)]
        batch = torch.tensor(np.stack(rows))
        loss = model(input_ids=batch, labels=batch).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
