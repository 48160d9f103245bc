"""A tiny language model with random weights, as a GGUF file and as a Hugging Face folder.

Both hold the same numbers, unquantised, so that the two runtimes must agree to rounding.
"""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import torch
from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Digits
from tokenizers.pre_tokenizers import Sequence as Steps
from tokenizers.trainers import BpeTrainer
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TEXT = """the film is good and the book is bad. is it positive or negative? a text about water,
roads and parks: please judge the text and name its label. user assistant system answer 1 2 3"""
CHATML = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content']"
    " + '<|im_end|>' + '\\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
LAYERS, WIDTH, INNER, HEADS, KV_HEADS, CONTEXT = 2, 64, 128, 4, 2, 512


def build(folder: Path, *, template: str = CHATML, seed: int = 0) -> tuple[Path, Path]:
    """Write both forms: the GGUF file, and the Hugging Face folder."""
    tokenizer = _tokenizer()
    model = _model(tokenizer.get_vocab_size(), seed)
    hub = folder / "hub"
    model.save_pretrained(hub)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>")
    fast.add_special_tokens({"additional_special_tokens": SPECIAL[:2]})
    fast.chat_template = template or None
    fast.save_pretrained(hub)
    return _write_gguf(folder / "tiny.gguf", model, tokenizer, template), hub


def _tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = Steps(
        [Digits(individual_digits=True), ByteLevel(add_prefix_space=False, use_regex=True)]
    )
    trainer = BpeTrainer(
        vocab_size=400, special_tokens=SPECIAL, initial_alphabet=ByteLevel.alphabet()
    )
    tokenizer.train_from_iterator(TEXT.splitlines(), trainer)
    from tokenizers.decoders import ByteLevel as Decoder

    tokenizer.decoder = Decoder()
    return tokenizer


def _model(vocabulary: int, seed: int) -> LlamaForCausalLM:
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=WIDTH,
        intermediate_size=INNER,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=KV_HEADS,
        max_position_embeddings=CONTEXT,
        rms_norm_eps=1e-5,
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=2,
        initializer_range=0.1,
    )
    return LlamaForCausalLM(config).eval()


def _write_gguf(path: Path, model: LlamaForCausalLM, tokenizer: Tokenizer, template: str) -> Path:
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(LAYERS)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_rope_freq_base(float(model.config.rope_parameters["rope_theta"]))
    _write_tokenizer(writer, tokenizer, template)
    for name, tensor in _tensors(model).items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _write_tokenizer(writer: gguf.GGUFWriter, tokenizer: Tokenizer, template: str) -> None:
    import json

    vocabulary = sorted(tokenizer.get_vocab(), key=tokenizer.get_vocab().__getitem__)
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    writer.add_vocab_size(len(vocabulary))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(vocabulary)
    writer.add_token_types([3 if token in SPECIAL else 1 for token in vocabulary])
    writer.add_token_merges([" ".join(pair) for pair in merges])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(False)
    if template:
        writer.add_chat_template(template)


def _tensors(model: LlamaForCausalLM) -> dict[str, np.ndarray]:
    """The weights under GGUF's names; queries and keys in GGUF's order of rotary halves."""
    weights = {name: tensor.detach().numpy() for name, tensor in model.state_dict().items()}
    found = {
        "token_embd.weight": weights["model.embed_tokens.weight"],
        "output_norm.weight": weights["model.norm.weight"],
    }
    names = {
        "input_layernorm": "attn_norm",
        "self_attn.q_proj": "attn_q",
        "self_attn.k_proj": "attn_k",
        "self_attn.v_proj": "attn_v",
        "self_attn.o_proj": "attn_output",
        "post_attention_layernorm": "ffn_norm",
        "mlp.gate_proj": "ffn_gate",
        "mlp.up_proj": "ffn_up",
        "mlp.down_proj": "ffn_down",
    }
    for layer in range(LAYERS):
        for theirs, ours in names.items():
            tensor = weights[f"model.layers.{layer}.{theirs}.weight"]
            heads = {"attn_q": HEADS, "attn_k": KV_HEADS}.get(ours)
            if heads:
                halves = tensor.reshape(heads, 2, tensor.shape[0] // heads // 2, tensor.shape[1])
                tensor = halves.swapaxes(1, 2).reshape(tensor.shape)
            found[f"blk.{layer}.{ours}.weight"] = np.ascontiguousarray(tensor)
    return found
