"""A tiny encoder with random weights, made on the spot, for tests that need no real one."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForMaskedLM,
    PreTrainedTokenizerFast,
)

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
WORDS = [
    *("a", "the", "this", "that", "film", "book", "meal", "was", "is", "it", "and", "not"),
    *("very", "so", "good", "great", "fine", "lovely", "nice", "bad", "awful", "poor", "dull"),
    *("sad", "water", "road", "light", "park", "tree", "bus"),
]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
MODES = ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens", "lasttoken")


def build(
    folder: Path,
    kind: str = "bert",
    *,
    dropout: float = 0.1,
    seed: int = 0,
    masked_head: bool = False,
) -> Path:
    """Write a model folder of the given architecture: 2 layers of 32 numbers."""
    words = [*SPECIAL, *WORDS, *LETTERS, *(f"##{letter}" for letter in LETTERS), "!", "?"]
    vocabulary = {word: number for number, word in enumerate(dict.fromkeys(words))}
    inner = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    inner.normalizer = BertNormalizer(lowercase=True)
    inner.pre_tokenizer = BertPreTokenizer()
    inner.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])],
    )
    names = ("input_ids", "attention_mask")
    if kind in ("bert", "electra"):
        names = (*names, "token_type_ids")
    PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=512,
        model_input_names=list(names),
    ).save_pretrained(folder)
    sizes = {
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "max_position_embeddings": 520,
        "hidden_dropout_prob": dropout,
        "attention_probs_dropout_prob": dropout,
    }
    if kind == "distilbert":
        sizes = {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64}
        sizes |= {"dropout": dropout, "attention_dropout": dropout}
    if kind == "electra":
        sizes["embedding_size"] = 16
    config = AutoConfig.for_model(kind, vocab_size=len(vocabulary), pad_token_id=0, **sizes)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = (AutoModelForMaskedLM if masked_head else AutoModel).from_config(config)
        with torch.no_grad():  # BERT's first weights are so small that all texts look alike
            for weights in model.parameters():
                if weights.ndim == 2:
                    weights.normal_(0.0, 0.2)
    model.save_pretrained(folder)
    return folder


def pooled_by(folder: Path, *modes: str) -> Path:
    """Let a model folder say how its tokens are pooled, in sentence-transformers' words."""
    parts = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    modules = [
        {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for n, (path, kind) in enumerate(parts)
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir(exist_ok=True)
    config = {"word_embedding_dimension": 32, "include_prompt": True}
    config |= {f"pooling_mode_{mode}": mode in modes for mode in MODES}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(config))
    return folder
