"""Tiny encoders with a masked-language head, pre-trained for a moment on the toy sentences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Tokenizer, decoders, normalizers, pre_tokenizers, trainers
from tokenizers.models import BPE, WordPiece
from tokenizers.processors import TemplateProcessing
from transformers import (
    AutoConfig,
    AutoModelForMaskedLM,
    DebertaV2Tokenizer,
    PreTrainedTokenizerFast,
)

_LIKED = ["good", "great", "lovely", "nice", "fine"]
_DISLIKED = ["bad", "awful", "poor", "sad", "dull"]
_THINGS = ["film", "meal", "book", "park", "tree"]
_REST = [
    *("water", "light", "so", "very", "a", "an", "the", "this", "is", "are", "and", "it"),
    *("yes", "no", "pos", "neg", "same", "other"),
]
SENTENCES = [
    f"{word} {thing} this is {said}? {'yes' if said in (label, thing) else 'no'}"
    for label, group in (("pos", _LIKED), ("neg", _DISLIKED))
    for word in group
    for thing in _THINGS
    for said in ("pos", "neg", "film")
]
"""What it learns: that the words of either group mean the same, and yes and no."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def build(folder: Path, kind: str, *, steps: int = 200, dropout: float = 0.1) -> Path:
    """Write a model folder: width 32, a tokenizer of the architecture's kind, a trained head.

    Args:
        folder: Where.
        kind: "bert" (word pieces), "roberta" or "modernbert" (bytes), "deberta-v2" (unigrams).
        steps: Batches of masked-language training.
        dropout: Of hidden states and attention; ModernBERT has none.
    """
    tokenizer = _TOKENIZERS[kind]()
    tokenizer.save_pretrained(folder)
    config = AutoConfig.for_model(
        kind,
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=300,
        **_special_numbers(tokenizer),
        **({} if kind == "modernbert" else _dropouts(dropout)),
        **(_DEBERTA_V3 if kind == "deberta-v2" else {}),
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = AutoModelForMaskedLM.from_config(config)
        _pretrain(model, tokenizer, steps)
    model.save_pretrained(folder)
    return folder


def _pretrain(model: Any, tokenizer: Any, steps: int) -> None:
    """Masked-language modelling of the last word and of some others.

    So that a moment is enough, words of one group start with alike vectors.
    """
    for weights in model.parameters():
        if weights.ndim == 2:
            torch.nn.init.normal_(weights, std=0.2)
    vectors = model.get_input_embeddings().weight.data
    common = torch.nn.functional.normalize(torch.randn(vectors.shape[1]), dim=0) * 2
    for word, number in tokenizer.get_vocab().items():
        plain = word.strip("Ġ▁")
        vectors[number] += common * ((plain in (*_LIKED, "pos")) - (plain in (*_DISLIKED, "neg")))
    batch = tokenizer(SENTENCES, padding=True, return_tensors="pt")
    texts, mask = batch["input_ids"], batch["attention_mask"]
    special = torch.isin(texts, torch.tensor(tokenizer.all_special_ids))
    last = torch.arange(texts.shape[1]) == mask.sum(dim=1, keepdim=True) - 2
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    model.train()
    for _ in range(steps):
        rows = torch.randint(len(SENTENCES), (48,))
        masked = last[rows] | (~special[rows] & (torch.rand(48, texts.shape[1]) < 0.05))
        inputs = torch.where(masked, tokenizer.mask_token_id, texts[rows])
        labels = torch.where(masked, texts[rows], -100)
        model(input_ids=inputs, attention_mask=mask[rows], labels=labels).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.eval()


def _word_pieces() -> PreTrainedTokenizerFast:
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = [*special, *_LIKED, *_DISLIKED, *_THINGS, *_REST, "?", *_LETTERS]
    words += [f"##{letter}" for letter in _LETTERS]
    vocabulary = {word: number for number, word in enumerate(dict.fromkeys(words))}
    inner = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    inner.normalizer = normalizers.BertNormalizer(lowercase=True)
    inner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return _finished(inner, *special[2:], "[PAD]", "[UNK]", kind="bert")


def _bytes() -> PreTrainedTokenizerFast:
    mask = AddedToken("<mask>", lstrip=True, special=True)
    special = ["<s>", "<pad>", "</s>", "<unk>", mask]
    inner = Tokenizer(BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    inner.train_from_iterator([*SENTENCES, *(f" {word}" for word in _REST * 20)], trainer)
    return _finished(inner, "<s>", "</s>", mask, "<pad>", "<unk>", kind="roberta")


def _unigrams() -> PreTrainedTokenizerFast:
    special = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"]
    words = [*_LIKED, *_DISLIKED, *_THINGS, *_REST, "?"]
    pieces = [(word, 0.0) for word in special] + [("▁", -4.0)]
    pieces += [(piece, -3.0) for piece in dict.fromkeys(f"▁{word}" for word in words)]
    pieces += [(letter, -6.0) for letter in [*_LETTERS, "?"]]
    inner = DebertaV2Tokenizer(vocab=pieces).backend_tokenizer
    return _finished(inner, "[CLS]", "[SEP]", "[MASK]", "[PAD]", "[UNK]", kind="deberta-v2")


def _finished(
    inner: Tokenizer, first: str, last: str, mask: Any, pad: str, unknown: str, *, kind: str
) -> PreTrainedTokenizerFast:
    made = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        cls_token=first,
        sep_token=last,
        mask_token=mask,
        pad_token=pad,
        unk_token=unknown,
        model_max_length=256,
        model_input_names=["input_ids", "attention_mask"],
    )
    ends = [(word, made.convert_tokens_to_ids(word)) for word in (first, last)]
    between = f"{last} {last}" if kind == "roberta" else last
    made.backend_tokenizer.post_processor = TemplateProcessing(
        single=f"{first} $A {last}", pair=f"{first} $A {between} $B {last}", special_tokens=ends
    )
    return made


_DEBERTA_V3 = {
    "relative_attention": True,
    "pos_att_type": ["p2c", "c2p"],
    "norm_rel_ebd": "layer_norm",
    "share_att_key": True,
    "position_biased_input": False,
    "position_buckets": 32,
    "type_vocab_size": 0,
    "legacy": True,
}
"""What DeBERTa-v3's published configuration sets."""


def _dropouts(share: float) -> dict[str, float]:
    return {"hidden_dropout_prob": share, "attention_probs_dropout_prob": share}


def _special_numbers(tokenizer: Any) -> dict[str, int]:
    return {
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.cls_token_id,
        "eos_token_id": tokenizer.sep_token_id,
        "cls_token_id": tokenizer.cls_token_id,
        "sep_token_id": tokenizer.sep_token_id,
    }


_TOKENIZERS = {
    "bert": _word_pieces,
    "roberta": _bytes,
    "modernbert": _bytes,
    "deberta-v2": _unigrams,
}
