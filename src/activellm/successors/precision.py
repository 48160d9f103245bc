"""The number type that a network is trained in: all in float32, or its products in bfloat16.

Source: Micikevicius et al. 2018, Mixed Precision Training, section 3.1 (weights kept in float32);
Kalamkar et al. 2019, A Study of BFLOAT16 for Deep Learning Training, section 3 (products of
bfloat16 summed in float32, no scaling of the loss).
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import torch
from torch import nn

from activellm.errors import UsageError

Precision: TypeAlias = Literal["auto", "float32", "bfloat16"]
NumberType: TypeAlias = Literal["float32", "bfloat16"]


def check_precision(asked: Precision) -> Precision:
    """The precision that was asked for.

    Raises:
        UsageError: If there is no such one.
    """
    if asked not in get_args(Precision):
        raise UsageError(f"precision must be auto, float32 or bfloat16, not {asked!r}.")
    return asked


def number_type(asked: Precision, device: torch.device) -> NumberType:
    """The number type of the products on a device; "auto" is bfloat16 where it is quick.

    Raises:
        UsageError: If bfloat16 is asked of a CPU that does not compute it itself.
    """
    on_cpu = device.type == "cpu"
    if asked == "bfloat16" and on_cpu and not cpu_has_bfloat16():
        raise UsageError(
            "This CPU has no instructions for bfloat16, so training in it would be slower.",
            where="precision",
            remedy='Leave precision at "auto", or set it to "float32".',
        )
    if asked == "auto":
        quick = device.type == "cuda" or (on_cpu and cpu_is_quick_in_bfloat16())
        return "bfloat16" if quick else "float32"
    return asked


def cpu_has_bfloat16() -> bool:
    """Whether this CPU multiplies matrices of bfloat16 itself (AVX-512 BF16 or AMX)."""
    return _supports("_is_avx512_bf16_supported") or _supports("_is_amx_tile_supported")


def cpu_is_quick_in_bfloat16() -> bool:
    """Whether it does so faster than in float32.

    AMX is for that. AVX-512 BF16 is twice as fast on AMD's CPUs, and half as fast on Intel's, which
    virtual machines often show without their AMX (measured; see docs/design/successors.md). Told by
    the maker and not by a clock, so that the same seed gives the same weights on a busy day, too.
    """
    if _supports("_is_amx_tile_supported"):
        return True
    return _supports("_is_avx512_bf16_supported") and "GenuineIntel" not in _cpu_names()


def _supports(check: str) -> bool:
    """What torch says of this CPU; older releases do not know each check."""
    known = getattr(torch.cpu, check, None)
    return bool(known and known() and torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]


def _cpu_names() -> str:
    """What the system tells of the CPU, its maker included: Linux in a file, Windows when asked."""
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor()


def autocast(model: Any, numbers: NumberType) -> torch.autocast:
    """Torch's own way to compute in bfloat16, for a GPU; on a CPU it changes nothing.

    On a CPU it converts too much: see `in_bfloat16`.
    """
    kind = model.device.type
    return torch.autocast(kind, torch.bfloat16, enabled=kind == "cuda" and numbers == "bfloat16")


class Lowered:
    """Linear layers that multiply in bfloat16; see `in_bfloat16`.

    Args:
        layers: What to lower. Undone by `restore`.
    """

    def __init__(self, layers: Sequence[nn.Linear]) -> None:
        self._layers = layers
        self._weights: list[torch.Tensor] = []
        self._copies: list[torch.Tensor] = []
        for layer in layers:
            own = [weight.detach() for weight in (layer.weight, layer.bias) if weight is not None]
            copies = [weight.to(torch.bfloat16) for weight in own]
            self._weights.extend(own)
            self._copies.extend(copies)
            multiply = partial(_multiply, layer, copies, torch.empty_like(own[0]))
            layer.forward = multiply  # type: ignore[method-assign]

    @torch.no_grad()
    def refresh(self) -> None:
        """Copy the weights, which are in float32, anew. Due after every step of the optimiser."""
        if self._weights:
            torch._foreach_copy_(self._copies, self._weights)

    def restore(self) -> None:
        """Let the layers compute as they did before."""
        for layer in self._layers:
            del layer.forward


@contextmanager
def in_bfloat16(model: Any, numbers: NumberType) -> Iterator[Lowered]:
    """Within it, the linear layers of a model's encoder multiply in bfloat16, on a CPU.

    Forward and backward. Each layer takes and gives float32, so all else (attention, normalisation,
    head, loss, gradients, optimiser) is as it was. Each weight is converted once a step. The pooler
    and the head see one token a text: nothing to win there.

    Args:
        model: A transformers model.
        numbers: In float32, or elsewhere than on a CPU, nothing is changed.
    """
    lower = model.device.type == "cpu" and numbers == "bfloat16"
    lowered = Lowered(
        [
            layer
            for name, layer in model.base_model.named_modules()
            if lower and type(layer) is nn.Linear and "pooler" not in name
        ]
    )
    try:
        yield lowered
    finally:
        lowered.restore()


def _multiply(
    layer: nn.Linear, copies: list[torch.Tensor], space: torch.Tensor, inputs: torch.Tensor
) -> torch.Tensor:
    """What the layer makes of its inputs.

    Args:
        layer: Its weights are trained.
        copies: The same in bfloat16.
        space: For the gradient of its matrix: fresh memory at every step costs more than the sum.
        inputs: Shape (..., width).
    """
    found: torch.Tensor = _Product.apply(inputs, layer.weight, layer.bias, copies, space)  # type: ignore[no-untyped-call]
    return found


class _Product(torch.autograd.Function):
    """A linear layer in bfloat16, from float32 to float32; so are its gradients."""

    @staticmethod
    def forward(
        ctx: Any,
        inputs: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        copies: list[torch.Tensor],
        space: torch.Tensor,
    ) -> torch.Tensor:
        low = inputs.to(torch.bfloat16)
        ctx.save_for_backward(low)
        ctx.weight, ctx.copy, ctx.space, ctx.bias = weight, copies[0], space, bias is not None
        return nn.functional.linear(low, *copies).float()

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        (inputs,) = ctx.saved_tensors
        gradient = gradients[0].flatten(0, -2)
        low = gradient.to(torch.bfloat16)
        of_inputs = (low @ ctx.copy).float().view(inputs.shape) if ctx.needs_input_grad[0] else None
        _add_gradient(ctx.weight, low.t() @ inputs.flatten(0, -2), ctx.space)
        return of_inputs, None, gradient.sum(0) if ctx.bias else None, None, None


def _add_gradient(weight: torch.Tensor, gradient: torch.Tensor, space: torch.Tensor) -> None:
    """Add to a weight's gradient, as autograd would, in memory of our own."""
    if weight.grad is None:
        weight.grad = space.copy_(gradient)
    else:
        weight.grad += gradient
