import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from activellm.successors.layout import Layout, divide
from activellm.successors.noise import Masks

lengths_of_texts = st.lists(st.integers(1, 300), min_size=1, max_size=30)


def cost(lengths: list[int], cuts: list[slice]) -> int:
    return sum((cut.stop - cut.start) * lengths[cut.stop - 1] ** 2 + 1000 for cut in cuts)


@pytest.mark.parametrize(
    ("lengths", "cuts"),
    [
        ([5], [(0, 1)]),
        # One long text would have the short ones padded to it.
        ([10, 10, 12, 200], [(0, 3), (3, 4)]),
        # 4 * 12² = 576 cells are cheaper than a second group.
        ([3, 4, 10, 12], [(0, 4)]),
    ],
)
def test_texts_of_like_length_share_a_group(
    lengths: list[int], cuts: list[tuple[int, int]]
) -> None:
    assert [(cut.start, cut.stop) for cut in divide(lengths)] == cuts


@given(lengths_of_texts)
def test_groups_are_cut_where_that_costs_least(lengths: list[int]) -> None:
    lengths = sorted(lengths)
    cuts = divide(lengths)
    assert [row for cut in cuts for row in range(cut.start, cut.stop)] == list(range(len(lengths)))
    others = [
        [slice(0, len(lengths))],
        [slice(row, row + 1) for row in range(len(lengths))],
        *([slice(0, at), slice(at, len(lengths))] for at in range(1, len(lengths))),
    ]
    assert cost(lengths, cuts) <= min(cost(lengths, other) for other in others)


@given(lengths_of_texts, st.integers(1, 4))
def test_every_token_has_its_place_and_comes_back(lengths: list[int], heads: int) -> None:
    layout = Layout.of(lengths, heads, torch.device("cpu"))
    tokens = sum(lengths)
    assert sorted(layout.order) == list(range(len(lengths)))
    assert (layout.spread[layout.back] == torch.arange(tokens * heads)).all()
    assert layout.starts.tolist() == np.cumsum([0, *np.sort(lengths)])[:-1].tolist()
    start = 0
    for group in layout.groups:
        count = (group.texts.stop - group.texts.start) * heads * group.length
        places = layout.spread[start : start + count].view(-1, heads, group.length)
        for row, text in enumerate(range(group.texts.start, group.texts.stop)):
            length = sorted(lengths)[text]
            first = int(layout.starts[text])
            assert (places[row, :, :length] // heads == first + torch.arange(length)).all()
            assert (places[row, :, :length] % heads == torch.arange(heads)[:, None]).all()
            seen = torch.ones(group.length) if group.unseen is None else group.unseen[row].exp()[0]
            assert seen.flatten().tolist() == [1.0] * length + [0.0] * (group.length - length)
        start += count
    assert start == len(layout.spread)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_masks_drop_the_asked_share_and_keep_the_mean(share: float) -> None:
    mask = Masks(0).draw((500, 401), share)
    assert mask is not None
    assert mask.dtype == torch.float32
    assert mask.shape == (500, 401)
    assert set(mask.unique().tolist()) == {0.0, float(np.float32(1 / (1 - share)))}
    error = 4 * (share * (1 - share) / mask.numel()) ** 0.5
    assert abs((mask == 0).float().mean().item() - share) < error
    neighbours = (mask[:, :-1] == 0) & (mask[:, 1:] == 0)
    assert abs(neighbours.float().mean().item() - share**2) < error * 2


def test_masks_are_decided_by_the_seed_and_each_is_another() -> None:
    one, same, other = Masks(1), Masks(1), Masks(2)
    first = one.draw((7, 9), 0.5)
    assert torch.equal(first, same.draw((7, 9), 0.5))
    assert not torch.equal(first, other.draw((7, 9), 0.5))
    assert not torch.equal(first, one.draw((7, 9), 0.5))


def test_nothing_and_everything_dropped() -> None:
    assert Masks(0).draw((3, 3), 0.0) is None
    assert torch.equal(Masks(0).draw((3, 3), 1.0), torch.zeros(3, 3))
